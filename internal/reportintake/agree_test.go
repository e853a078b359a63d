package reportintake_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"

	"sealpost/internal/tlsrpt"
	"sealpost/internal/tlsrpt/tlsrpttest"
	"sealpost/schemas"
)

// disagree judges a report twice, by the decoder and by the schema, and tells
// where they differ. It can't tell of what the decoder refuses before its
// shape is looked at: that never gets to the schema.
func disagree(text []byte) string {
	decoded, err := tlsrpt.Decode(text)
	var invalid *tlsrpt.InvalidError
	if err != nil && !(errors.As(err, &invalid) && invalid.IsJSON) {
		return ""
	}
	leftOut := slices.ContainsFunc(decoded.Deviations, func(d tlsrpt.Deviation) bool {
		return d.Code == tlsrpt.DeviationFailureDetailsLeftOut
	})
	problems := schemas.CheckReport(schemas.TLSRPT(), tlsrpt.TrimByteOrderMark(text))
	if good := err == nil && !leftOut; good != (len(problems) == 0) {
		return fmt.Sprintf("the decoder says %v (an element left out: %v), the schema %v", err, leftOut, problems)
	}
	return ""
}

// strange are values to put in place of any member.
func strange() []string {
	return []string{
		`null`, `true`, `false`, `0`, `-0`, `-0.0`, `-1`, `1.5`, `1.0`, `1e3`, `1E+2`, `10e-1`, `1e-1`, `1e300`, `0e999`, `1e-999`,
		`9007199254740991`, `9007199254740992`, `9007199254740991.0`, `9223372036854775808`, `18446744073709551616`, `90071992547409910e-1`,
		`""`, `" "`, `"x"`, `"\u0000"`, `"null"`, `"0"`, `"12"`, `"012"`, `"+1"`, `"-1"`, `"1_0"`, `"1.0"`, `" 1"`, `"1\n"`, `"\u0031"`, `"١"`,
		`"999999999999999"`, `"1000000000000000"`, `"` + strings.Repeat("0", 16) + `"`,
		`"sts"`, `"STS"`, `"tlsa"`, `"no-policy-found"`, `"\n"`, `"` + strings.Repeat("é", 5000) + `"`,
		`"2026-11-16T00:00:00Z"`, `"2026-11-16t00:00:00.5+01:00"`, `"2026-11-16 00:00:00"`, `"2026-02-29T00:00:00Z"`, `"2024-02-29T23:59:60Z"`,
		`"2026-11-16T00:00:00Z\n"`, `"2026-11-16"`, `"0000-01-01T00:00:00Z"`, `"2026-11-16T00:00:00.Z"`, `"2026-11-16T00:00:00+24:00"`,
		`{}`, `[]`, `[null]`, `[[]]`, `[{}]`, `[""]`, `["x"]`, `["x",1]`, `[0]`, `{"x":{}}`, `["[\"a\",null]"]`, `"[\"a\"]"`,
		`{"policy-type":"sts"}`, `{"policy":{"policy-type":"sts"},"summary":{}}`, `[{"policy":{"policy-type":"sts"},"summary":{}}]`,
		`{"start-datetime":"2026-11-16T00:00:00Z","end-datetime":"2026-11-16T00:00:00"}`, `[{"failed-session-count":-1}]`,
	}
}

// TestSchemaAgrees puts each strange value in the place of each member, and
// takes each member away.
func TestSchemaAgrees(t *testing.T) {
	tried := 0
	text := everyMember(t)
	for _, place := range places(decodeAny(t, text), nil) {
		for _, value := range append(strange(), "") {
			if difference := disagree(replaced(t, text, place, value)); difference != "" {
				t.Errorf("%s = %.60s: %s", strings.Join(place, "/"), value, difference)
			}
			tried++
		}
	}
	if tried < 3000 {
		t.Errorf("only %d reports were tried", tried)
	}
}

// everyMember is the example with all other spellings beside the right ones.
func everyMember(t *testing.T) []byte {
	t.Helper()
	text := string(edited(t, `"result-type": "certificate-expired",`,
		`"result-type": "certificate-expired", "receiving-mx-host-name": "a.example", "additional-info-uri": "https://a.example/",`))
	return []byte(strings.Replace(text, `"mx-host":`, `"mx-host-pattern": ["*.a.example"], "mx-host":`, 1))
}

func decodeAny(t *testing.T, text []byte) any {
	t.Helper()
	var value any
	if err := json.Unmarshal(text, &value); err != nil {
		t.Fatal(err)
	}
	return value
}

// places are the ways to all members and elements below a value.
func places(value any, way []string) [][]string {
	var all [][]string
	below := func(step string, value any) {
		here := append(slices.Clone(way), step)
		all = append(append(all, here), places(value, here)...)
	}
	switch value := value.(type) {
	case map[string]any:
		for name, member := range value {
			below(name, member)
		}
	case []any:
		for i, element := range value {
			below(fmt.Sprint(i), element)
		}
	}
	return all
}

// replaced is a report with another value, or none, in one place.
func replaced(t *testing.T, text []byte, place []string, value string) []byte {
	t.Helper()
	changed, err := json.Marshal(exchange(decodeAny(t, text), place, value))
	if err != nil {
		t.Fatal(err)
	}
	return changed
}

func exchange(in any, place []string, value string) any {
	if len(place) == 0 {
		return json.RawMessage(value)
	}
	switch in := in.(type) {
	case map[string]any:
		if len(place) == 1 && value == "" {
			delete(in, place[0])
			return in
		}
		in[place[0]] = exchange(in[place[0]], place[1:], value)
	case []any:
		i, _ := strconv.Atoi(place[0]) // The places are our own.
		if len(place) == 1 && value == "" {
			return slices.Delete(in, i, i+1)
		}
		in[i] = exchange(in[i], place[1:], value)
	}
	return in
}

func FuzzSchemaAgrees(f *testing.F) {
	f.Add(example(f))
	f.Add(tlsrpttest.Report(2, 2))
	for _, value := range strange() {
		f.Add(edited(f, `"total-successful-session-count": 811`, `"total-successful-session-count": `+value))
		f.Add(edited(f, `"policies": [`, `"policies": `+value+`, "x": [`))
		f.Add([]byte(value))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		if difference := disagree(text); difference != "" {
			t.Errorf("%s: %s", text, difference)
		}
	})
}

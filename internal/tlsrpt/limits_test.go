package tlsrpt_test

import (
	"bytes"
	"errors"
	"io"
	"regexp"
	"strings"
	"testing"

	"github.com/go-json-experiment/json/jsontext"

	"sealpost/internal/tlsrpt"
)

func TestCheckLimitsKnowsStrings(t *testing.T) {
	deep := strings.Repeat("[", tlsrpt.MaxDepth+1)
	for _, text := range []string{
		`{"a": "` + deep + `"}`,
		`{"a\"` + deep + `": 1}`,
		`{"a": "\\\"` + deep + `"}`,
		`{"a": "1e999999", "b": "` + strings.Repeat("1", 100) + `"}`,
		`{"a": "` + strings.Repeat(",", tlsrpt.MaxValues) + `"}`,
		`"` + deep, // Without an end: the JSON reader finds that.
	} {
		if err := tlsrpt.CheckLimits([]byte(text)); err != nil {
			t.Errorf("%.40q: %v", text, err)
		}
	}
	if err := tlsrpt.CheckLimits([]byte(`{"a": "\\", "b": ` + deep)); err == nil {
		t.Error("depth after an escaped backslash is not noticed")
	}
}

// FuzzCheckLimits compares the scan with a reader that knows JSON.
func FuzzCheckLimits(f *testing.F) {
	for _, seed := range []string{
		example(f), nested(tlsrpt.MaxDepth), nested(tlsrpt.MaxDepth + 1), `"\\\"[[["`, `[1e99, -1E-099]`, `[1e100]`,
		`["[[[[[[[[[[[[[[[[[", {"\"]": [[]]}]`, strings.Repeat("9", 33), "[" + strings.Repeat("9", 32) + "]", `[[],[],{}]`, strings.Repeat("0", 33),
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		if len(text) > tlsrpt.MaxValues || !jsontext.Value(text).IsValid() {
			return // Of what is no JSON, the JSON reader has the last word.
		}
		err := tlsrpt.CheckLimits(text)
		if within := withinLimits(t, text); within != (err == nil) {
			t.Errorf("%q: within the limits is %v, CheckLimits says %v", text, within, err)
		}
	})
}

var absurd = regexp.MustCompile(`^.{33}|[eE][+-]?0*[1-9][0-9]{2}`)

func withinLimits(t *testing.T, text []byte) bool {
	reader := jsontext.NewDecoder(bytes.NewReader(text))
	for {
		token, err := reader.ReadToken()
		if errors.Is(err, io.EOF) {
			return true
		}
		if err != nil {
			t.Fatalf("%q: %v", text, err)
		}
		if token.Kind() == '0' && absurd.MatchString(token.String()) || reader.StackDepth() > tlsrpt.MaxDepth {
			return false
		}
	}
}

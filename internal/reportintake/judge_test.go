package reportintake_test

import (
	"bytes"
	"errors"
	"reflect"
	"testing"

	"sealpost/internal/archive"
	"sealpost/internal/reportintake"
	"sealpost/internal/tlsrpt"
	"sealpost/schemas"
)

func TestJudge(t *testing.T) {
	for _, test := range []struct {
		name   string
		schema *schemas.Schema
		text   []byte
		want   []archive.Problem
	}{
		{"good", schemas.TLSRPT(), example(t), []archive.Problem{}},
		{"good to the letter", schemas.TLSRPTStrict(), example(t), []archive.Problem{}},
		{"byte order mark", schemas.TLSRPT(), append([]byte("\ufeff"), example(t)...), []archive.Problem{}},
		{"mx-host as a text is accepted", schemas.TLSRPT(), edited(t, `["*.mail.meadow.example"]`, `"*.mail.meadow.example"`), []archive.Problem{}},
		{"and is not to the letter", schemas.TLSRPTStrict(), edited(t, `["*.mail.meadow.example"]`, `"*.mail.meadow.example"`),
			[]archive.Problem{{Path: "/policies/0/policy/mx-host", Message: "must be an array"}}},
		{"an element that would be left out", schemas.TLSRPT(), edited(t, `"failed-session-count": 40`, `"failed-session-count": -40`),
			[]archive.Problem{{Path: "/policies/0/failure-details/0/failed-session-count", Message: "must be a whole number from 0 to 9007199254740991"}}},
		{"names twice", schemas.TLSRPT(), edited(t, `"policy-domain"`, `"policy-type": "sts", "policy-domain"`),
			[]archive.Problem{{Path: "/policies/0/policy/policy-type", Message: "stands twice in the same object; I-JSON (RFC 7493, section 2.3) allows each name once"}}},
	} {
		t.Run(test.name, func(t *testing.T) {
			got, err := reportintake.Judge(test.schema, test.text)
			if err != nil || !reflect.DeepEqual(got, test.want) {
				t.Errorf("got %q, %v; want %q", got, err, test.want)
			}
		})
	}
}

func TestJudgeTooLarge(t *testing.T) {
	var limit *tlsrpt.LimitError
	if got, err := reportintake.Judge(schemas.TLSRPT(), bytes.Repeat([]byte(" "), tlsrpt.MaxSize+1)); !errors.As(err, &limit) {
		t.Errorf("got %q, %v; want a LimitError", got, err)
	}
}

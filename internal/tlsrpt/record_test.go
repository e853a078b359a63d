package tlsrpt_test

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"sealpost/internal/tlsrpt"
)

// The grammar of RFC 8460, section 3.
func TestParseRecord(t *testing.T) {
	const mail, web = "mailto:tls@meadow.example", "https://meadow.example/v1/reports"
	for value, want := range map[string][]string{
		"v=TLSRPTv1;rua=" + mail:                           {mail},
		"v=TLSRPTv1; rua=" + mail:                          {mail},
		"v=TLSRPTv1;\trua=" + mail + " ; ":                 {mail},
		"v=TLSRPTv1 ; rua=" + mail + ";":                   {mail},
		"v=TLSRPTv1; rua=" + mail + "," + web:              {mail, web},
		"v=TLSRPTv1; rua=" + mail + " , " + web:            {mail, web},
		"v=TLSRPTv1; rua=" + web + "; ext=1":               {web},
		"v=TLSRPTv1; ext=a:b; rua=" + web:                  {web},
		"v=TLSRPTv1; rua=mailto:tls%21reports@m.example":   {"mailto:tls%21reports@m.example"},
		"v=TLSRPTv1; rua=https://m.example:8443/a%3Bb?c=d": {"https://m.example:8443/a%3Bb?c=d"},
		"v=TLSRPTv1; rua=mailto:a@m.example?subject=tls":   {"mailto:a@m.example?subject=tls"},
	} {
		got, err := tlsrpt.ParseRecord(value)
		if err != nil || !slices.Equal(got.RUAs, want) {
			t.Errorf("%q: got %q, %v; want %q", value, got.RUAs, err, want)
		}
	}
}

func TestParseRecordRefuses(t *testing.T) {
	for value, want := range map[string]string{
		"":                                    "must begin with",
		"v=TLSRPTv1":                          "no rua field",
		"v=TLSRPTv1;":                         "no rua field",
		"v=TLSRPTv1; ext=1":                   "no rua field",
		"v=TLSRPTv2; rua=x":                   "must begin with",
		"v=tlsrptv1; rua=x":                   "must begin with",
		" v=TLSRPTv1; rua=x":                  "must begin with",
		"v = TLSRPTv1; rua=x":                 "must begin with",
		"rua=mailto:a@m.example; v=TLSRPTv1":  "must begin with",
		"v=TLSRPTv1; mailto:a@m.example":      "is not a field",
		"v=TLSRPTv1;; rua=mailto:a@m.example": "is not a field",
		"v=TLSRPTv1; rua=mailto:a@m.example; rua=mailto:b@m.example": "more than one rua",
		"v=TLSRPTv1; rua=":                              "must be a mailto: or https: URI",
		"v=TLSRPTv1; rua=a@m.example":                   "must be a mailto: or https: URI",
		"v=TLSRPTv1; rua=http://m.example/":             "must be a mailto: or https: URI",
		"v=TLSRPTv1; rua=mailto:a@m.example,":           "must be a mailto: or https: URI",
		"v=TLSRPTv1; rua=mailto:":                       "is not a mail address",
		"v=TLSRPTv1; rua=mailto:a@b\u00fccher.example":  "must be ASCII",
		"v=TLSRPTv1; rua=mailto:a@b%C3%BCcher.example":  "has a domain with letters that are not ASCII",
		"v=TLSRPTv1; rua=https://b\u00fccher.example/x": "must be ASCII",
		"v=TLSRPTv1; rua=mailto:%zz":                    "is not a mail address",
		"v=TLSRPTv1; rua=mailto:A <a@m.example>":        "must be percent-encoded",
		"v=TLSRPTv1; rua=mailto:%3Ca@m.example%3E":      "is not a mail address",
		"v=TLSRPTv1; rua=mailto:a@m.example!10m":        "must be percent-encoded",
		"v=TLSRPTv1; rua=https://m.example:65536/":      "names a port that is none",
		"v=TLSRPTv1; rua=https:///reports":              "names no host",
		"v=TLSRPTv1; rua=https://[::1/":                 "is not a URI",
	} {
		got, err := tlsrpt.ParseRecord(value)
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: got %q, %v; want %q", value, got.RUAs, err, want)
		}
	}
}

func TestFindRecord(t *testing.T) {
	const record, other = "v=TLSRPTv1; rua=mailto:a@m.example", "v=TLSRPTv1; rua=mailto:b@m.example"
	for _, test := range []struct {
		name   string
		values []string
		want   error
	}{
		{"one", []string{record}, nil},
		{"one among others", []string{"v=spf1 -all", record, "", "v=TLSRPTv10; rua=x", "V=TLSRPTv1;"}, nil},
		{"none", nil, tlsrpt.ErrNoRecord},
		{"only others", []string{"v=STSv1; id=1"}, tlsrpt.ErrNoRecord},
		{"several", []string{record, other}, tlsrpt.ErrSeveralRecords},
		{"the same twice", []string{record, record}, tlsrpt.ErrSeveralRecords},
	} {
		got, err := tlsrpt.FindRecord(test.values)
		if !errors.Is(err, test.want) || err == nil && got.String() != record {
			t.Errorf("%s: got %q, %v; want %v", test.name, got, err, test.want)
		}
	}
	if _, err := tlsrpt.FindRecord([]string{"v=TLSRPTv1;"}); err == nil || errors.Is(err, tlsrpt.ErrNoRecord) {
		t.Errorf("a record without rua: got %v, want what is wrong with it", err)
	}
	if got, want := tlsrpt.RecordName("meadow.example"), "_smtp._tls.meadow.example"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func FuzzParseRecord(f *testing.F) {
	for _, value := range []string{
		"v=TLSRPTv1;rua=mailto:a@m.example", "v=TLSRPTv1 ; ext=1;\trua = mailto:a%2Cb@m.example , https://m.example:8443/a?b#c ;",
		"v=TLSRPTv1; rua=https://[::1]/", "v=TLSRPTv1;;", "v=TLSRPTv1; rua=mailto:\"a b\"@m.example", "v=TLSRPTv1; rua=https://m.example/\x00",
	} {
		f.Add(value)
	}
	f.Fuzz(func(t *testing.T, value string) {
		got, err := tlsrpt.ParseRecord(value)
		if err != nil {
			return
		}
		if len(got.RUAs) == 0 {
			t.Fatalf("%q: no rua, and no error", value)
		}
		for _, rua := range got.RUAs {
			lower := strings.ToLower(rua)
			if !strings.HasPrefix(lower, "mailto:") && !strings.HasPrefix(lower, "https:") || strings.ContainsAny(rua, ",;! \t") {
				t.Errorf("%q: %q is taken for a rua", value, rua)
			}
		}
		again, err := tlsrpt.FindRecord([]string{got.String()})
		if err != nil || !slices.Equal(again.RUAs, got.RUAs) {
			t.Errorf("%q: read %q, written %q, read again %q, %v", value, got.RUAs, got, again.RUAs, err)
		}
	})
}

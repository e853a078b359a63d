package tlsrpt_test

import (
	"regexp"
	"testing"
	"time"

	"sealpost/internal/tlsrpt"
)

var dateTimes = []struct {
	text  string
	want  string // As RFC 3339 in UTC; empty where it is no date-time.
	zoned bool
}{
	{"2026-11-16T00:00:00Z", "2026-11-16T00:00:00Z", true},
	{"2026-11-16t00:00:00z", "2026-11-16T00:00:00Z", true},
	{"2026-11-16 00:00:00Z", "2026-11-16T00:00:00Z", true},
	{"2026-11-16T00:00:00", "2026-11-16T00:00:00Z", false},
	{"2026-11-16T00:00:00.25", "2026-11-16T00:00:00.25Z", false},
	{"2026-11-16T00:00:00+00:00", "2026-11-16T00:00:00Z", true},
	{"2026-11-16T00:00:00-00:00", "2026-11-16T00:00:00Z", true}, // RFC 3339, section 4.3: zone unknown.
	{"2026-11-16T00:00:00+05:45", "2026-11-15T18:15:00Z", true},
	{"2026-11-16T00:00:00-23:59", "2026-11-16T23:59:00Z", true},
	{"2026-11-16T00:00:00.1Z", "2026-11-16T00:00:00.1Z", true},
	{"2026-11-16T00:00:00.000000001Z", "2026-11-16T00:00:00.000000001Z", true},
	{"2026-11-16T00:00:00.1234567899Z", "2026-11-16T00:00:00.123456789Z", true},
	{"2026-11-16T00:00:00.000000000000000Z", "2026-11-16T00:00:00Z", true},
	{"2016-12-31T23:59:60Z", "2017-01-01T00:00:00Z", true}, // RFC 3339, section 5.7: leap second.
	{"2016-12-31T15:59:60.5-08:00", "2017-01-01T00:00:00.5Z", true},
	{"2024-02-29T00:00:00Z", "2024-02-29T00:00:00Z", true},
	{"2000-02-29T00:00:00Z", "2000-02-29T00:00:00Z", true},
	{"1000-01-01T00:00:00+23:59", "0999-12-31T00:01:00Z", true},
	{"8999-12-31T23:59:60-23:59", "9000-01-01T23:59:00Z", true},

	{"", "", false},
	{"2026-11-16", "", false},
	{"2026-11-16T00:00Z", "", false},
	{"2026-11-16T00:00:00Z ", "", false},
	{" 2026-11-16T00:00:00Z", "", false},
	{"2026-11-16_00:00:00Z", "", false},
	{"2026/11/16T00:00:00Z", "", false},
	{"2026-11-16T00.00.00Z", "", false},
	{"2026-1-16T000:00:00Z", "", false},
	{"0999-12-31T00:00:00Z", "", false}, // In UTC, a year of five digits or none may follow.
	{"9999-12-31T23:59:59-01:00", "", false},
	{"2026-00-16T00:00:00Z", "", false},
	{"2026-13-16T00:00:00Z", "", false},
	{"2026-11-00T00:00:00Z", "", false},
	{"2026-11-31T00:00:00Z", "", false},
	{"2026-02-29T00:00:00Z", "", false},
	{"1900-02-29T00:00:00Z", "", false},
	{"2026-11-16T24:00:00Z", "", false},
	{"2026-11-16T00:60:00Z", "", false},
	{"2026-11-16T00:00:61Z", "", false},
	{"2026-11-16T00:00:00.Z", "", false},
	{"2026-11-16T00:00:00,5Z", "", false},
	{"2026-11-16T00:00:00+24:00", "", false},
	{"2026-11-16T00:00:00+00:60", "", false},
	{"2026-11-16T00:00:00+0000", "", false},
	{"2026-11-16T00:00:00+0a:00", "", false},
	{"2026-11-16T00:00:00UTC", "", false},
	{"٢٠٢٦-11-16T00:00:00Z", "", false},
}

func TestDateTimes(t *testing.T) {
	for _, test := range dateTimes {
		got, zoned, ok := tlsrpt.ParseDateTime(test.text)
		if ok != (test.want != "") {
			t.Errorf("%q: understood is %v", test.text, ok)
			continue
		}
		if ok && (got.Format(time.RFC3339Nano) != test.want || zoned != test.zoned || got.Location() != time.UTC) {
			t.Errorf("%q: got %v, zoned %v; want %s, %v", test.text, got, zoned, test.want, test.zoned)
		}
	}
}

// What time.Parse takes beyond RFC 3339 has not this form.
var strictRFC3339 = regexp.MustCompile(`^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]([01]\d|2[0-3]):[0-5]\d)$`)

func FuzzDateTime(f *testing.F) {
	for _, test := range dateTimes {
		f.Add(test.text)
	}
	f.Fuzz(func(t *testing.T, s string) {
		got, zoned, ok := tlsrpt.ParseDateTime(s)
		want, err := time.Parse(time.RFC3339, s)
		strict := err == nil && strictRFC3339.MatchString(s) && s >= "1000" && s < "9000"
		if strict && !ok {
			t.Fatalf("%q is not understood", s)
		}
		if strict && (!zoned || !got.Equal(want)) {
			t.Fatalf("%q: got %v, zoned %v; want %v", s, got, zoned, want)
		}
		if ok && err != nil && strictRFC3339.MatchString(s) && s[17:19] != "60" {
			t.Fatalf("%q is taken for %v: %v", s, got, err)
		}
	})
}

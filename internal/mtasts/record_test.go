package mtasts_test

import (
	"errors"
	"strings"
	"testing"

	"sealpost/internal/mtasts"
)

func TestParseRecord(t *testing.T) {
	id32 := strings.Repeat("aZ09", 8)
	tests := []struct {
		name string // All by RFC 8461, section 3.1.
		txt  string
		want string // The id; "" where the record is refused.
	}{
		{"the usual", "v=STSv1; id=20160831085700Z;", "20160831085700Z"},
		{"no separator at the end", "v=STSv1; id=1", "1"},
		{"no space", "v=STSv1;id=1;", "1"},
		{"space on both sides, tabs", "v=STSv1 \t;\t id=1 ; ", "1"},
		{"extensions around", "v=STSv1; a-b_c.1=x:/,y; id=1; z=!", "1"},
		{"longest id", "v=STSv1; id=" + id32, id32},
		{"longest extension name", "v=STSv1; id=1; " + strings.Repeat("a", 32) + "=1", "1"},
		{"first of two ids", "v=STSv1; id=1; id=2", "1"},
		{"first of two ids, the second no id", "v=STSv1; id=1; id=a-b", "1"},

		{"empty", "", ""},
		{"other version", "v=STSv2; id=1", ""},
		{"version in lower case", "v=stsv1; id=1", ""},
		{"version not first", "id=1; v=STSv1", ""},
		{"space first", " v=STSv1; id=1", ""},
		{"space in the version", "v = STSv1; id=1", ""},
		{"version alone", "v=STSv1", ""},
		{"no field", "v=STSv1;", ""},
		{"no id", "v=STSv1; a=b", ""},
		{"id in upper case is another field", "v=STSv1; ID=1", ""},
		{"empty id", "v=STSv1; id=;", ""},
		{"id of 33", "v=STSv1; id=" + id32 + "a", ""},
		{"id with a hyphen", "v=STSv1; id=2016-08-31", ""},
		{"id with a dot", "v=STSv1; id=1.2", ""},
		{"id not ASCII", "v=STSv1; id=\u00fc", ""},
		{"space before =", "v=STSv1; id =1", ""},
		{"space after =", "v=STSv1; id= 1", ""},
		{"two separators", "v=STSv1;; id=1", ""},
		{"two separators at the end", "v=STSv1; id=1;;", ""},
		{"space at the end and no separator", "v=STSv1; id=1 ", ""},
		{"field without =", "v=STSv1; id=1; a", ""},
		{"= in a value", "v=STSv1; id=1; a=b=c", ""},
		{"space in a value", "v=STSv1; id=1; a=b c", ""},
		{"extension name over 32", "v=STSv1; id=1; " + strings.Repeat("a", 33) + "=1", ""},
		{"extension name not of a letter or digit first", "v=STSv1; id=1; -a=1", ""},
		{"newline", "v=STSv1; id=1\n", ""},
		{"not US-ASCII", "v=STSv1; id=1; a=\u00fc", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := mtasts.ParseRecord(tt.txt)
			if got.ID != tt.want || (err == nil) != (tt.want != "") {
				t.Errorf("got %q, %v; want %q", got.ID, err, tt.want)
			}
		})
	}
}

func TestFindRecord(t *testing.T) {
	const ours, others = "v=STSv1; id=1;", "v=spf1 -all"
	tests := []struct {
		name string // All by RFC 8461, section 3.1.
		txts []string
		want error
	}{
		{"one", []string{ours}, nil},
		{"others are discarded", []string{others, ours, "", "V=STSv1; id=2", "v=STSv10; id=3"}, nil},
		{"none", nil, mtasts.ErrNoRecord},
		{"only others", []string{others}, mtasts.ErrNoRecord},
		{"space before the first separator counts as another", []string{"v=STSv1 ; id=1"}, mtasts.ErrNoRecord},
		{"two", []string{ours, ours}, mtasts.ErrSeveralRecords},
		{"two, one of them broken", []string{ours, "v=STSv1;"}, mtasts.ErrSeveralRecords},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := mtasts.FindRecord(tt.txts)
			if !errors.Is(err, tt.want) || (err == nil) != (got.ID == "1") {
				t.Errorf("got %+v, %v; want %v", got, err, tt.want)
			}
		})
	}
	_, err := mtasts.FindRecord([]string{"v=STSv1; id=a-b"})
	if err == nil || errors.Is(err, mtasts.ErrNoRecord) || errors.Is(err, mtasts.ErrSeveralRecords) {
		t.Errorf("broken record: got %v, want what is wrong with it", err)
	}
}

func TestRecordNames(t *testing.T) {
	if got := mtasts.RecordName("example.com"); got != "_mta-sts.example.com" {
		t.Errorf("RecordName = %q", got)
	}
	if got := mtasts.PolicyHost("example.com"); got != "mta-sts.example.com" {
		t.Errorf("PolicyHost = %q", got)
	}
}

// FuzzParseRecord: a record that parses has a legal id, and is written so that
// it parses and is found again.
func FuzzParseRecord(f *testing.F) {
	f.Add("v=STSv1; id=20160831085700Z;")
	f.Add("v=STSv1\t;a=b; id=1 ; ")
	f.Add("v=STSv1; id=1; id=a-b; c=:")
	f.Fuzz(func(t *testing.T, txt string) {
		record, err := mtasts.ParseRecord(txt)
		if err != nil {
			return
		}
		if n := len(record.ID); n < 1 || n > 32 || strings.ContainsAny(record.ID, "-. ;=\t\r\n") {
			t.Fatalf("%q has the id %q", txt, record.ID)
		}
		again, err := mtasts.FindRecord([]string{record.String()})
		if err != nil || again.ID != record.ID {
			t.Fatalf("%q reads back as %+v, %v", record, again, err)
		}
	})
}

package main

import (
	"bytes"
	"compress/gzip"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"sealpost/internal/digest"
	"sealpost/internal/tlsrpt"
)

func now() time.Time { return time.Date(2026, time.November, 24, 1, 30, 0, 0, time.UTC) }

// TestExamples: they are reports to the letter, and no two are alike.
func TestExamples(t *testing.T) {
	seen := make(map[string]bool)
	for _, r := range append(examples(nobodys, now()), examples(nobodys, now().Add(time.Nanosecond))...) {
		decoded, err := tlsrpt.Decode(r.text)
		if err != nil || len(decoded.Deviations) > 0 {
			t.Errorf("%s: error %v, deviations %v", r.name, err, decoded.Deviations)
		}
		if week := (digestOf{now: now()}).week(); digest.WeekOf(decoded.Report.DateRange.Start) != week {
			t.Errorf("%s is not about week %s, whose digest is to tell of it", r.name, week)
		}
		canonical, err := tlsrpt.Canonical(r.text)
		if err != nil {
			t.Fatal(err)
		}
		if key := tlsrpt.Key(canonical); seen[key] {
			t.Errorf("%s was sent before", r.name)
		} else {
			seen[key] = true
		}
	}
}

func TestReadReports(t *testing.T) {
	text := bytes.ReplaceAll(examples(nobodys, now())[0].text, []byte(nobodys), []byte("meadow.example"))
	var packed bytes.Buffer
	w := gzip.NewWriter(&packed)
	w.Write(text) //nolint:errcheck // Close tells.
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	folder := t.TempDir()
	for name, content := range map[string][]byte{"report.json": text, "report.json.gz": packed.Bytes(), "none.json": []byte("{}")} {
		if err := os.WriteFile(filepath.Join(folder, name), content, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	reports, err := readReports([]string{filepath.Join(folder, "report.json"), filepath.Join(folder, "report.json.gz")})
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range reports {
		if !bytes.Equal(r.text, text) {
			t.Errorf("%s has the text %q", r.name, r.text)
		}
	}
	if got := domainsOf(append(reports, examples(nobodys, now())...), nobodys); !slices.Equal(got, []string{"meadow.example"}) {
		t.Errorf("the domains to host besides are %q", got)
	}
	if _, err := readReports([]string{filepath.Join(folder, "none.json")}); err == nil {
		t.Error("what is no report was taken for one")
	}
}

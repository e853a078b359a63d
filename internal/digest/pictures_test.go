package digest_test

import (
	"bytes"
	_ "embed"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"sealpost/internal/archive"
	"sealpost/internal/digest"
)

// .ci/pictures sets these.
var (
	pictures = flag.String("pictures", "", "make pictures of the digest in this `FOLDER`")
	chromium = flag.String("chromium", "chromium", "the `PROGRAM` that shows pages")
)

//go:embed testdata/measure.js
var measure string

var screens = []screen{
	{"phone-light", 390, true, "light"},
	{"phone-dark", 390, true, "dark"},
	{"desk-light", 1100, false, "light"},
	{"desk-dark", 1100, false, "dark"},
}

// pictureHeight is as far as a person scrolls: what comes below looks alike.
const pictureHeight = 6_000

// TestPictures makes pictures for a person to look at, and measures what a
// person might miss.
func TestPictures(t *testing.T) {
	if *pictures == "" {
		t.Skip("it needs a browser: run .ci/pictures")
	}
	check(t, os.MkdirAll(*pictures, 0o755))
	b := openBrowser(t, *chromium)
	for name, page := range pages(t) {
		for _, s := range screens {
			b.show(s, page)
			var seen struct {
				Width, Height int
				Background    string
				Faint, CutOff []string
				FirstLine     float64
			}
			b.measure(measure, &seen)
			picture := name + "-" + s.name
			if seen.Width > s.width || len(seen.CutOff) > 0 {
				t.Errorf("%s: a reader must scroll sideways: %d pixels; %q", picture, seen.Width, seen.CutOff)
			}
			if dark := seen.Background == "rgb(21, 24, 29)"; dark != (s.scheme == "dark") {
				t.Errorf("%s: the background is %s", picture, seen.Background)
			}
			if len(seen.Faint) > 0 {
				t.Errorf("%s: a reader may not see:\n%s", picture, strings.Join(seen.Faint, "\n"))
			}
			if seen.Height > 40_000 || seen.FirstLine > 200 {
				t.Errorf("%s: the page is %d pixels high, and its first sentence stands at %.0f", picture, seen.Height, seen.FirstLine)
			}
			check(t, os.WriteFile(filepath.Join(*pictures, picture+".png"), b.picture(0, s.width, min(seen.Height, pictureHeight), 1), 0o644))
			if picture == "a-bad-week-desk-light" {
				check(t, os.WriteFile(filepath.Join(*pictures, "readme.png"), b.picture(210, 680, 768, 2), 0o644))
			}
		}
	}
}

// pages are those to look at.
func pages(t *testing.T) map[string][]byte {
	t.Helper()
	pages := make(map[string][]byte)
	for _, s := range scenarios {
		if slices.Contains([]string{"quiet", "a-bad-week", "hostile", "silent", "first-week"}, s.name) {
			pages[s.name] = htmlOf(t, s.digest(t), digest.Options{})
		}
	}
	pages["a-hundred-domains"] = htmlOf(t, aHundredDomains(t), digest.Options{})
	weeks := []digest.Week{week}
	for len(weeks) < 8 {
		weeks = append(weeks, weeks[len(weeks)-1].Prev())
	}
	pages["sealpost-local"] = htmlOf(t, sum(t, []string{"example.com"}, nil), digest.Options{Weeks: weeks})
	return pages
}

func htmlOf(t *testing.T, d digest.Digest, o digest.Options) []byte {
	t.Helper()
	var page bytes.Buffer
	check(t, d.HTML(&page, o))
	return page.Bytes()
}

// aHundredDomains all fail, each in some ways.
func aHundredDomains(t *testing.T) digest.Digest {
	t.Helper()
	var hosted []string
	var lines []archive.Line
	for i := range 100 {
		domain := fmt.Sprintf("customer-%02d.example", i)
		hosted = append(hosted, domain)
		failed := int64(3000 / (i + 1))
		expired := failure("certificate-expired", "mx1."+domain, failed)
		lines = append(lines,
			report("Lark Mail", day(i%7), sts(domain, 40_000, failed, expired)),
			report("Lark Mail", day((i+2)%7), sts(domain, 38_000, failed/2+1, failure("certificate-expired", "mx1."+domain, failed/2+1))),
			report("Heron Post", day(2), sts(domain, 400, 2, failure("starttls-not-supported", "mx2."+domain, 2))))
	}
	return sum(t, hosted, lines)
}

// TestAHundredDomains holds a mail about a hundred domains that fail to what
// mail programs show of it.
func TestAHundredDomains(t *testing.T) {
	d := aHundredDomains(t)
	var text bytes.Buffer
	check(t, d.Text(&text))
	html := string(htmlOf(t, d, digest.Options{}))
	fitForMail(t, text.String(), html)
	for i := range 100 {
		if domain := fmt.Sprintf("customer-%02d.example", i); !strings.Contains(html, domain) {
			t.Errorf("HTML leaves %s out", domain)
		}
	}
	if !strings.Contains(html, "the causes are left out of") {
		t.Error("HTML does not say that causes are left out")
	}
}

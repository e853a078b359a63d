package tlsrpt_test

import (
	"strings"
	"testing"
	"time"

	"sealpost/internal/tlsrpt"
)

func TestFilename(t *testing.T) {
	begin, end := time.Unix(1794787200, 0).UTC(), time.Unix(1794873599, 0).UTC()
	for name, want := range map[string]tlsrpt.Filename{
		// In the likeness of the example of RFC 8460, section 5.1.
		"northwind.example!meadow.example!1794787200!1794873599!001.json.gz": {
			Sender: "northwind.example", PolicyDomain: "meadow.example", Begin: begin, End: end, UniqueID: "001", Gzip: true},
		"northwind.example!meadow.example!1794787200!1794873599.json": {
			Sender: "northwind.example", PolicyDomain: "meadow.example", Begin: begin, End: end},
		"a.example!xn--bcher-kva.example!0!0!x-1.json": {
			Sender: "a.example", PolicyDomain: "xn--bcher-kva.example", Begin: time.Unix(0, 0).UTC(), End: time.Unix(0, 0).UTC(), UniqueID: "x-1"},
	} {
		got, err := tlsrpt.ParseFilename(name)
		if err != nil || got != want {
			t.Errorf("%s: got %+v, %v; want %+v", name, got, err, want)
		}
		if got.String() != name {
			t.Errorf("%s: String gives %s", name, got)
		}
	}
}

func TestFilenameIsReadLiberally(t *testing.T) {
	const want = "n.example!meadow.example!1!2.json"
	for _, name := range []string{
		"/var/spool/mail/n.example!meadow.example!1!2.json",
		`C:\reports\n.example!meadow.example!1!2.json`,
		"../../n.example!meadow.example!1!2.json",
		"n.example!MEADOW.example!1!2.json",
		"n.example!meadow.example!1!2.JSON",
		"n.example!meadow.example.!1!2.json",
		"n.example!meadow.example!1!2!.json",
		"n.example!meadow.example!0001!2.json",
	} {
		if got, err := tlsrpt.ParseFilename(name); err != nil || got.String() != want {
			t.Errorf("%s: got %s, %v; want %s", name, got, err, want)
		}
	}
}

func TestFilenameHostile(t *testing.T) {
	for _, name := range []string{
		"", "/", ".json", "report.json", "tls-report.json.gz",
		"n.example!meadow.example!1!2", "n.example!meadow.example!1!2.xml", "n.example!meadow.example!1!2.gz",
		"n.example!meadow.example!1.json", "n.example!meadow.example!1!2!3!4.json",
		"!meadow.example!1!2.json", "n.example!!1!2.json", "localhost!meadow.example!1!2.json",
		"n.example!..!1!2.json", "n.example!.meadow.example!1!2.json", "n.example!meadow..example!1!2.json", "n.example!mea/../dow.example!1!2.json",
		"n.example!bücher.example!1!2.json", "n.example!mea\x00dow.example!1!2.json", "n.example!mea dow.example!1!2.json",
		"n.example!meadow.example!!2.json", "n.example!meadow.example!1!-2.json", "n.example!meadow.example!1!+2.json", "n.example!meadow.example!1!0x2.json",
		"n.example!meadow.example!100000000000!2.json", "n.example!meadow.example!1!" + strings.Repeat("9", 40) + ".json", "n.example!meadow.example!1!٢.json",
	} {
		if got, err := tlsrpt.ParseFilename(name); err == nil {
			t.Errorf("%q is taken for %+v", name, got)
		} else if !strings.Contains(err.Error(), "RFC 8460, section 5.1") {
			t.Errorf("%q: %v does not name the rule", name, err)
		}
	}
}

func FuzzParseFilename(f *testing.F) {
	for _, name := range []string{
		"northwind.example!meadow.example!1794787200!1794873599!001.json.gz", "n.example!m.example!1!2.json",
		`..\n.example!m.example!1!2!x.json.gz`, "n.example!m.example!99999999999!0!.json", "a/.!..!1!2!/.json",
	} {
		f.Add(name)
	}
	f.Fuzz(func(t *testing.T, name string) {
		got, err := tlsrpt.ParseFilename(name)
		if err != nil {
			return
		}
		if again, err := tlsrpt.ParseFilename(got.String()); err != nil || again != got {
			t.Errorf("%q: %+v is written %q and read %+v, %v", name, got, got, again, err)
		}
		for _, domain := range []string{got.Sender, got.PolicyDomain} {
			if strings.ContainsAny(domain, "/\\ \x00!") || strings.Contains(domain, "..") {
				t.Errorf("%q: %q is taken for a domain", name, domain)
			}
		}
	})
}

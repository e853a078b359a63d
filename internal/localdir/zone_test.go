package localdir_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"sealpost/internal/localdir"
	"sealpost/internal/publication"
)

const txtName = "_mta-sts.example.com"

func TestZoneRecords(t *testing.T) {
	zone := localdir.Zone{Root: t.TempDir()}
	at := publication.Place{Name: txtName}
	wantValues(t, zone)
	if err := zone.Remove(t.Context(), at, "v=STSv1; id=1;"); err != nil {
		t.Errorf("remove what is not there: %v", err)
	}
	for _, value := range []string{"v=STSv1; id=1;", "v=STSv1; id=2;", "v=STSv1; id=2;"} {
		if err := zone.Put(t.Context(), at, value); err != nil {
			t.Fatal(err)
		}
		wantValues(t, zone, value)
		if text, err := os.ReadFile(zoneFile(zone, txtName+".TXT")); err != nil || string(text) != value+"\n" {
			t.Errorf("the file holds %q, %v", text, err)
		}
	}
	if err := zone.Remove(t.Context(), at, "v=STSv1; id=1;"); err != nil {
		t.Errorf("remove another value: %v", err)
	}
	wantValues(t, zone, "v=STSv1; id=2;")
	for range 2 { // Once more changes nothing.
		if err := zone.Remove(t.Context(), at, "v=STSv1; id=2;"); err != nil {
			t.Errorf("remove: %v", err)
		}
		wantValues(t, zone)
	}
}

// TestZoneOfPeople: they edit the files too.
func TestZoneOfPeople(t *testing.T) {
	for text, want := range map[string][]string{
		"":                                      nil,
		"\n \r\n":                               nil,
		"v=STSv1; id=1;":                        {"v=STSv1; id=1;"},
		"\ufeffv=STSv1; id=1;\r\n":              {"v=STSv1; id=1;"},
		"  v=STSv1; id=1;  \n\nv=spf1 -all\n\n": {"v=STSv1; id=1;", "v=spf1 -all"},
		"\"v=STSv1; id=1;\"\n":                  {"v=STSv1; id=1;"},
		"\"v=STSv1\\; \" \t\"id=1;\"\"\"\n":     {"v=STSv1; id=1;"},
		"\"a \\\"b\\\" c\"\nv=STSv1; id=1;":     {"a \"b\" c", "v=STSv1; id=1;"},
		"\"v=STSv1; id=1;\n":                    {"\"v=STSv1; id=1;"},
		"v=STSv1; \"id=1;\"\n":                  {"v=STSv1; \"id=1;\""},
	} {
		zone := localdir.Zone{Root: t.TempDir()}
		writeZone(t, zone, txtName+".TXT", text)
		wantValues(t, zone, want...)
	}
	zone := localdir.Zone{Root: t.TempDir()}
	writeZone(t, zone, txtName+".TXT", "v=STSv1; id=1;\nfrom somebody else\n")
	if err := zone.Remove(t.Context(), publication.Place{Name: txtName}, "v=STSv1; id=1;"); err != nil {
		t.Errorf("remove one of two: %v", err)
	}
	wantValues(t, zone, "v=STSv1; id=1;", "from somebody else")
	if err := zone.Put(t.Context(), publication.Place{Name: txtName}, "v=STSv1; id=2;"); err != nil {
		t.Fatal(err)
	}
	wantValues(t, zone, "v=STSv1; id=2;")
}

func TestZoneMX(t *testing.T) {
	for text, want := range map[string][]string{
		"":                                   nil,
		"mx1.example.com\nmx2.example.com\n": {"mx1.example.com", "mx2.example.com"},
		"MX1.Example.COM.\r\n":               {"mx1.example.com"},
		"mx.B\u00dccher.example\n_m.Example": {"mx.xn--bcher-kva.example", "_m.example"},
		".\n":                                {""}, // RFC 7505.
	} {
		zone := localdir.Zone{Root: t.TempDir()}
		writeZone(t, zone, "example.com.MX", text)
		if got, err := zone.MX(t.Context(), "example.com"); err != nil || !slices.Equal(got, want) {
			t.Errorf("%q: %q, %v; want %q", text, got, err, want)
		}
	}
	zone := localdir.Zone{Root: t.TempDir()}
	if got, err := zone.MX(t.Context(), "example.com"); err != nil || len(got) > 0 {
		t.Errorf("%q, %v; want none", got, err)
	}
	writeZone(t, zone, "example.com.MX", "10 mx1.example.com\n")
	if got, err := zone.MX(t.Context(), "example.com"); err == nil || !strings.Contains(err.Error(), zoneFile(zone, "example.com.MX")) || len(got) > 0 {
		t.Errorf("with a preference: %q, %v; want an error that names the file", got, err)
	}
}

// TestZoneUnreadable: what cannot be read does not pass for no record.
func TestZoneUnreadable(t *testing.T) {
	zone := localdir.Zone{Root: t.TempDir()}
	writeZone(t, zone, txtName+".TXT/file", "")
	writeZone(t, zone, "example.com.MX/file", "")
	at := publication.Place{Name: txtName}
	_, errValues := zone.Values(t.Context(), at)
	_, errTXT := zone.TXT(t.Context(), txtName)
	_, errMX := zone.MX(t.Context(), "example.com")
	for _, err := range []error{errValues, errTXT, errMX, zone.Put(t.Context(), at, "v"), zone.Remove(t.Context(), at, "v")} {
		if err == nil {
			t.Error("no error")
		}
	}
}

func TestZoneStaysInside(t *testing.T) {
	zone := localdir.Zone{Root: filepath.Join(t.TempDir(), "inside")}
	for _, name := range []string{"", ".", "..", "../example.com", "a/b", "/example.com", "x\x00"} {
		at := publication.Place{Name: name}
		_, errValues := zone.Values(t.Context(), at)
		_, errTXT := zone.TXT(t.Context(), name)
		_, errMX := zone.MX(t.Context(), name)
		for _, err := range []error{errValues, errTXT, errMX, zone.Put(t.Context(), at, "v"), zone.Remove(t.Context(), at, "v")} {
			if err == nil {
				t.Errorf("%q: no error", name)
			}
		}
	}
	for _, value := range []string{"", " ", "two\nlines", "line\n", " space", "\"in quotes\""} {
		if err := zone.Put(t.Context(), publication.Place{Name: txtName}, value); err == nil {
			t.Errorf("put %q: no error", value)
		}
	}
	wantValues(t, zone)
}

func zoneFile(zone localdir.Zone, name string) string {
	return filepath.Join(zone.Root, "zone", filepath.FromSlash(name))
}

// writeZone writes a file as if by hand.
func writeZone(t *testing.T, zone localdir.Zone, name, text string) {
	t.Helper()
	file := zoneFile(zone, name)
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// wantValues looks at the record both ways.
func wantValues(t *testing.T, zone localdir.Zone, want ...string) {
	t.Helper()
	values, errValues := zone.Values(t.Context(), publication.Place{Name: txtName})
	seen, errSeen := zone.TXT(t.Context(), txtName)
	if errValues != nil || errSeen != nil || !slices.Equal(values, want) || !slices.Equal(seen, want) {
		t.Errorf("values %q, %v; seen %q, %v; want %q", values, errValues, seen, errSeen, want)
	}
}

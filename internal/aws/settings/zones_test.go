package settings_test

import (
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"sealpost/internal/aws/settings"
	"sealpost/internal/publication"
)

var manyZones = publication.Zones{
	Service: &publication.Zone{ID: "Z0", Name: "sts.example.net"},
	Domains: map[string]publication.Home{
		"example.com":  {Zone: &publication.Zone{ID: "Z1", Name: "example.com"}, DNS: publication.DNSRoute53},
		"example.net":  {Zone: &publication.Zone{ID: "Z2", Name: "net"}, DNS: publication.DNSManual},
		"example.org":  {DNS: publication.DNSCNAME},
		"example.info": {},
	},
}

func TestZonesThatAreWrittenAreRead(t *testing.T) {
	for name, zones := range map[string]publication.Zones{
		"none": {},
		"many": manyZones,
	} {
		t.Run(name, func(t *testing.T) {
			folder := t.TempDir()
			if err := settings.PutZones(folder, zones); err != nil {
				t.Fatal(err)
			}
			got, err := settings.Zones(folder)
			if err != nil || !reflect.DeepEqual(got, zones) {
				t.Errorf("got %+v, %v; want %+v", got, err, zones)
			}
		})
	}
}

// TestZonesAreWrittenAlike: otherwise each deployment would change functions.
func TestZonesAreWrittenAlike(t *testing.T) {
	first := writtenZones(t)
	for range 20 {
		if again := writtenZones(t); again != first {
			t.Fatalf("first\n%s\nthen\n%s", first, again)
		}
	}
}

func writtenZones(t *testing.T) string {
	t.Helper()
	folder := t.TempDir()
	if err := settings.PutZones(folder, manyZones); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(filepath.Join(folder, "zones.json"))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func TestZonesThatCannotBeRead(t *testing.T) {
	for text, want := range map[string]string{
		`{"domains": {"example.com": {"zones": {}}}}`: "zones",
		`{"domains": `: "zones.json",
	} {
		folder := t.TempDir()
		if err := os.WriteFile(filepath.Join(folder, "zones.json"), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := settings.Zones(folder); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v; want an error with %q", text, err, want)
		}
	}
	if _, err := settings.Zones(t.TempDir()); err == nil || !strings.Contains(err.Error(), "zones.json") {
		t.Errorf("without the file: %v", err)
	}
}

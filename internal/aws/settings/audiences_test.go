package settings_test

import (
	"reflect"
	"strings"
	"testing"

	"sealpost/internal/aws/settings"
	"sealpost/internal/told"
)

func TestAudiencesThatAreWrittenAreRead(t *testing.T) {
	audiences := []told.Audience{
		{Name: told.All, Recipients: []string{"postmaster@example.com", "security@example.net"}},
		{Name: "shop", Recipients: []string{"shop@example.org"}, Domains: []string{"example.org", "shop.example.org"}},
	}
	folder := t.TempDir()
	if err := settings.PutAudiences(folder, audiences); err != nil {
		t.Fatal(err)
	}
	if got, err := settings.Audiences(folder); err != nil || !reflect.DeepEqual(got, audiences) {
		t.Errorf("got %+v, %v; want %+v", got, err, audiences)
	}
	if _, err := settings.Audiences(t.TempDir()); err == nil || !strings.Contains(err.Error(), "audiences.json") {
		t.Errorf("without the file: %v", err)
	}
}

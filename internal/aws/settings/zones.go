package settings

import (
	"fmt"
	"os"
	"path/filepath"

	"github.com/go-json-experiment/json"

	"sealpost/internal/publication"
)

// zonesFile lies beside the program of a function: an environment has 4 KB for
// all variables, which a hundred domains would not fit.
const zonesFile = "zones.json"

// PutZones writes zones into the folder of a function's program. The same zones
// give the same bytes.
func PutZones(folder string, zones publication.Zones) error {
	text, err := json.Marshal(zones, json.Deterministic(true))
	if err != nil {
		return fmt.Errorf("encode the zones: %w", err)
	}
	if err := os.WriteFile(filepath.Join(folder, zonesFile), text, 0o644); err != nil {
		return fmt.Errorf("write the zones: %w", err)
	}
	return nil
}

// Zones reads what [PutZones] wrote.
func Zones(folder string) (publication.Zones, error) {
	text, err := os.ReadFile(filepath.Join(folder, zonesFile))
	if err != nil {
		return publication.Zones{}, fmt.Errorf("read the zones: %w", err)
	}
	var zones publication.Zones
	if err := json.Unmarshal(text, &zones, json.RejectUnknownMembers(true)); err != nil {
		return publication.Zones{}, fmt.Errorf("read the zones in %s: %w", zonesFile, err)
	}
	return zones, nil
}

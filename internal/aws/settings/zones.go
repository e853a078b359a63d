package settings

import "sealpost/internal/publication"

const zonesFile = "zones.json"

// PutZones writes zones into the folder of a function's program.
func PutZones(folder string, zones publication.Zones) error {
	return putBeside(folder, zonesFile, zones)
}

// Zones reads what [PutZones] wrote.
func Zones(folder string) (publication.Zones, error) {
	return beside[publication.Zones](folder, zonesFile)
}

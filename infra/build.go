package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"

	"sealpost/internal/aws/settings"
)

// build compiles functions/<name> of the module at root for Lambda, each to
// <folder>/<name>/bootstrap. The same source gives the same bytes, wherever
// it lies: so only what changed is deployed again.
func build(ctx context.Context, root, folder string, names ...string) error {
	for _, name := range names {
		command := exec.CommandContext(ctx, "go", "build",
			"-trimpath",                // No path of this machine,
			"-buildvcs=false",          // no commit,
			"-ldflags=-s -w -buildid=", // no build id; and no symbols, for a quick start.
			"-tags=lambda.norpc",       // Without what only the retired Go runtime needs.
			"-o", filepath.Join(folder, name, "bootstrap"),
			"./functions/"+name)
		command.Dir = root
		command.Env = append(os.Environ(), "GOOS=linux", "GOARCH=arm64", "GOARM64=v8.0", "CGO_ENABLED=0", "GOFLAGS=", "GOWORK=off")
		if output, err := command.CombinedOutput(); err != nil {
			return fmt.Errorf("build the function %s: %w\n%s", name, err, output)
		}
	}
	return nil
}

// equip puts beside the functions that are built what else they need to know.
func equip(folder string, config Config) error {
	for _, name := range []string{publishFunction, rotateFunction} {
		if err := settings.PutZones(filepath.Join(folder, name), config.zones()); err != nil {
			return fmt.Errorf("equip the function %s: %w", name, err)
		}
	}
	if !config.Digest.Enabled {
		return nil
	}
	if err := settings.PutAudiences(filepath.Join(folder, digestFunction), config.Digest.audiences()); err != nil {
		return fmt.Errorf("equip the function %s: %w", digestFunction, err)
	}
	return nil
}

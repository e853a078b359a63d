// Package mototest finds moto, which has ideas of its own of what AWS does. It
// takes Python, so that not everybody has it: .ci/run starts one.
package mototest

import (
	"os"
	"testing"
)

const variable = "SEALPOST_MOTO"

// Address is where a moto server listens; empty where there is none.
func Address() string { return os.Getenv(variable) }

// Need gives the address, or skips a test that has no use without.
func Need(t *testing.T) string {
	t.Helper()
	address := Address()
	if address == "" {
		t.Skip(variable + " is not set to the URL of a moto server, such as http://127.0.0.1:5000")
	}
	return address
}

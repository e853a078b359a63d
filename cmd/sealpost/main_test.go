package main

import (
	"flag"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
)

var update = flag.Bool("update", false, "accept what the program prints as what the scripts expect")

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"sealpost": main})
}

// TestScripts runs the program as a person would; each script says what it
// prints and how it ends.
func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata/script",
		UpdateScripts:       *update,
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
	})
}

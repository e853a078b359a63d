package main

import (
	"flag"
	"regexp"
	"testing"
	"time"

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
		Cmds:                map[string]func(*testscript.TestScript, bool, []string){"until": until},
	})
}

// until runs a command again and again until what it prints has a pattern.
func until(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: until PATTERN COMMAND...")
	}
	pattern := regexp.MustCompile(args[0])
	said := ""
	for deadline := time.Now().Add(patience); time.Now().Before(deadline); {
		ts.Exec(args[1], args[2:]...) //nolint:errcheck // It may fail until then.
		if said = ts.ReadFile("stdout"); pattern.MatchString(said) {
			return
		}
	}
	ts.Fatalf("%q does not print %q, but:\n%s", args[1:], args[0], said)
}

package main

import (
	"context"
	"flag"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"sealpost/internal/dkim/dkimtest"
)

var update = flag.Bool("update", false, "accept what the program prints as what the scripts expect")

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"sealpost": main})
}

// TestScripts runs the program as a person would; each script says what it
// prints and how it ends.
func TestScripts(t *testing.T) { runScripts(t, "testdata/script") }

func runScripts(t *testing.T, dir string) {
	testscript.Run(t, testscript.Params{
		Dir: dir,
		Setup: func(env *testscript.Env) error {
			programs, _, _ := strings.Cut(env.Getenv("PATH"), string(os.PathListSeparator))
			env.Setenv("PROGRAMS", programs) // The folder with the program alone.
			return nil
		},
		UpdateScripts:       *update,
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
		Cmds:                map[string]func(*testscript.TestScript, bool, []string){"until": until, "sign": signer(t), "mbox": writeMbox},
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

// signer makes the command sign, which gives a mail the line ends and the signature that it has on the wire, and
// puts the signature's key where the folder data has its DNS.
func signer(t *testing.T) func(*testscript.TestScript, bool, []string) {
	return func(ts *testscript.TestScript, neg bool, args []string) {
		if neg || len(args) != 2 {
			ts.Fatalf("usage: sign DOMAIN FILE")
		}
		domain, file := args[0], ts.MkAbs(args[1])
		text := strings.ReplaceAll(ts.ReadFile(file), "\n", "\r\n")
		ts.Check(os.WriteFile(file, []byte(dkimtest.Sign(t, text, domain)), 0o644))
		name := dkimtest.Selector + "._domainkey." + domain
		record, err := dkimtest.Zone{domain: true}.TXT(context.Background(), name)
		ts.Check(err)
		zone := ts.MkAbs("data/zone")
		ts.Check(os.MkdirAll(zone, 0o755))
		ts.Check(os.WriteFile(filepath.Join(zone, name+".TXT"), []byte(record[0]+"\n"), 0o644))
	}
}

// writeMbox puts mails into one file.
func writeMbox(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: mbox MBOX FILE...")
	}
	var text strings.Builder
	for _, file := range args[1:] {
		text.WriteString(inMbox(strings.ReplaceAll(ts.ReadFile(file), "\r\n", "\n")))
	}
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), []byte(text.String()), 0o644))
}

var likeMboxLine = regexp.MustCompile(`(?m)^>*From `)

// inMbox gives a mail as it stands in an mbox.
func inMbox(mail string) string {
	return "From somebody@sender.example Tue Nov 17 10:00:00 2026\n" + likeMboxLine.ReplaceAllString(mail, ">$0") + "\n"
}

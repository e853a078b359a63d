package main

import (
	"context"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"sealpost/internal/query"
)

// TestQueryScripts runs queries with the engine, where a machine can build it.
func TestQueryScripts(t *testing.T) {
	folder := t.TempDir()
	command := exec.CommandContext(t.Context(), "go", "build", "-o", folder, "../sealpost-query")
	if output, err := command.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, output)
	}
	t.Setenv("PATH", folder+string(os.PathListSeparator)+os.Getenv("PATH"))
	_, err := ask(context.Background(), terminal{stderr: io.Discard, now: time.Now}, query.Question{Dir: folder, SQL: "SELECT 1"})
	if err != nil && strings.Contains(err.Error(), query.ErrNoEngine.Error()) && os.Getenv("CI") == "" {
		t.Skip(err)
	}
	if err != nil {
		t.Fatal(err)
	}
	runScripts(t, filepath.Join("testdata", "query"))
}

// begun is told that a program has begun to write.
type begun func()

func (b begun) Write(p []byte) (int, error) {
	b()
	return len(p), nil
}

// TestQueryInterrupted: the engine does not work on for nobody, and has the time
// to tidy up.
func TestQueryInterrupted(t *testing.T) {
	folder := t.TempDir()
	ended := filepath.Join(folder, "ended")
	script := "#!/bin/sh\ntrap 'touch " + ended + "; exit 1' INT\necho begun >&2\nwhile :; do sleep 0.1; done\n"
	if err := os.WriteFile(filepath.Join(folder, engineName), []byte(script), 0o755); err != nil {
		t.Fatal(err)
	}
	t.Setenv("PATH", folder+string(os.PathListSeparator)+os.Getenv("PATH"))
	ctx, interrupt := context.WithCancel(t.Context())
	_, err := ask(ctx, terminal{stderr: begun(interrupt), now: time.Now}, query.Question{Dir: folder, SQL: "SELECT 1"})
	if err == nil || err.Error() != "the query was interrupted" {
		t.Errorf("got %v", err)
	}
	if _, err := os.Stat(ended); err != nil {
		t.Errorf("the engine was not let end: %v", err)
	}
}

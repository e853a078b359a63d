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

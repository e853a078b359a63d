// Package functions_test runs the functions' programs as Lambda does.
package functions_test

import (
	"bytes"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

var names = []string{"policy", "publish", "rotate", "reportintake", "receiptrules", "digest", "compact"}

// stackFlags are the build flags of the stack.
var stackFlags = []string{"-tags", "lambda.norpc", "-trimpath", "-buildvcs=false", "-ldflags", "-s -w -buildid="}

// testFlags compile the same code without -trimpath, with which nothing that
// "go test" has compiled could be used again.
var testFlags = []string{"-tags", "lambda.norpc", "-ldflags", "-s -w"}

// programs is the folder of the functions built for this machine.
var programs string

func TestMain(m *testing.M) {
	os.Exit(run(m))
}

func run(m *testing.M) int {
	folder, err := os.MkdirTemp("", "functions")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer os.RemoveAll(folder)
	programs = folder
	if err := build("..", folder, testFlags); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return m.Run()
}

// build builds the functions of the module in root.
func build(root, to string, flags []string, environment ...string) error {
	arguments := append([]string{"build", "-o", to + string(filepath.Separator)}, flags...)
	for _, name := range names {
		arguments = append(arguments, "./functions/"+name)
	}
	command := exec.Command("go", arguments...)
	command.Dir = root
	command.Env = append(os.Environ(), environment...)
	if output, err := command.CombinedOutput(); err != nil {
		return fmt.Errorf("go build: %w\n%s", err, output)
	}
	return nil
}

// maxPolicySize bounds the program that answers senders: it is read at every
// cold start.
const maxPolicySize = 10 << 20

// TestSameBytesFromAnyFolder: a function is deployed anew only if its code has
// changed, not because somebody else built it.
func TestSameBytesFromAnyFolder(t *testing.T) {
	if testing.Short() {
		t.Skip("builds everything twice")
	}
	arm := []string{"GOOS=linux", "GOARCH=arm64", "CGO_ENABLED=0"}
	here, there, checkout := t.TempDir(), t.TempDir(), filepath.Join(t.TempDir(), "another", "checkout")
	copyModule(t, checkout)
	if err := build("..", here, stackFlags, arm...); err != nil {
		t.Fatal(err)
	}
	if err := build(checkout, there, stackFlags, arm...); err != nil {
		t.Fatal(err)
	}
	for _, name := range names {
		first, err := os.ReadFile(filepath.Join(here, name))
		if err != nil {
			t.Fatal(err)
		}
		second, err := os.ReadFile(filepath.Join(there, name))
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(first, second) {
			t.Errorf("%s: %d and %d bytes, built from two folders, differ", name, len(first), len(second))
		}
		t.Logf("%s: %d bytes", name, len(first))
		if name == "policy" && len(first) > maxPolicySize {
			t.Errorf("%s has %d bytes; want at most %d", name, len(first), maxPolicySize)
		}
	}
}

// copyModule copies what the functions are built from.
func copyModule(t *testing.T, to string) {
	t.Helper()
	for _, part := range []string{"internal", "functions", "schemas"} {
		if err := os.CopyFS(filepath.Join(to, part), os.DirFS(filepath.Join("..", part))); err != nil {
			t.Fatal(err)
		}
	}
	for _, file := range []string{"go.mod", "go.sum"} {
		text, err := fs.ReadFile(os.DirFS(".."), file)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(to, file), text, 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

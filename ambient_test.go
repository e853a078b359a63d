package sealpost_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

// ambient is what a program finds around it. It is looked at where the program
// begins, and passed on: so everything else can be tested at any time, in any
// surroundings.
var ambient = map[string]string{
	"time.Now":        "time is passed in",
	"time.Since":      "time is passed in",
	"time.Until":      "time is passed in",
	"os.Args":         "only programs read their arguments",
	"os.Getenv":       "only programs read the environment",
	"os.LookupEnv":    "only programs read the environment",
	"os.Environ":      "only programs read the environment",
	"os.ExpandEnv":    "only programs read the environment",
	"os.Getwd":        "folders are passed in",
	"os.Chdir":        "folders are passed in",
	"os.Exit":         "only programs end themselves",
	"log.Fatal":       "only programs end themselves",
	"log.Fatalf":      "only programs end themselves",
	"slog.Default":    "loggers are passed in",
	"slog.SetDefault": "loggers are passed in",
}

func TestNothingAmbient(t *testing.T) {
	packages := list(t)
	read := 0
	for _, name := range ours(packages) {
		if isMain(name) || isTestOnly(name) {
			continue
		}
		p := packages[path.Join(module, name)]
		for _, file := range p.GoFiles {
			for _, use := range ambientIn(t, filepath.Join(p.Dir, file), nil) {
				t.Errorf("%s/%s: it may not be used here, since %s", name, use, ambient[use[strings.LastIndex(use, " ")+1:]])
			}
			read++
		}
	}
	if read < len(arrows) {
		t.Errorf("only %d files were read, fewer than there are packages", read)
	}
}

func TestAmbientIsFound(t *testing.T) {
	const source = `package p

import (
	"os"
	clock "time"
)

var now = clock.Now

func f(time struct{ Since int }) int { return len(os.Args) + time.Since + len(clock.Now().String()) }
`
	got := strings.Join(ambientIn(t, "p.go", source), "; ")
	if want := "p.go:8: time.Now; p.go:10: os.Args; p.go:10: time.Now"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

// ambientIn gives the uses of what is ambient in a file, called or passed on,
// such as "file.go:12: time.Now".
func ambientIn(t *testing.T, file string, source any) []string {
	t.Helper()
	files := token.NewFileSet()
	parsed, err := parser.ParseFile(files, file, source, parser.SkipObjectResolution)
	if err != nil {
		t.Fatal(err)
	}
	imported := importsOf(t, parsed)
	var uses []string
	ast.Inspect(parsed, func(node ast.Node) bool {
		selector, is := node.(*ast.SelectorExpr)
		if !is {
			return true
		}
		from, is := selector.X.(*ast.Ident)
		if !is {
			return true
		}
		what := imported[from.Name] + "." + selector.Sel.Name
		if _, banned := ambient[what]; banned {
			position := files.Position(selector.Pos())
			uses = append(uses, filepath.Base(file)+":"+strconv.Itoa(position.Line)+": "+what)
		}
		return true
	})
	return uses
}

// importsOf gives the last element of an import's path for each name by which
// the file calls it.
func importsOf(t *testing.T, file *ast.File) map[string]string {
	t.Helper()
	imports := make(map[string]string)
	for _, spec := range file.Imports {
		importPath, err := strconv.Unquote(spec.Path.Value)
		if err != nil {
			t.Fatal(err)
		}
		base := path.Base(importPath)
		name := base
		if spec.Name != nil {
			name = spec.Name.Name
		}
		imports[name] = base
	}
	return imports
}

//go:build cgo && (darwin || linux) && (amd64 || arm64)

package duckdb

import (
	"errors"
	"regexp"
	"strings"

	"sealpost/schemas/athena"
)

var (
	noTable  = regexp.MustCompile(`^Catalog Error: Table with name (.*) does not exist!`)
	noColumn = regexp.MustCompile(`^Binder Error: Referenced column (".*") not found in FROM clause!`)
)

// worded puts in words of what can be asked here what DuckDB says from its own
// point of view: it guesses at tables of its own, and advises settings, which
// nobody can change. Anything else stays as DuckDB has it.
func worded(err error) error {
	if err == nil {
		return nil
	}
	text := err.Error()
	if found := noTable.FindStringSubmatch(text); found != nil {
		return errors.New("there is no table " + found[1] + "; what there is to ask is " + strings.Join(viewNames(), ", ") + place(text))
	}
	if found := noColumn.FindStringSubmatch(text); found != nil {
		return errors.New("there is no column " + found[1] + " in what the query reads; DESCRIBE lists the columns of a view, " +
			"as in \"DESCRIBE failures\", and texts stand in single quotes" + place(text))
	}
	switch {
	case strings.HasPrefix(text, "Out of Memory Error"):
		return errors.New("the query takes more memory, or more room on the disk, than a query may have here: " +
			"ask about fewer days, as in all_reports WHERE dt >= '2026-11-01' or by a saved query, or for fewer columns")
	case strings.Contains(text, "disabled by configuration"):
		return errors.New("a query reads the reports here, and no file besides: what there is to ask is " + strings.Join(viewNames(), ", "))
	case strings.Contains(text, "API error: empty name"):
		return errors.New("a value of row(...) has parts without names: give each a name, as in {'mx': a, 'sessions': b}, or make a list of them, as in [a, b]")
	case strings.Contains(text, "unsupported data type"):
		return errors.New("a value has a type that cannot be shown: write CAST(... AS VARCHAR) around it")
	case strings.Contains(text, "incorrect argument count for command"):
		return errors.New("a question mark stands for a value that only a saved query is given: write the value in its place, a text in single quotes")
	default:
		return err
	}
}

// place is where DuckDB shows that something is wrong, on lines of their own.
func place(text string) string {
	if i := strings.Index(text, "\n\nLINE "); i >= 0 {
		return text[i:]
	}
	return ""
}

func viewNames() []string {
	var names []string
	for _, view := range athena.Views() {
		names = append(names, view.Name)
	}
	return names
}

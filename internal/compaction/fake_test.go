package compaction_test

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// line is a line of the archive.
type line struct {
	day    string
	report int
}

// tables is an engine: the tables of reports, as far as the statements of a
// compaction go. That SQL does what it is taken for here, real engines show.
type tables struct {
	archived  []line
	compacted []line
	made      bool
	before    string // Days before it the views read from the compacted table.

	steps int
	dies  func(step int) (before, after bool) // Whether an error comes of a step, though it may have been done.
	done  map[string]bool                     // What succeeded, by occasion and statement.
	ran   []string                            // The verbs of what was run.
}

var errDied = errors.New("the function was ended")

var (
	days = regexp.MustCompile(`\d{4}-\d\d-\d\d`)
	verb = regexp.MustCompile(`^(CREATE TABLE|INSERT|CREATE OR REPLACE VIEW|DELETE|VACUUM)`)
)

func (e *tables) Run(_ context.Context, sql, occasion string) error {
	if e.done[occasion+sql] {
		return nil
	}
	e.steps++
	before, after := false, false
	if e.dies != nil {
		before, after = e.dies(e.steps)
	}
	if before {
		return errDied
	}
	if err := e.run(withoutComments(sql)); err != nil {
		return err
	}
	if e.done == nil {
		e.done = make(map[string]bool)
	}
	e.done[occasion+sql] = true
	if after {
		return errDied
	}
	return nil
}

func withoutComments(sql string) string {
	return regexp.MustCompile(`(?m)^--.*\n`).ReplaceAllString(sql, "")
}

func (e *tables) run(sql string) error {
	found := verb.FindString(sql)
	named := days.FindAllString(sql, -1)
	e.ran = append(e.ran, strings.TrimSpace(found+" "+strings.Join(slices.Compact(named), " ")))
	switch found {
	case "CREATE TABLE":
		e.made = true
		return nil
	case "INSERT":
		for _, l := range e.archived {
			if named[0] <= l.day && l.day < named[1] && !slices.Contains(e.compacted, l) {
				e.compacted = append(e.compacted, l)
			}
		}
	case "CREATE OR REPLACE VIEW":
		e.before = named[0]
	case "DELETE":
		e.compacted = slices.DeleteFunc(e.compacted, func(l line) bool { return l.day < named[0] })
	case "VACUUM":
	default:
		return fmt.Errorf("what is %s", sql)
	}
	if !e.made {
		return errors.New("there is no table reports_compacted")
	}
	return nil
}

func (e *tables) Value(_ context.Context, sql, occasion string) (string, bool, error) {
	if sql != "SELECT max(dt) AS reached FROM reports_compacted" || !e.made {
		return "", false, fmt.Errorf("%s cannot be run", sql)
	}
	last := ""
	for _, l := range e.compacted {
		last = max(last, l.day)
	}
	return last, last != "", nil
}

// seen gives the lines that the views read.
func (e *tables) seen() []line {
	var seen []line
	for _, l := range e.compacted {
		if l.day < e.before {
			seen = append(seen, l)
		}
	}
	for _, l := range e.archived {
		if l.day >= e.before {
			seen = append(seen, l)
		}
	}
	slices.SortFunc(seen, byDay)
	return slices.Compact(seen) // A line that lies twice counts once.
}

func byDay(a, b line) int {
	if a.day != b.day {
		return strings.Compare(a.day, b.day)
	}
	return a.report - b.report
}

package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"golang.org/x/term"

	"sealpost/internal/digest"
	"sealpost/internal/query"
	"sealpost/schemas/athena"
)

// runQuery answers a question in SQL about the reports, one that is given or one
// that is saved.
func runQuery(ctx context.Context, t terminal, args []string) error {
	var dir, saved, week string
	var listed, asSQL, asCSV, asJSON bool
	operands, err := flags("query", args, func(f *flag.FlagSet) {
		f.StringVar(&dir, "dir", defaultDir, "the `FOLDER` that everything is kept in")
		f.BoolVar(&listed, "list", false, "list the saved queries")
		f.StringVar(&saved, "saved", "", "run the saved query of this `NAME`; what it asks for stands after it")
		f.StringVar(&week, "week", digest.Last(t.now()).String(), "the `WEEK` by ISO 8601 that is \"last week\" to a saved query")
		f.BoolVar(&asSQL, "sql", false, "print a saved query, such as for Athena, and do not run it")
		f.BoolVar(&asCSV, "csv", false, "print the answer as CSV, for spreadsheets")
		f.BoolVar(&asJSON, "json", false, "print the answer as JSON, for programs")
	})
	if err != nil {
		return err
	}
	switch {
	case asCSV && asJSON:
		return misusef("-csv and -json are two forms of the answer: name one")
	case listed && (saved != "" || len(operands) > 0):
		return misusef("-list lists the saved queries, and runs none")
	case listed && (asCSV || asJSON || asSQL):
		return misusef("-list is for reading, and has no other form: leave -csv, -json and -sql out")
	case saved != "" && asSQL && len(operands) > 0:
		return misusef("-sql prints the query with a ? for what it asks for: leave %q out", operands[0])
	case !listed && saved == "" && asSQL:
		return misusef("-sql prints a saved query: name it with -saved")
	case !listed && saved == "" && week != digest.Last(t.now()).String():
		return misusef("-week is for a saved query; in one of your own, write WHERE week = '%s'", week)
	}
	if listed {
		return listQueries(t.stdout)
	}
	question := query.Question{Dir: dir}
	if saved != "" {
		question, err = savedQuestion(t, dir, saved, week, operands, asSQL)
	} else {
		question.SQL, err = sqlOf(t, operands)
	}
	if err != nil {
		return err
	}
	if asSQL {
		_, err := io.WriteString(t.stdout, question.SQL)
		return err
	}
	if err := ofReports(dir); err != nil {
		return err
	}
	answer, err := ask(ctx, t, question)
	if err != nil {
		return err
	}
	for _, key := range answer.LeftOut {
		fmt.Fprintf(t.stderr, "sealpost: left out %s, which is no report\n", digest.Readable(key, 200))
	}
	switch {
	case asCSV:
		return answer.CSV(t.stdout)
	case asJSON:
		return answer.JSON(t.stdout)
	default:
		return answer.Table(t.stdout, widthOf(t.stdout))
	}
}

// widthOf is how many columns a terminal has; 0 is what is no terminal.
func widthOf(w io.Writer) int {
	out, isFile := w.(*os.File)
	if !isFile {
		return 0
	}
	width, _, err := term.GetSize(int(out.Fd()))
	if err != nil {
		return 0
	}
	return width
}

func listQueries(w io.Writer) error {
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	for _, q := range athena.Queries() {
		title := q.Title
		if q.AsksFor != "" {
			title += "; name " + q.AsksFor
		}
		fmt.Fprintf(table, "%s\t%s\n", q.Name, title)
	}
	return table.Flush()
}

// savedQuestion asks a saved query as it is asked in the week after the one given.
// What is open may lack the value that the query asks for.
func savedQuestion(t terminal, dir, name, week string, values []string, open bool) (query.Question, error) {
	queries := athena.Queries()
	i := slices.IndexFunc(queries, func(q athena.Query) bool { return q.Name == name })
	if i < 0 {
		return query.Question{}, fmt.Errorf("there is no saved query %q; %s query -list lists them", name, t.name)
	}
	q := queries[i]
	switch {
	case q.AsksFor == "" && len(values) > 0:
		return query.Question{}, misusef("%s asks for nothing, and got %q", name, values[0])
	case q.AsksFor != "" && len(values) != 1 && !open:
		return query.Question{}, misusef("%s asks for one thing: %s", name, q.AsksFor)
	}
	parsed, err := digest.ParseWeek(week)
	if err != nil {
		return query.Question{}, err
	}
	question := query.Question{Dir: dir, SQL: q.SQLOn(parsed.End()), Values: values}
	if parsed == digest.Last(t.now()) {
		question.SQL = q.SQL()
	}
	return question, nil
}

// sqlOf is the query on the command line, or where that is a hyphen, the one on
// standard input.
func sqlOf(t terminal, operands []string) (string, error) {
	switch {
	case len(operands) == 0:
		return "", misusef("there is nothing to run; give a query, or -saved and the name of one, or -list")
	case len(operands) > 1:
		return "", misusef("there is more than one query: %q; put it in quotation marks", operands[1])
	}
	sql := operands[0]
	if sql == "-" {
		text, err := io.ReadAll(t.stdin)
		if err != nil {
			return "", fmt.Errorf("read the query: %w", err)
		}
		sql = string(text)
	}
	if strings.TrimSpace(sql) == "" {
		return "", misusef("the query is empty")
	}
	return sql, nil
}

// engineName is the program that has the engine.
const engineName = "sealpost-query"

// endTime is how long the engine may take to end when it is interrupted, and to
// remove what it has on the disk.
const endTime = 10 * time.Second

// ask has the engine answer, which is a program of its own: see there. It ends when
// this one is interrupted, and is waited for.
func ask(ctx context.Context, t terminal, question query.Question) (query.Answer, error) {
	ctx, stop := untilInterrupted(ctx)
	defer stop()
	engine, err := findEngine()
	if err != nil {
		return query.Answer{}, err
	}
	asked, err := json.Marshal(question)
	if err != nil {
		return query.Answer{}, err
	}
	command := exec.CommandContext(ctx, engine)
	command.Cancel = func() error { return command.Process.Signal(os.Interrupt) }
	command.WaitDelay = endTime
	command.Stdin, command.Stderr = bytes.NewReader(asked), t.stderr
	output, err := command.StdoutPipe()
	if err != nil {
		return query.Answer{}, err
	}
	if err := command.Start(); err != nil {
		return query.Answer{}, fmt.Errorf("start %s: %w", engine, err)
	}
	answer, readErr := query.Read(output)
	err = command.Wait()
	if ctx.Err() != nil {
		return query.Answer{}, errors.New("the query was interrupted")
	}
	if err != nil {
		return query.Answer{}, fmt.Errorf("%s: %w", engine, err)
	}
	if readErr != nil {
		return query.Answer{}, fmt.Errorf("%s: %w", engine, readErr)
	}
	if answer.Error != "" {
		return query.Answer{}, errors.New(readableLines(answer.Error))
	}
	return answer, nil
}

// findEngine looks beside this program, and then where programs are.
func findEngine() (string, error) {
	if self, err := os.Executable(); err == nil {
		beside := filepath.Join(filepath.Dir(self), engineName)
		if info, err := os.Stat(beside); err == nil && info.Mode().IsRegular() {
			return beside, nil
		}
	}
	engine, err := exec.LookPath(engineName)
	if err != nil {
		return "", fmt.Errorf("the program %s answers queries, and is neither beside this one nor where programs are; "+
			"\"make query\" builds it, for which it takes a C++ compiler", engineName)
	}
	return engine, nil
}

// readableLines makes a text of several lines safe for a terminal: the engine
// quotes what reporters wrote.
func readableLines(s string) string {
	lines := strings.Split(strings.TrimSpace(s), "\n")
	for i := range lines {
		lines[i] = digest.Readable(lines[i], 1000)
	}
	return strings.Join(lines, "\n")
}

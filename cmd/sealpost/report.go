package main

import (
	"bufio"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"

	"sealpost/internal/archive"
	"sealpost/internal/digest"
	"sealpost/internal/reportintake"
	"sealpost/internal/tlsrpt"
	"sealpost/schemas"
)

// runReportShow explains reports to a person.
func runReportShow(_ context.Context, t terminal, args []string) error {
	files, err := flags("report show", args, func(*flag.FlagSet) {})
	if err != nil {
		return err
	}
	return eachReport(t, "report show", files, func(w io.Writer, text []byte) ([]archive.Problem, error) {
		decoded, err := tlsrpt.Decode(text)
		if err != nil {
			return reportintake.Judge(schemas.TLSRPT(), text)
		}
		explainReport(w, decoded)
		return nil, nil
	})
}

// runReportValidate judges reports by one of the schemas.
func runReportValidate(_ context.Context, t terminal, args []string) error {
	var strict bool
	files, err := flags("report validate", args, func(f *flag.FlagSet) {
		f.BoolVar(&strict, "strict", false, "by RFC 8460 to the letter, not by what reporters really send")
	})
	if err != nil {
		return err
	}
	schema := schemas.TLSRPT()
	if strict {
		schema = schemas.TLSRPTStrict()
	}
	return eachReport(t, "report validate", files, func(w io.Writer, text []byte) ([]archive.Problem, error) {
		problems, err := reportintake.Judge(schema, text)
		if err == nil && len(problems) == 0 {
			fmt.Fprintln(w, "  valid")
		}
		return problems, err
	})
}

// eachReport looks at every report in the files, and says what is wrong with
// those that are none.
func eachReport(t terminal, name string, files []string, look func(io.Writer, []byte) ([]archive.Problem, error)) error {
	if len(files) == 0 {
		return fmt.Errorf("name one file or more; see: sealpost %s -h", name)
	}
	out := bufio.NewWriter(t.stdout)
	var found error
	for _, file := range files {
		submissions, err := readSubmissions(file)
		if err != nil {
			return errors.Join(out.Flush(), err)
		}
		for _, submission := range submissions {
			fmt.Fprintln(out, digest.Readable(file, maxShown))
			problems, err := lookInto(out, submission.Body, look)
			if err != nil {
				problems = []archive.Problem{{Message: err.Error()}}
			}
			for _, problem := range problems {
				fmt.Fprintf(out, "  %s\n", digest.Readable(problem.String(), maxShown))
				found = errProblems
			}
		}
	}
	return errors.Join(out.Flush(), found)
}

func lookInto(w io.Writer, body []byte, look func(io.Writer, []byte) ([]archive.Problem, error)) ([]archive.Problem, error) {
	text, err := tlsrpt.Inflate(body)
	if err != nil {
		return nil, err
	}
	return look(w, text)
}

// maxShown is the most characters of one text of a report that are shown.
const maxShown = 300

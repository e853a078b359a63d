package main

import (
	"bufio"
	"cmp"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"strings"
	"time"

	"sealpost/internal/archive"
	"sealpost/internal/digest"
	"sealpost/internal/dkim"
	"sealpost/internal/reportintake"
	"sealpost/internal/tlsrpt"
	"sealpost/internal/wrap"
	"sealpost/schemas"
)

// runReportShow explains reports to a person, and who vouches for those in mails.
func runReportShow(ctx context.Context, t terminal, args []string) error {
	var dir string
	files, err := flags("report show", args, func(f *flag.FlagSet) {
		f.StringVar(&dir, "dir", "", "the `FOLDER` of sealpost local: its files that stand in for the DNS are asked for the keys of signatures first. Without it, the folder that the file lies in, or else "+defaultDir)
	})
	if err != nil {
		return err
	}
	return eachReport(t, "report show", files, func(w io.Writer, r found, text []byte) ([]archive.Problem, error) {
		decoded, err := tlsrpt.Decode(text)
		if err != nil {
			return reportintake.Judge(schemas.TLSRPT(), text)
		}
		signer := r.signer
		if r.mail != nil {
			signer = explainMail(ctx, w, *r.mail, r.note, decoded.Report, keysFor(cmp.Or(dir, folderOf(r.file), defaultDir)))
		}
		explainReport(w, decoded, signer)
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
	return eachReport(t, "report validate", files, func(w io.Writer, _ found, text []byte) ([]archive.Problem, error) {
		problems, err := reportintake.Judge(schema, text)
		if err == nil && len(problems) == 0 {
			fmt.Fprintln(w, "  valid")
		}
		return problems, err
	})
}

// found is a report in a file.
type found struct {
	name string // For people.
	file string
	body []byte
	mail *around // Nil where it is in no mail.
	note note

	signer string // By the archive, where the file is one of its lines.
}

// text is the report itself, with how the archive keeps it, where the file is
// one of the archive's lines.
func (r *found) text() (text []byte, kept string, err error) {
	text, err = tlsrpt.Inflate(r.body)
	if err != nil {
		return nil, "", err
	}
	if line, err := archive.ParseLine(text); err == nil && line.ReportJSON != "" {
		r.signer = line.TrustDomain
		return []byte(line.ReportJSON), lineKept(line), nil
	}
	return text, "", nil
}

// around is how a report is attached to a mail.
type around struct {
	tlsrpt.Attachment
	receivedAt time.Time
}

// look judges a report, says what there is to say, and gives the problems.
type look func(w io.Writer, r found, text []byte) ([]archive.Problem, error)

// eachReport looks at every report in the files, and says what is wrong with
// those that are none.
func eachReport(t terminal, name string, files []string, look look) error {
	if len(files) == 0 {
		return fmt.Errorf("name one file or more; see: sealpost %s -h", name)
	}
	names := files
	files, err := filesIn(names)
	if err != nil {
		return err
	}
	if len(files) == 0 {
		return fmt.Errorf("there is no file in %s", strings.Join(names, ", "))
	}
	out := bufio.NewWriter(t.stdout)
	var problematic error
	for _, file := range files {
		for f, err := range allIn(file, t.stdin) {
			if err != nil {
				return errors.Join(out.Flush(), err)
			}
			if !lookInto(out, f, t.now(), look) {
				problematic = errProblems
			}
		}
	}
	return errors.Join(out.Flush(), problematic)
}

// lookInto looks at what is in an f, and says whether all of it is good.
func lookInto(w io.Writer, f filed, now time.Time, look look) bool {
	note := noteBeside(f.file)
	reports, err := reportsIn(f, note, now)
	if err != nil {
		entitle(w, f.String(), note.kept())
		sayProblems(w, []archive.Problem{{Message: err.Error()}})
		return false
	}
	good := true
	for _, r := range reports {
		text, kept, err := r.text()
		entitle(w, r.name, cmp.Or(kept, note.kept()))
		var problems []archive.Problem
		if err == nil {
			problems, err = look(w, r, text)
		}
		if err != nil {
			problems = []archive.Problem{{Message: err.Error()}}
		}
		good = good && len(problems) == 0
		sayProblems(w, problems)
	}
	return good
}

// entitle names what is looked at, and says how the archive keeps it, if it does.
func entitle(w io.Writer, name, kept string) {
	fmt.Fprintln(w, digest.Readable(name, maxShown))
	if kept != "" {
		wrap.Hang(w, fmt.Sprintf("  %-10s ", "Kept"), digest.Readable(kept, maxShown))
	}
}

func sayProblems(w io.Writer, problems []archive.Problem) {
	for _, problem := range problems {
		fmt.Fprintf(w, "  %s\n", digest.Readable(problem.String(), maxShown))
	}
}

// reportsIn gives the reports in an f. A mail may have several, and came when it
// says, if no note says more.
func reportsIn(f filed, note note, now time.Time) ([]found, error) {
	if !f.isMail {
		return []found{{name: f.String(), file: f.file, body: f.body, note: note}}, nil
	}
	message, err := tlsrpt.Attachments(f.body)
	if err != nil {
		return nil, err
	}
	receivedAt := now
	for _, at := range []time.Time{note.ReceivedAt, f.mail(now).ReceivedAt} {
		if !at.IsZero() {
			receivedAt = at
			break
		}
	}
	var reports []found
	for i, attachment := range message.Attachments {
		name := f.String()
		if len(message.Attachments) > 1 {
			name = fmt.Sprintf("%s, report %d", name, i+1)
		}
		reports = append(reports, found{name: name, file: f.file, body: attachment.Body, mail: &around{attachment, receivedAt}, note: note})
	}
	return reports, nil
}

// explainMail says which domain signed a report that came by mail, and returns that
// domain, or "".
func explainMail(ctx context.Context, w io.Writer, mail around, note note, report tlsrpt.Report, dns dkim.Resolver) string {
	from := mail.In.From
	if from == "" {
		from = "(no one author)"
	}
	fmt.Fprintf(w, "  %-10s %s\n", "Mail from", digest.Readable(from, maxShown))
	signer, err := reportintake.Authenticate(ctx, dkim.NewVerifier(dns, mail.receivedAt), mail.Attachment, report)
	var trust string
	switch {
	case err != nil:
		trust = "cannot be told now: " + err.Error()
	case signer.Problem != "":
		trust = "nobody vouches for it, so it would not count (RFC 8460, section 3): " + signer.Problem
	default:
		trust = signer.Domain + " vouches for it, by its DKIM signature"
		if note.isForTrust() {
			trust += ", as it did not when it came: it counts once you run sealpost replay"
		}
	}
	wrap.Hang(w, fmt.Sprintf("  %-10s ", "Trust"), digest.Readable(trust, maxShown))
	return signer.Domain
}

// maxShown is the most characters of one text of a report that are shown.
const maxShown = 300

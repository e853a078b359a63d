package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"sealpost/internal/aws/stack"
	"sealpost/internal/localdir"
	"sealpost/internal/told"
	"sealpost/internal/weekly"
)

// ofStack prints the digest that was mailed, or has one mailed.
func (o digestOptions) ofStack(ctx context.Context, t terminal) error {
	opened, err := stack.Open(ctx, o.at.stack)
	if err != nil {
		return err
	}
	if o.mails() {
		answer, err := opened.Digests(ctx, o.call())
		if err != nil {
			return err
		}
		o.say(t, answer)
		return nil
	}
	kept, err := opened.Kept()
	if err != nil {
		return err
	}
	audience, ending := o.audience, ".txt"
	if audience == "" {
		audience = told.All
	}
	switch {
	case o.json:
		ending = ".json"
	case o.html != "":
		ending = ".html"
	}
	text, err := kept.Get(ctx, weekly.Key(o.week, audience, ending))
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return fmt.Errorf("no digest of week %s was mailed to the audience %s; name another with -week or -audience, or mail it with -send", o.week, audience)
	case err != nil:
		return stack.Explain(err)
	case o.html != "":
		return os.WriteFile(o.html, text, 0o644)
	}
	_, err = t.stdout.Write(text)
	return err
}

func (o digestOptions) call() weekly.Call {
	return weekly.Call{Week: o.week.String(), Audience: o.audience, Resend: o.resend}
}

// mailOfFolder mails the digest of the folder by a mail server of the user's.
func (o digestOptions) mailOfFolder(ctx context.Context, t terminal, s *site) error {
	if err := o.smtp.check(); err != nil {
		return err
	}
	release, err := alone(s.dir)
	if err != nil {
		return err
	}
	defer release()
	call, err := json.Marshal(o.call())
	if err != nil {
		return err
	}
	answer, err := weekly.Mail{
		Digests:    s.digests(),
		Shelf:      s.bucket,
		Deliveries: s.state,
		Mailer:     o.smtp,
		Sender:     o.smtp.from,
		Audiences:  []told.Audience{{Name: told.All, Recipients: o.smtp.to}},
	}.Answer(ctx, call)
	if err != nil {
		return err
	}
	o.say(t, answer)
	return nil
}

// alone keeps others from mailing digests of the folder at the same time.
// sealpost local mails none.
func alone(dir string) (release func(), err error) {
	folder := filepath.Join(dir, filepath.FromSlash(weekly.Prefix))
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return nil, fmt.Errorf("cannot use the folder %s: %w", folder, err)
	}
	release, done, err := localdir.Lock(folder)
	switch {
	case err != nil:
		return nil, fmt.Errorf("cannot use the folder %s: %w", folder, err)
	case !done:
		return nil, fmt.Errorf("another sealpost digest mails from the folder %s at this moment; try again when it is done", dir)
	default:
		return release, nil
	}
}

// say says of each audience what became of its digest.
func (o digestOptions) say(t terminal, answer weekly.Answer) {
	for _, outcome := range answer.Outcomes {
		what, again := "The digest of week "+outcome.Week, "-resend"
		if o.at.stack != "" { // A folder has one digest.
			what += " for the audience " + outcome.Audience
			again += " -audience " + outcome.Audience
		}
		to := strings.Join(outcome.Recipients, ", ")
		if outcome.Now {
			fmt.Fprintf(t.stdout, "%s was mailed to %s.\n", what, to)
		} else {
			fmt.Fprintf(t.stdout, "%s was mailed before, on %s. To mail it again to %s, add %s.\n", what, minute(outcome.At), to, again)
		}
	}
	if answer.Remark != "" {
		fmt.Fprintln(t.stdout, answer.Remark+".")
	}
}

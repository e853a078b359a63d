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
	"time"

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
			return o.ofThisStack(err)
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
		return o.writePage(t, text)
	}
	_, err = t.stdout.Write(text)
	return err
}

// call asks for the named week. Without a name it asks as the schedule of a stack
// does, so that a cron job makes good what it missed.
func (o digestOptions) call() weekly.Call {
	call := weekly.Call{Week: o.week.String(), Audience: o.audience, Resend: o.resend}
	if !o.named {
		call.Week = weekly.LastWeek
	}
	return call
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
		return o.explain(t, err)
	}
	o.say(t, answer)
	return nil
}

// explain says of a mail of the folder that has failed whether it may have gone out,
// and what to do.
func (o digestOptions) explain(t terminal, err error) error {
	var underWay *weekly.UnderWayError
	var doubt *told.InDoubtError
	var send *weekly.SendError
	const look = "the mail may have gone out all the same: look whether it has arrived, and if not, mail it again"
	switch {
	case errors.As(err, &underWay):
		d := underWay.Delivery
		return fmt.Errorf("a run that began on %s to mail the digest of week %s has not said how it ended, and may be at work until %s: run this again then",
			second(d.Since), d.Week, second(d.Until))
	case errors.As(err, &doubt):
		d := doubt.Delivery
		return fmt.Errorf("a run that began on %s to mail the digest of week %s has never said how it ended; %s with: %s",
			second(d.Since), d.Week, look, o.resendFolder(t, d.Week))
	case errors.As(err, &send) && send.IsInDoubt():
		return fmt.Errorf("mail the digest of week %s: %w; %s after %s with: %s", send.Delivery.Week, send.Err, look, second(send.Delivery.Until), o.resendFolder(t, send.Delivery.Week))
	case errors.Is(err, fs.ErrPermission):
		return err
	default: // A folder has one audience, of which its user need not know.
		return errors.New(strings.ReplaceAll(err.Error(), " to the audience "+told.All, ""))
	}
}

// second words a time that it may take no minute to wait for.
func second(t time.Time) string { return t.UTC().Format("2 January 2006, 15:04:05 UTC") }

// resendFolder is the command that mails the digest of the folder again.
func (o digestOptions) resendFolder(t terminal, week string) string {
	command := []string{t.name, "digest", "-resend", "-dir", quoted(o.at.dir), "-week", week}
	if o.accept != acceptHosted {
		command = append(command, "-accept", quoted(o.accept))
	}
	if list := o.distrust.String(); list != "" {
		command = append(command, "-distrust", quoted(list))
	}
	if o.quarantine.isSet {
		command = append(command, "-quarantine-days", o.quarantine.String())
	}
	command = append(command, "-smtp", quoted(o.smtp.server), "-from", quoted(o.smtp.from))
	for _, to := range o.smtp.to {
		command = append(command, "-to", quoted(to))
	}
	return strings.Join(command, " ")
}

// ofThisStack puts the name of the stack where its function could not.
func (o digestOptions) ofThisStack(err error) error {
	return errors.New(strings.ReplaceAll(err.Error(), told.AnyStack, "-stack "+quoted(o.at.stack)))
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

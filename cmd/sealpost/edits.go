package main

import (
	"context"
	"errors"
	"fmt"
	"os"

	"sealpost/internal/digest"
	"sealpost/internal/localdir"
	"sealpost/internal/mtasts"
	"sealpost/internal/publication"
)

// edits publishes what people edit, and tells them how it fared.
type edits struct {
	terminal  terminal
	items     localdir.Items
	state     *localdir.State
	changes   *localdir.Changes
	publisher *publication.Publisher
	names     map[string]string // The name of the file that each domain goes by.
	spare     map[string]string // The name of another file for that domain, which is left alone.
	complaint string            // The last one, so that it is not said four times a second.
}

func (s *site) edits(t terminal) *edits {
	return &edits{
		terminal:  t,
		items:     s.items,
		state:     s.state,
		changes:   s.items.Changes(),
		publisher: s.publisher(),
		names:     make(map[string]string),
		spare:     make(map[string]string),
	}
}

// begin looks for the first time, and takes down what was served when the
// program ran last and has no file any more.
func (e *edits) begin(ctx context.Context) error {
	if _, err := os.Stat(e.items.Folder()); err != nil {
		return err // All files would seem to be gone.
	}
	failed := []error{e.look(ctx)}
	for domain, err := range e.state.Domains() {
		if err != nil {
			return err
		}
		_, served, err := e.state.Published(ctx, domain)
		if _, has := e.names[domain]; !has && served {
			err = e.remove(ctx, domain, e.items.Path(domain))
		}
		failed = append(failed, err)
	}
	return errors.Join(failed...)
}

func (e *edits) look(ctx context.Context) error {
	return e.changes.Look(ctx, func(change localdir.Change) error { return e.apply(ctx, change) })
}

func (e *edits) apply(ctx context.Context, change localdir.Change) error {
	file := e.items.Path(change.Name)
	domain, err := mtasts.ParseDomain(change.Name)
	if err != nil {
		if !change.Gone {
			e.say("%s is left alone: %v; name the file <domain>.json", file, err)
		}
		return nil
	}
	if name, taken := e.names[domain]; taken && name != change.Name {
		e.leaveAlone(domain, change, e.items.Path(name))
		return nil
	}
	if change.Gone {
		return e.gone(ctx, domain, file)
	}
	e.names[domain] = change.Name
	return e.publish(ctx, domain, file, change)
}

// leaveAlone passes over a second file for a domain.
func (e *edits) leaveAlone(domain string, change localdir.Change, other string) {
	if change.Gone {
		delete(e.spare, domain)
		return
	}
	e.spare[domain] = change.Name
	e.say("%s is left alone: %s is for the same domain; keep one of them", e.items.Path(change.Name), other)
}

// gone takes down the policy of a domain, unless there is another file for it.
func (e *edits) gone(ctx context.Context, domain, file string) error {
	if name, is := e.spare[domain]; is {
		delete(e.names, domain)
		delete(e.spare, domain)
		e.changes.Forget(name)
		return nil
	}
	if err := e.remove(ctx, domain, file); err != nil {
		return err
	}
	delete(e.names, domain)
	return nil
}

func (e *edits) publish(ctx context.Context, domain, file string, change localdir.Change) error {
	var status publication.Status
	var err error
	if change.Err != nil {
		status, err = e.publisher.Refuse(ctx, domain, publication.Problem{Message: "the file cannot be read: " + change.Err.Error()})
	} else {
		status, err = e.publisher.Edit(ctx, domain, e.sequence(), change.Item)
	}
	if err != nil {
		return err
	}
	e.tell(ctx, status, file)
	return nil
}

func (e *edits) remove(ctx context.Context, domain, file string) error {
	_, served, _ := e.state.Published(ctx, domain)
	status, err := e.publisher.Remove(ctx, domain, e.sequence())
	switch {
	case err != nil:
		return err
	case status.State == publication.StateSuperseded:
		e.say("%s is gone, but the policy of %s is served on: %s", file, domain, clockWrong)
		return nil
	case !served:
		e.say("%s is gone; nothing was served for %s.", file, domain)
		return nil
	}
	e.say("%s is gone: the policy of %s is served no more. Senders that have fetched it keep it until its max_age is over. "+
		"To retire a policy, serve it in mode none for that long before you remove its file (RFC 8461, section 8.3).", file, domain)
	return nil
}

// sequence orders the edits by the time at which they are seen.
func (e *edits) sequence() publication.Sequence {
	return publication.SequenceAt(e.terminal.now())
}

const clockWrong = "what is published has a time that lies ahead of this machine's clock; set the clock right, and start again"

func (e *edits) tell(ctx context.Context, status publication.Status, file string) {
	published, served, err := e.state.Published(ctx, status.Domain)
	switch {
	case err != nil:
		e.say("%s: %s; what is served cannot be told: %v", status.Domain, status.State, err)
	case status.State == publication.StateSuperseded:
		e.say("%s: %s, %s is not published: %s", status.Domain, status.State, file, clockWrong)
	case status.State == publication.StatePublished:
		e.say("%s: %s, mode %s, id %s", status.Domain, status.State, published.Mode, published.ID)
	default:
		e.say("%s: %s, %s has problems:", status.Domain, status.State, file)
		for _, problem := range status.Problems {
			e.say("    %s", digest.Readable(problem.String(), maxShown))
		}
		e.say("    %s", servedAllTheSame(published, served))
	}
}

func servedAllTheSame(published publication.Published, served bool) string {
	if !served {
		return "Nothing is served for this domain."
	}
	return fmt.Sprintf("The policy published before is served as it was: mode %s, id %s.", published.Mode, published.ID)
}

func (e *edits) say(format string, args ...any) {
	fmt.Fprintf(e.terminal.stdout, format+"\n", args...)
}

// complain says what went wrong, once for as long as it goes wrong.
func (e *edits) complain(err error) {
	complaint := ""
	if err != nil {
		complaint = err.Error()
	}
	if complaint != "" && complaint != e.complaint {
		fmt.Fprintf(e.terminal.stderr, "sealpost: %s; it is tried again and again\n", complaint)
	}
	e.complaint = complaint
}

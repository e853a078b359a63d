package main

import (
	"context"
	"fmt"

	"sealpost/internal/localdir"
	"sealpost/internal/mtasts"
	"sealpost/internal/publication"
)

// watcher publishes what people edit, and tells them how it fared.
type watcher struct {
	terminal  terminal
	items     localdir.Items
	changes   *localdir.Changes
	publisher *publication.Publisher
	complaint string // The last one, so that it is not said four times a second.
}

func (s *site) watch(ctx context.Context, t terminal) (*watcher, error) {
	var served []string
	for published, err := range s.state.AllPublished(ctx) {
		if err != nil {
			return nil, err
		}
		served = append(served, published.Domain)
	}
	return &watcher{
		terminal:  t,
		items:     s.items,
		changes:   s.items.Changes(served...),
		publisher: s.publisher(),
	}, nil
}

func (w *watcher) look(ctx context.Context) error {
	return w.changes.Look(ctx, func(change localdir.Change) error { return w.apply(ctx, change) })
}

func (w *watcher) apply(ctx context.Context, change localdir.Change) error {
	file := w.items.Path(change.Domain)
	domain, err := mtasts.ParseDomain(change.Domain)
	switch {
	case change.Err != nil:
		w.say("%s cannot be read, so nothing changes: %v", file, change.Err)
		return nil
	case err != nil:
		w.say("%s is left alone: %v; name the file <domain>.json", file, err)
		return nil
	case change.Gone:
		return w.remove(ctx, domain, file)
	}
	status, err := w.publisher.Edit(ctx, domain, change.Item)
	if err != nil {
		return err
	}
	w.tell(ctx, status, file)
	return nil
}

func (w *watcher) remove(ctx context.Context, domain, file string) error {
	if _, err := w.publisher.Remove(ctx, domain); err != nil {
		return err
	}
	w.say("%s is gone: the policy of %s is served no more. Senders that have fetched it keep it until its max_age is over; "+
		"to end it at once, serve mode none for that long before (RFC 8461, section 8.3).", file, domain)
	return nil
}

func (w *watcher) tell(ctx context.Context, status publication.Status, file string) {
	served, is, err := w.publisher.Published.Published(ctx, status.Domain)
	switch {
	case err != nil:
		w.say("%s: %s; what is served cannot be told: %v", status.Domain, status.State, err)
	case status.State == publication.StatePublished:
		w.say("%s: %s, mode %s, id %s", status.Domain, status.State, served.Mode, served.ID)
	default:
		w.say("%s: %s, %s has problems:", status.Domain, status.State, file)
		for _, problem := range status.Problems {
			w.say("    %s", problem)
		}
		w.say("    %s", servedAllTheSame(served, is))
	}
}

func servedAllTheSame(served publication.Published, is bool) string {
	if !is {
		return "Nothing is served for this domain."
	}
	return fmt.Sprintf("The policy published before is served as it was: mode %s, id %s.", served.Mode, served.ID)
}

func (w *watcher) say(format string, args ...any) {
	fmt.Fprintf(w.terminal.stdout, format+"\n", args...)
}

// complain says what went wrong, once for as long as it goes wrong.
func (w *watcher) complain(err error) {
	complaint := ""
	if err != nil {
		complaint = err.Error()
	}
	if complaint != "" && complaint != w.complaint {
		fmt.Fprintf(w.terminal.stderr, "sealpost: %s; it is tried again and again\n", complaint)
	}
	w.complaint = complaint
}

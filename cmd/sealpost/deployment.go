package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"net/url"
	"strings"

	"sealpost/internal/aws/stack"
	"sealpost/internal/localdir"
	"sealpost/internal/mtasts"
	"sealpost/internal/posture"
	"sealpost/internal/publication"
)

// deployment is where policies are kept: a folder of sealpost local, or a stack
// on AWS.
type deployment struct {
	items   editableItems
	state   stateStore
	dns     publication.Resolver
	teller  teller
	walk    func(context.Context) error          // Has all domains looked at now.
	outcome string                               // What becomes of an edit, and when.
	alone   func() ([]localdir.LeftAlone, error) // Files that are left alone; nil where there are no files.
	unseen  string                               // What to do where nothing becomes of it.
	explain func(error) error                    // Says in plain words what went wrong.
	away    error                                // Why the folder of policies cannot be read; nil where it can.
}

// editableItems are items that a command may edit as people do.
type editableItems interface {
	publication.Items

	// Replace makes the item of a domain what text says, if it still is what it
	// was before, the zero value where there was none.
	Replace(ctx context.Context, domain string, before publication.Item, text []byte) (done bool, err error)
}

type stateStore interface {
	publication.PublishedStore
	publication.HistoryStore
	publication.StatusStore
	publication.Statuses
	publication.BrakeStore
}

// location names a deployment.
type location struct{ dir, stack string }

const locationArgs = "[-dir DIR|-stack NAME]"

func (l *location) define(f *flag.FlagSet) {
	f.StringVar(&l.dir, "dir", defaultDir, "the `FOLDER` of sealpost local")
	f.Func("stack", "the `NAME` of a stack on AWS, in place of a folder", func(name string) error {
		l.stack = name
		return stack.CheckName(name)
	})
}

var errBoth = errors.New("name a folder with -dir or a stack with -stack, not both")

// open opens a deployment whose items can be read.
func (l location) open(ctx context.Context, t terminal) (deployment, error) {
	d, err := l.openToRead(ctx, t)
	if err == nil {
		err = d.away
	}
	return d, err
}

// openToRead also opens a folder whose policies are away: what is served is known.
func (l location) openToRead(ctx context.Context, t terminal) (deployment, error) {
	switch {
	case l.stack == "":
		return openFolder(t, l.dir)
	case l.dir != "" && l.dir != defaultDir:
		return deployment{}, errBoth
	default:
		return openStack(ctx, t, l.stack)
	}
}

func openFolder(t terminal, dir string) (deployment, error) {
	away := ofLocal(dir)
	if away != nil && !isAway(away) {
		return deployment{}, away
	}
	s, err := newSite(dir, acceptHosted, t.now)
	if err != nil {
		return deployment{}, err
	}
	return deployment{
		items:   s.items,
		state:   s.state,
		dns:     s.zone,
		teller:  s.teller(t),
		walk:    func(context.Context) error { return nil }, // It looks by itself.
		outcome: "sealpost local takes it up within a second, if it runs, or else when it starts.",
		alone:   s.leftAlone,
		unseen:  "Does sealpost local run?",
		explain: s.explain,
		away:    away,
	}, nil
}

var _ editableItems = localdir.Items{}

func openStack(ctx context.Context, t terminal, name string) (deployment, error) {
	opened, err := stack.Open(ctx, name)
	if err != nil {
		return deployment{}, err
	}
	return deployment{
		items: opened.Items,
		state: opened.State,
		dns:   posture.Resolver{},
		teller: teller{
			terminal: t,
			items:    opened.Items,
			item: func(domain string) string {
				return fmt.Sprintf("the item of %s in the table %s", domain, opened.Items.Table)
			},
			option: "-stack " + quoted(name),
		},
		walk:    opened.Walk,
		outcome: "It is taken up within seconds.",
		unseen:  "It is judged within seconds; if this stays, see docs/operations.md.",
		explain: stack.Explain,
	}, nil
}

// parseDomains reads domains as people write them.
func parseDomains(names []string) ([]string, error) {
	domains := make([]string, len(names))
	for i, name := range names {
		var err error
		if domains[i], err = mtasts.ParseDomain(name); err != nil {
			return nil, meaning(name, err)
		}
	}
	return domains, nil
}

// meaning adds the domain that a URL or a mail address stands in for.
func meaning(name string, err error) error {
	meant := name[strings.LastIndex(name, "@")+1:]
	if at, err := url.Parse(name); err == nil && at.Hostname() != "" {
		meant = at.Hostname()
	}
	if domain, parseErr := mtasts.ParseDomain(meant); parseErr == nil {
		return fmt.Errorf("%w; write %s", err, domain)
	}
	return err
}

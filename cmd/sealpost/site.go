package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"sealpost/internal/alert"
	"sealpost/internal/archive"
	"sealpost/internal/dkim"
	"sealpost/internal/localdir"
	"sealpost/internal/mtasts"
	"sealpost/internal/pageguard"
	"sealpost/internal/policyhost"
	"sealpost/internal/policyitem"
	"sealpost/internal/publication"
	"sealpost/internal/reportintake"
	"sealpost/internal/trust"
)

// site is everything that one directory holds.
type site struct {
	dir     string
	items   localdir.Items
	state   *localdir.State
	zone    localdir.Zone
	bucket  localdir.Bucket
	archive archive.Archive
	domains reportintake.Domains
	keys    dkim.Resolver
	now     func() time.Time

	budget *reportintake.Budget // That all intakes share; nil where there is but one.

	unmeasured     atomic.Int64 // Bytes that were stored without authentication since their total was measured.
	quarantineDays int          // How long quarantine keeps what was not authenticated.

	reportsDomain string // That reports are mailed to; may be empty.

	signers   trust.Signers // Whose reports have an effect.
	httpsOnly bool          // No mail is taken in.

	acceptAny bool // Reports about all domains count, not only about the hosted ones.
}

// Whose reports are taken in and counted.
const (
	acceptHosted = "hosted"
	acceptAny    = "any"

	acceptUsage = "`WHOSE` reports count: hosted, those about domains with a policy here; or any"
)

func newSite(dir, accept string, now func() time.Time) (*site, error) {
	bucket, state := localdir.Bucket{Root: dir}, &localdir.State{Root: dir}
	s := &site{
		dir:    dir,
		items:  localdir.Items{Root: dir},
		state:  state,
		zone:   localdir.Zone{Root: dir},
		bucket: bucket,
		keys:   keysFor(dir),
		now:    now,

		quarantineDays: archive.UnauthenticatedDays,
	}
	s.unmeasured.Store(maxUnmeasured) // What is there already was not measured yet.
	s.archive = archive.Archive{Bucket: meter{bucket, &s.unmeasured}}
	switch accept {
	case acceptHosted:
		s.domains = publication.Hosted{Published: state, Directory: state}
	case acceptAny:
		s.domains, s.acceptAny = reportintake.Any{}, true
	default:
		return nil, fmt.Errorf("-accept is %q; it takes hosted (reports about the domains here) or any", accept)
	}
	return s, nil
}

// machine is what brings the policies of the directory to where they are served
// and announced, with files in place of the DNS.
func (s *site) machine(t terminal, server net.Addr, settle time.Duration) (*edits, *announcer) {
	edits := &edits{
		terminal: t,
		items:    savedItems{s.items, make(map[string][]string)},
		state:    s.state,
		changes:  s.items.Changes(),
		evidence: s.state.EvidenceChanges(),
		zone:     s.zone.Changes(),
		waiting:  make(map[string]bool),
		zoneAway: new(atomic.Bool),
		told:     new(sync.Map),
	}
	tellConsole := s.teller(t).tell
	tell := func(ctx context.Context, status publication.Status) {
		edits.told.Store(status.Domain, true)
		tellConsole(ctx, status)
	}
	copies, journal := localdir.Copies{Root: s.dir}, publication.Journal{Statuses: s.state, Now: s.now, Tell: tell}
	announcer := newAnnouncer(&publication.Rotator{
		Published:   s.state,
		History:     s.state,
		Copies:      copies,
		Records:     s.zone,
		Resolver:    s.zone,
		PolicyHosts: newLoopback(server),
		Zones:       zones,
		Journal:     journal,
		Settle:      settle,
		Now:         s.now,
	}, s.now, func(err error) { fmt.Fprintf(t.stderr, "sealpost: %v\n", err) })
	announcer.paused = edits.zoneAway.Load
	publisher := &publication.Publisher{
		Read:      readItem,
		Items:     edits.items,
		Published: s.state,
		History:   s.state,
		Copies:    copies,
		Guards: publication.Guards{
			Resolver: s.zone, Evidence: s.state, Brake: s.state, Directory: s.state,
			Signers: s.signers, HTTPSOnly: s.httpsOnly,
		},
		Zones:   zones,
		Journal: journal,
		Queue:   announcer,
		Settle:  settle,
		Now:     s.now,
	}
	edits.walk = publication.Walk{
		Items: edits.items, Statuses: s.state, Publisher: publisher, Brake: s.state, Queue: announcer,
		Parallel: 1, Patience: time.Minute, Spread: walkSpread, Now: s.now,
	}
	return edits, announcer
}

// zones: the folder stands for the zone of every domain.
var zones = publication.Zones{Others: publication.Home{Zone: &publication.Zone{ID: "local", Name: "local"}}}

// readItem takes an item as it is on AWS too: what points to a service zone there
// is in the one folder here.
func readItem(domain string, text []byte) (publication.Desired, []publication.Problem) {
	desired, problems := policyitem.Read(domain, text)
	if desired.DNS == publication.DNSCNAME {
		desired.DNS = publication.DNSDefault
	}
	return desired, problems
}

// leftAlone returns the files in the folder that count for nothing, with the reasons.
func (s *site) leftAlone() ([]localdir.LeftAlone, error) {
	items, err := s.items.LeftAlone()
	zone, zoneErr := s.zone.LeftAlone()
	return slices.Concat(items, zone), errors.Join(err, zoneErr)
}

func (s *site) teller(t terminal) teller {
	return teller{
		terminal: t,
		items:    s.items,
		item:     s.itemFile,
		zone:     func(file string) string { return filepath.Join(s.zone.Folder(), file) },
		option:   "-dir " + quoted(s.dir),
	}
}

// itemFile names the file of a domain's item.
func (s *site) itemFile(domain string) string {
	file, err := s.items.File(domain)
	if err != nil {
		return s.items.Path(domain)
	}
	return file
}

func (s *site) intake(more ...reportintake.Option) *reportintake.Intake {
	options := []reportintake.Option{reportintake.Resolver(s.keys), reportintake.ReportsDomain(s.reportsDomain), reportintake.Distrust(s.signers)}
	if s.budget != nil {
		options = append(options, reportintake.WithBudget(s.budget))
	}
	return reportintake.New(s.archive, s.domains, s.witness(), s.now, append(options, more...)...)
}

// alerts tells of failures on the console.
func (s *site) alerts(t terminal) alert.Alerts {
	hosted := publication.Hosted{Published: s.state, Directory: s.state}
	return alert.Alerts{Hosted: hosted, Published: s.state, Days: s.state, Teller: console{t}, Now: s.now}
}

// console is where people are told.
type console struct{ terminal terminal }

// Tell implements alert.Teller, in one write: others may be telling at the same
// time.
func (c console) Tell(_ context.Context, subject, text string) error {
	said := subject + "\n"
	for line := range strings.Lines(text) {
		if line != "\n" {
			line = "    " + line
		}
		said += line
	}
	_, err := io.WriteString(c.terminal.stdout, said)
	return err
}

// witness keeps what reports say of the domains here.
func (s *site) witness() publication.Witness {
	return publication.Witness{Hosted: publication.Hosted{Published: s.state, Directory: s.state}, Evidence: s.state}
}

// handler serves everything on one address. It compares paths as they are:
// an http.ServeMux would redirect, which senders take as failure (RFC 8461,
// section 3.3), and reporters don't follow.
func (s *site) handler(log *slog.Logger) http.Handler {
	policies := &policyhost.Handler{Store: publication.Serving{Store: s.state}, Log: log}
	reports := &reportintake.Handler{Intake: s.intake(), Log: log, IsAllowedOrigin: pageguard.IsLoopback}
	pages := pageguard.Loopback(s.pages(log))
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case mtasts.PolicyPath:
			policies.ServeHTTP(w, r)
		case reportintake.Path:
			reports.ServeHTTP(w, r)
		default:
			pages.ServeHTTP(w, r)
		}
	})
}

// pages are for people.
func (s *site) pages(log *slog.Logger) http.Handler {
	digests := newDigestPage(s, log)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == digestPath {
			digests.ServeHTTP(w, r)
			return
		}
		http.Error(w, "Nothing is here. Policies are at "+mtasts.PolicyPath+", reports go to "+
			reportintake.Path+", and the digest is at "+digestPath+".", http.StatusNotFound)
	})
}

// quoted is a name as a shell takes it.
func quoted(name string) string {
	const plain = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_./:@"
	if name != "" && strings.Trim(name, plain) == "" {
		return name
	}
	return "'" + strings.ReplaceAll(name, "'", `'\''`) + "'"
}

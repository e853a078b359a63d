package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"log/slog"
	"net/http"
	"os"
	"slices"
	"strings"
	"time"

	"golang.org/x/sync/singleflight"

	"sealpost/internal/admission"
	"sealpost/internal/digest"
	"sealpost/internal/linesum"
	"sealpost/internal/told"
	"sealpost/internal/weekly"
)

// digestOptions are what the command line asks for.
type digestOptions struct {
	at           location
	week         digest.Week
	named        bool   // Whether -week names it.
	audience     string // Of a stack; empty for all of them.
	html         string // A file; empty for none.
	json         bool
	accept       string
	distrust     distrustOption
	quarantine   quarantineOption
	send, resend bool
	smtp         submission
}

// runDigest prints the digest of a week, or mails it.
func runDigest(ctx context.Context, t terminal, args []string) error {
	o, err := readDigestOptions(t, args)
	switch {
	case err != nil:
		return err
	case o.at.stack != "":
		return o.ofStack(ctx, t)
	default:
		return o.ofFolder(ctx, t)
	}
}

func readDigestOptions(t terminal, args []string) (o digestOptions, err error) {
	week, set := "", new(flag.FlagSet)
	err = options("digest", args, func(f *flag.FlagSet) {
		set = f
		o.at.define(f)
		f.StringVar(&week, "week", digest.Last(t.now()).String(), "the `WEEK` by ISO 8601")
		f.StringVar(&o.audience, "audience", "", "the `NAME` of an audience of the stack")
		f.StringVar(&o.html, "html", "", "write the digest as a page into this `FILE`; - is standard output")
		f.BoolVar(&o.json, "json", false, "print it as JSON, for programs")
		f.StringVar(&o.accept, "accept", acceptHosted, acceptUsage)
		o.distrust.define(f)
		o.quarantine.define(f)
		f.BoolVar(&o.send, "send", false, "mail it, unless it was mailed before")
		f.BoolVar(&o.resend, "resend", false, "mail it though it was, or may have been, mailed before")
		o.smtp.define(f)
	})
	if err != nil {
		return digestOptions{}, err
	}
	set.Visit(func(f *flag.Flag) { o.named = o.named || f.Name == "week" })
	if o.week, err = weekBegun(week, t.now()); err != nil {
		return digestOptions{}, err
	}
	switch {
	case o.at.stack != "" && o.at.dir != defaultDir:
		return digestOptions{}, errBoth
	case o.at.stack != "" && o.accept != acceptHosted:
		return digestOptions{}, misusef("-accept is for a folder: what a stack accepts, its configuration says")
	case o.at.stack != "" && o.distrust != distrustOption{}:
		return digestOptions{}, misusef("-distrust is for a folder: whom a stack distrusts, its configuration says")
	case o.at.stack != "" && o.quarantine.isSet:
		return digestOptions{}, misusef("-quarantine-days is for a folder: how long a stack keeps entries, its configuration says")
	case o.at.stack == "" && o.audience != "" && o.audience != told.All:
		return digestOptions{}, misusef("-audience is for a stack: a folder has one digest, for the audience %s", told.All)
	case o.html != "" && o.json:
		return digestOptions{}, misusef("-html and -json are two forms of the digest: name one")
	case o.mails() && (o.html != "" || o.json):
		return digestOptions{}, misusef("-send and -resend print nothing of the digest: leave -html and -json out")
	case !o.smtp.isZero() && (!o.mails() || o.at.stack != ""):
		return digestOptions{}, misusef("-smtp, -from and -to are for -send or -resend of a folder's digest")
	}
	return o, nil
}

func (o digestOptions) mails() bool { return o.send || o.resend }

// ofFolder makes the digest anew.
func (o digestOptions) ofFolder(ctx context.Context, t terminal) error {
	if err := ofReports(o.at.dir); err != nil {
		return err
	}
	s, err := newSite(o.at.dir, o.accept, t.now)
	if err != nil {
		return err
	}
	if err := ofLocal(o.at.dir); isAway(err) {
		fmt.Fprintf(t.stderr, "sealpost: %v. The digest is of the policies that are published.\n", err)
	}
	s.signers, s.quarantineDays = o.distrust.Signers, o.quarantine.days
	if o.mails() {
		return s.explain(o.mailOfFolder(ctx, t, s))
	}
	d, err := s.digestOf(ctx, o.week)
	if err != nil {
		return s.explain(err)
	}
	switch {
	case o.json:
		encoder := json.NewEncoder(t.stdout)
		encoder.SetIndent("", "  ")
		return encoder.Encode(d)
	case o.html == "":
		return d.Text(t.stdout)
	}
	var page bytes.Buffer
	if err := d.HTML(&page, digest.Options{}); err != nil {
		return err
	}
	return o.writePage(t, page.Bytes())
}

func (o digestOptions) writePage(t terminal, page []byte) error {
	if o.html == "-" {
		_, err := t.stdout.Write(page)
		return err
	}
	return os.WriteFile(o.html, page, 0o644)
}

// digests are about the hosted domains, or about all that reports name.
func (s *site) digests() weekly.Digests {
	hosting := weekly.HostingIn(s.state, s.zone)
	hosting.Signers, hosting.HTTPSOnly = s.signers, s.httpsOnly
	return weekly.Digests{
		Engine:     linesum.Engine{Reports: s.archive, Now: s.now},
		Quarantine: s.archive,
		KeptDays:   s.quarantineDays,
		Hosting:    hosting,
		All:        s.acceptAny,
		Now:        s.now,
	}
}

// digestOf is the digest as it would be mailed now.
func (s *site) digestOf(ctx context.Context, week digest.Week) (digest.Digest, error) {
	before, err := weekly.MailedAt(ctx, s.state, week.Prev(), told.All)
	if err != nil {
		return digest.Digest{}, err
	}
	return s.digests().Of(ctx, week, before)
}

const digestPath = "/digest"

// weekBegun reads a week. Of one that has not begun there is nothing to say.
func weekBegun(name string, now time.Time) (digest.Week, error) {
	week, err := digest.ParseWeek(name)
	if err == nil && week.Start().After(now) {
		err = fmt.Errorf("week %s has not begun", week)
	}
	return week, err
}

// digestPage shows the digest of the week in the query, or of the last week.
type digestPage struct {
	site *site
	log  *slog.Logger

	underWay singleflight.Group
	turns    *admission.Pool
}

func newDigestPage(s *site, log *slog.Logger) *digestPage {
	return &digestPage{site: s, log: log, turns: admission.NewPool(1, maxWaiting, reportTimeout)}
}

// weeksListed is how far back the page links.
const weeksListed = 8

func (p *digestPage) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		w.Header().Set("Allow", "GET, HEAD")
		http.Error(w, "The digest is for reading: GET it.", http.StatusMethodNotAllowed)
		return
	}
	week := digest.Last(p.site.now())
	if asked := r.URL.Query().Get("week"); asked != "" {
		var err error
		if week, err = weekBegun(asked, p.site.now()); err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
	}
	page, err := p.makeOnce(r.Context(), week.String(), func(ctx context.Context) ([]byte, error) { return p.make(ctx, week) })
	if errors.Is(err, admission.ErrBusy) {
		w.Header().Set("Retry-After", "60")
		http.Error(w, "Other digests are being made; please try again later.", http.StatusServiceUnavailable)
		return
	}
	if err != nil {
		p.log.Error("digest not made", "week", week, "error", err)
		http.Error(w, fmt.Sprintf("The digest of %s could not be made; the reason is on the console.", week), http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Write(page) //nolint:errcheck // The reader has gone.
}

func (p *digestPage) make(ctx context.Context, week digest.Week) ([]byte, error) {
	d, err := p.site.digestOf(ctx, week)
	if err != nil {
		return nil, err
	}
	weeks, err := p.weeks(ctx)
	if err != nil {
		return nil, err
	}
	var page bytes.Buffer
	err = d.HTML(&page, digest.Options{Weeks: weeks})
	return page.Bytes(), err
}

// weeks lists the running week and those before it, and whatever older ones a
// digest was mailed of.
func (p *digestPage) weeks(ctx context.Context) ([]digest.Week, error) {
	week := digest.WeekOf(p.site.now())
	weeks := make([]digest.Week, weeksListed)
	for i := range weeks {
		weeks[i] = week
		week = week.Prev()
	}
	for key, err := range p.site.bucket.List(ctx, weekly.Prefix) {
		if err != nil {
			return nil, err
		}
		name, _, _ := strings.Cut(strings.TrimPrefix(key, weekly.Prefix), "/")
		if mailed, err := digest.ParseWeek(name); err == nil && !slices.Contains(weeks, mailed) {
			weeks = append(weeks, mailed)
		}
	}
	slices.SortFunc(weeks, func(a, b digest.Week) int { return b.Start().Compare(a.Start()) })
	return weeks, nil
}

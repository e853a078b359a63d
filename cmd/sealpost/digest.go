package main

import (
	"bytes"
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"log/slog"
	"net/http"
	"os"

	"sealpost/internal/digest"
	"sealpost/internal/linesum"
	"sealpost/internal/weekly"
)

// runDigest prints the digest of a week.
func runDigest(ctx context.Context, t terminal, args []string) error {
	var dir, week, html, accept string
	var asJSON bool
	err := options("digest", args, func(f *flag.FlagSet) {
		f.StringVar(&dir, "dir", defaultDir, "the `FOLDER` that everything is kept in")
		f.StringVar(&week, "week", digest.Last(t.now()).String(), "the `WEEK` by ISO 8601")
		f.StringVar(&html, "html", "", "write the digest as a page into this `FILE`")
		f.BoolVar(&asJSON, "json", false, "print it as JSON, for programs")
		f.StringVar(&accept, "accept", acceptHosted, acceptUsage)
	})
	if err != nil {
		return err
	}
	if err := existing(dir); err != nil {
		return err
	}
	s, err := newSite(dir, accept, t.now)
	if err != nil {
		return err
	}
	parsed, err := digest.ParseWeek(week)
	if err != nil {
		return err
	}
	d, err := s.digest(ctx, parsed)
	if err != nil {
		return err
	}
	switch {
	case asJSON:
		encoder := json.NewEncoder(t.stdout)
		encoder.SetIndent("", "  ")
		return encoder.Encode(d)
	case html == "":
		return d.Text(t.stdout)
	}
	var page bytes.Buffer
	if err := d.HTML(&page, digest.Options{}); err != nil {
		return err
	}
	return os.WriteFile(html, page.Bytes(), 0o644)
}

// digest is that of a week: of the hosted domains, or of all that reports name.
func (s *site) digest(ctx context.Context, week digest.Week) (digest.Digest, error) {
	return weekly.Digests{
		Engine:     linesum.Engine{Reports: s.archive, Now: s.now},
		Quarantine: s.archive,
		Hosting:    weekly.HostingIn(s.state, s.zone),
		All:        s.acceptAny,
		Now:        s.now,
	}.Of(ctx, week)
}

const digestPath = "/digest"

// digestPage shows the digest of the week in the query, or of the last week.
type digestPage struct {
	site *site
	log  *slog.Logger
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
		if week, err = digest.ParseWeek(asked); err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
	}
	var page bytes.Buffer
	d, err := p.site.digest(r.Context(), week)
	if err == nil {
		err = d.HTML(&page, digest.Options{Weeks: p.weeks()})
	}
	if err != nil {
		p.log.Error("digest not made", "week", week, "error", err)
		http.Error(w, fmt.Sprintf("The digest of %s could not be made; the reason is on the console.", week), http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("X-Content-Type-Options", "nosniff")
	w.Header().Set("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'")
	w.Write(page.Bytes()) //nolint:errcheck // The reader has gone.
}

// weeks lists the running week and those before it.
func (p *digestPage) weeks() []digest.Week {
	week := digest.WeekOf(p.site.now())
	weeks := make([]digest.Week, weeksListed)
	for i := range weeks {
		weeks[i] = week
		week = week.Prev()
	}
	return weeks
}

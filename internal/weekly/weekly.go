// Package weekly makes the digests of a week, for each audience its own, from
// the reports and from what is known of the hosted domains, keeps them, and mails
// each once.
package weekly

import (
	"context"
	"time"

	"sealpost/internal/archive"
	"sealpost/internal/digest"
	"sealpost/internal/publication"
	"sealpost/internal/tlsrpt"
	"sealpost/internal/told"
)

// Engine reads reports and sums them: all engines make of the same reports the
// same digest, as the suite in digest/digesttest has it.
type Engine interface {
	// Sums sums the reports that q asks for, as far as they have come by now,
	// by adding rows to what [digest.NewSums] gives. It may add what q does not
	// ask for: that is passed over. An error means that nothing can be said.
	Sums(ctx context.Context, q digest.Query) (*digest.Sums, error)
}

// Quarantine is what came in and does not count.
type Quarantine interface {
	// CountQuarantined counts by reason what was received on the UTC days of
	// first to last and still lies there.
	CountQuarantined(ctx context.Context, first, last time.Time) (map[archive.Reason]int, error)

	// CountUnauthenticated counts of that what was not authenticated.
	CountUnauthenticated(ctx context.Context, first, last time.Time) (int, error)
}

// Digests makes digests.
type Digests struct {
	Engine     Engine
	Quarantine Quarantine
	KeptDays   int // How long quarantine keeps what was not authenticated; 0 where that does not expire.
	Hosting    Hosting
	All        bool // Reports about all domains count, not only about the hosted ones.
	Now        func() time.Time
}

// earlier is how many weeks before are compared with.
const earlier = 4

// Due is when the digest of a week is made, if nobody knows better: on Tuesday
// morning. Reports about Sunday come on Monday, or a day later.
func Due(week digest.Week) time.Time { return week.End().Add(32 * time.Hour) }

// Material is what the digests of a week are made of.
type Material struct {
	sums        *digest.Sums
	hosted      hosted
	quarantined map[archive.Reason]int
	expiring    digest.Expiring
	running     bool
}

// Gather reads all that the digests of a week are made of, once for all
// audiences. What came since the digest before was made is late; the zero time
// stands for when that was due.
func (d Digests) Gather(ctx context.Context, week digest.Week, since time.Time) (Material, error) {
	if since.IsZero() {
		since = Due(week.Prev())
	}
	hosted, err := d.Hosting.read(ctx, d.Now())
	if err != nil {
		return Material{}, err
	}
	sums, err := d.Engine.Sums(ctx, digest.Query{Week: week, Earlier: earlier, Since: since, Counts: d.counts(hosted), Signers: d.Hosting.Signers})
	if err != nil {
		return Material{}, err
	}
	quarantined, err := d.Quarantine.CountQuarantined(ctx, week.Start(), week.End().Add(-1))
	if err != nil {
		return Material{}, err
	}
	expiring, err := d.expiring(ctx)
	if err != nil {
		return Material{}, err
	}
	return Material{sums, hosted, quarantined, expiring, d.Now().Before(week.End())}, nil
}

// expiring counts what expires in quarantine within a week from now. Entries of a UTC
// day expire on the day after the last one on which they are kept.
func (d Digests) expiring(ctx context.Context) (digest.Expiring, error) {
	if d.KeptDays == 0 {
		return digest.Expiring{}, nil
	}
	expiring := digest.Expiring{KeptDays: d.KeptDays}
	first := d.Now().UTC().AddDate(0, 0, -d.KeptDays)
	for i := range 7 {
		day := first.AddDate(0, 0, i)
		n, err := d.Quarantine.CountUnauthenticated(ctx, day, day)
		if err != nil {
			return digest.Expiring{}, err
		}
		if n > 0 && expiring.Entries == 0 {
			expiring.First = day.AddDate(0, 0, d.KeptDays+1)
		}
		expiring.Entries += n
	}
	return expiring, nil
}

func (d Digests) counts(hosted hosted) digest.Counts {
	if d.All {
		return func(string, bool) bool { return true }
	}
	set := publication.SetOf(hosted.published...)
	return func(domain string, tlsa bool) bool {
		return set.Ours(tlsrpt.PolicySTS, domain) || tlsa && set.Ours(tlsrpt.PolicyTLSA, domain)
	}
}

// Digest is the digest of an audience. One that has only some domains is told of
// their MX hosts, too: under DANE reporters may name these. A host that is a hosted
// domain itself is its own audience's.
func (m Material) Digest(a told.Audience) digest.Digest {
	if len(a.Domains) == 0 {
		all := publication.SetOf(m.hosted.published...)
		return m.sums.Digest(digest.Subject{Policies: m.hosted.policies, MXOf: all.WithMX, Quarantined: m.quarantined, Expiring: m.expiring, Running: m.running})
	}
	theirs := m.hosted.only(a.Domains)
	set := publication.SetOf(theirs.published...)
	return m.sums.Digest(digest.Subject{
		Policies: theirs.policies,
		MXOf:     set.WithMX,
		Has: func(name string) bool {
			_, isDomain := m.hosted.policies[name]
			return !isDomain && set.Ours(tlsrpt.PolicyTLSA, name)
		},
		Partial: true,
		Running: m.running,
	})
}

// Of is the digest of a week about everything. What came since is late, as for
// [Digests.Gather].
func (d Digests) Of(ctx context.Context, week digest.Week, since time.Time) (digest.Digest, error) {
	m, err := d.Gather(ctx, week, since)
	if err != nil {
		return digest.Digest{}, err
	}
	return m.Digest(told.Audience{}), nil
}

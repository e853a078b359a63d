package weekly

import (
	"context"
	"fmt"
	"runtime"
	"slices"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"

	"sealpost/internal/digest"
	"sealpost/internal/mtasts"
	"sealpost/internal/publication"
	"sealpost/internal/trust"
)

// Hosting is where it is known how the policies of the hosted domains fare.
type Hosting struct {
	Directory publication.Directory
	Statuses  publication.Statuses
	History   publication.HistoryStore
	Evidence  publication.EvidenceStore
	Resolver  publication.Resolver
	Signers   trust.Signers // As publication.Guards has them.
	HTTPSOnly bool          // The same.
}

// HostingIn has everything in one store.
func HostingIn(state interface {
	publication.Directory
	publication.Statuses
	publication.HistoryStore
	publication.EvidenceStore
}, resolver publication.Resolver) Hosting {
	return Hosting{Directory: state, Statuses: state, History: state, Evidence: state, Resolver: resolver}
}

// hosted is what is known at one moment.
type hosted struct {
	published []publication.Published
	policies  map[string]digest.Policy // Of these domains, and of those of which there is more to say.
}

func (h Hosting) read(ctx context.Context, now time.Time) (hosted, error) {
	known := hosted{policies: make(map[string]digest.Policy)}
	for published, err := range h.Directory.AllPublished(ctx) {
		if err != nil {
			return hosted{}, fmt.Errorf("read which domains are hosted: %w", err)
		}
		known.published = append(known.published, published)
		known.policies[published.Domain] = digest.Policy{Mode: published.Mode}
	}
	for status, err := range h.Statuses.AllStatuses(ctx) {
		if err != nil {
			return hosted{}, fmt.Errorf("list the statuses: %w", err)
		}
		policy, served := known.policies[status.Domain]
		if served || status.State == publication.StateRefused {
			h.tell(&policy, status)
			known.policies[status.Domain] = policy
		}
	}
	return known, h.askForEnforce(ctx, now, known)
}

// tell adds to a policy what its status says.
func (h Hosting) tell(policy *digest.Policy, s publication.Status) {
	if s.State != publication.StateChecking { // Then the problems are those of an item from before.
		for _, problem := range s.Problems {
			if h.passesByItself(problem) {
				policy.Waiting = append(policy.Waiting, problem.String())
			} else {
				policy.Refused = append(policy.Refused, problem.String())
			}
		}
	}
	policy.Gone = s.Item == "" && slices.ContainsFunc(s.Problems, func(p publication.Problem) bool { return p.Rule == publication.RuleBrake })
	if len(policy.Refused) > 0 { // Then all of it waits for people.
		policy.Refused, policy.Waiting = slices.Concat(policy.Refused, policy.Waiting), nil
	}
	if s.Mode == mtasts.ModeEnforce { // Of one in testing it is said what keeps it from enforce.
		policy.NotAllowed = s.Drift
	}
	if s.Drift == "" { // Or else that names the cause.
		for _, problem := range s.MaxAgeProblems {
			policy.Waiting = append(policy.Waiting, problem.String())
		}
	}
	live := s.ID != "" && s.LiveID == s.ID
	switch {
	case s.Obstacle == "":
	case live && s.TXTWanted != "" && !strings.Contains(s.Obstacle, s.TXTWanted):
		policy.Obstacle = fmt.Sprintf("%s The TXT record must be %q.", sentence(s.Obstacle), s.TXTWanted)
	default:
		policy.Obstacle = s.Obstacle // Of what is not seen yet, nobody is to announce anything.
	}
}

// sentence ends a text as a sentence.
func sentence(text string) string {
	if strings.HasSuffix(text, ".") || strings.HasSuffix(text, "?") {
		return text
	}
	return text + "."
}

// passesByItself reports whether an item that is refused goes on without an edit.
func (h Hosting) passesByItself(p publication.Problem) bool {
	return p.Rule == publication.RuleTestingFirst && !h.HTTPSOnly
}

// askForEnforce finds out what keeps domains in testing from enforce, by the
// rules that hold an edit to it.
func (h Hosting) askForEnforce(ctx context.Context, now time.Time, known hosted) error {
	guards := publication.Guards{Resolver: h.Resolver, Evidence: h.Evidence, Signers: h.Signers, HTTPSOnly: h.HTTPSOnly}
	answers := make([][]publication.Problem, len(known.published))
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(4 * runtime.GOMAXPROCS(0)) // They wait for the DNS.
	for i, published := range known.published {
		if published.Mode != mtasts.ModeTesting {
			continue
		}
		group.Go(func() (err error) {
			answers[i], err = guards.BeforeEnforce(ctx, h.History, published, now)
			return err
		})
	}
	if err := group.Wait(); err != nil {
		return fmt.Errorf("find out what keeps domains from enforce: %w", err)
	}
	for i, published := range known.published {
		policy := known.policies[published.Domain]
		for _, problem := range answers[i] {
			policy.BeforeEnforce = append(policy.BeforeEnforce, problem.Message)
		}
		known.policies[published.Domain] = policy
	}
	return nil
}

// only leaves of what is known some domains. Of one that is not known there is
// nothing to say but that.
func (h hosted) only(domains []string) hosted {
	theirs := hosted{policies: make(map[string]digest.Policy, len(domains))}
	for _, domain := range domains {
		theirs.policies[domain] = h.policies[domain]
	}
	for _, published := range h.published {
		if slices.Contains(domains, published.Domain) {
			theirs.published = append(theirs.published, published)
		}
	}
	return theirs
}

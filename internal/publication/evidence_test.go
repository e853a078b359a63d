package publication_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"sealpost/internal/publication"
)

// TestEvidenceIsBounded: whatever signers report in whatever order, no failure is
// forgotten or gets under the name of another organization, and no report is made up.
func TestEvidenceIsBounded(t *testing.T) {
	organization := func(i int) string { return fmt.Sprintf("o%d.example", i%40) }
	for seed := range uint64(200) {
		random := rand.New(rand.NewPCG(seed, 1))
		var e publication.Evidence
		reports, failures := make(map[string]time.Time), make(map[string]time.Time)
		organizations := make(map[string]string)
		for range 120 {
			name := organization(random.IntN(40))
			signer := name
			if n := random.IntN(4); n > 0 {
				signer = fmt.Sprintf("s%d.%s", n, name)
			}
			organizations[signer] = name
			more := publication.SignerEvidence{Signer: signer, LastReport: morning.Add(time.Duration(random.IntN(1e6)) * time.Second)}
			if random.IntN(2) == 0 {
				more.LastFailure = more.LastReport
			}
			if more.LastReport.After(reports[signer]) {
				reports[signer] = more.LastReport
			}
			if more.LastFailure.After(failures[signer]) {
				failures[signer] = more.LastFailure
			}
			before := slices.Clone(e.Signers)
			after := e.With(more)
			if !slices.Equal(e.Signers, before) {
				t.Fatalf("seed %d: With changed what it was called on", seed)
			}
			if again := after.With(more); !slices.Equal(again.Signers, after.Signers) {
				t.Fatalf("seed %d: the same once more makes of %+v %+v", seed, after.Signers, again.Signers)
			}
			e = after
		}
		named := 0
		for _, s := range e.Signers {
			if s.Signer != "" {
				named++
			}
			if s.LastReport.After(reports[s.Signer]) {
				t.Errorf("seed %d: %q has a report at %s; its last was at %s", seed, s.Signer, s.LastReport, reports[s.Signer])
			}
		}
		if named > publication.MaxSigners || !slices.IsSortedFunc(e.Signers, func(a, b publication.SignerEvidence) int { return strings.Compare(a.Signer, b.Signer) }) {
			t.Errorf("seed %d: %d signers: %+v", seed, named, e.Signers)
		}
		for signer, at := range failures {
			if !slices.ContainsFunc(e.Signers, func(s publication.SignerEvidence) bool {
				return (s.Signer == "" || s.Signer == signer || s.Signer == organizations[signer]) && !s.LastFailure.Before(at)
			}) {
				t.Errorf("seed %d: the failure of %s at %s is forgotten: %+v", seed, signer, at, e.Signers)
			}
		}
	}
}

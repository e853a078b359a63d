package digest

import (
	"cmp"
	"slices"
	"strings"
)

// failureTally is a Failure in the making: without its witnesses.
type failureTally struct {
	Failure
	witnesses  map[reporterKey]int64
	example    Example // As sent, which decides; shown is Failure.Example.
	exampleOf  int64   // The failed sessions of the example.
	hasExample bool
}

type failureKey struct {
	resultType string
	mx         string
}

func failureKeyOf(row FailureRow) failureKey {
	mx := strings.ToLower(strings.TrimSuffix(row.ReceivingMXHostname, "."))
	return failureKey{Readable(row.ResultType, nameLength), Readable(mx, maxDomainLength)}
}

func newFailureTally(key failureKey, row FailureRow) *failureTally {
	return &failureTally{
		Failure: Failure{
			Week:                row.Week,
			ResultType:          key.resultType,
			ReceivingMXHostname: key.mx,
			FirstDay:            dayOf(row.FirstDay),
			LastDay:             dayOf(row.LastDay),
		},
		witnesses: make(map[reporterKey]int64),
	}
}

func (f *failureTally) add(row FailureRow) {
	f.FailedSessions = plus(f.FailedSessions, row.FailedSessions)
	for i, sessions := range row.ByDay {
		f.ByDay[i] = plus(f.ByDay[i], sessions)
	}
	if day := dayOf(row.FirstDay); day.Before(f.FirstDay) {
		f.FirstDay = day
	}
	if day := dayOf(row.LastDay); day.After(f.LastDay) {
		f.LastDay = day
	}
	reporter := row.reporter()
	if _, known := f.witnesses[reporter]; known || len(f.witnesses) < maxWitnesses {
		f.witnesses[reporter] = plus(f.witnesses[reporter], row.FailedSessions)
	} else {
		f.OtherWitnesses = plus(f.OtherWitnesses, row.FailedSessions)
	}
	f.illustrate(row.Example.cut(), max(0, row.ExampleSessions))
}

// illustrate keeps the greater of two examples, whichever comes first.
func (f *failureTally) illustrate(e Example, sessions int64) {
	if e == (Example{}) {
		return
	}
	if !f.hasExample || cmp.Or(cmp.Compare(sessions, f.exampleOf), e.compare(f.example)) > 0 {
		f.example, f.exampleOf, f.hasExample = e, sessions, true
	}
}

// failure lists the witnesses, and says what the cause is of.
func (f *failureTally) failure(of resultKey) Failure {
	witnesses := make([]Witness, 0, len(f.witnesses))
	for key, sessions := range f.witnesses {
		witnesses = append(witnesses, Witness{key.organization, key.trustDomain, key.distrusted, sessions})
	}
	slices.SortFunc(witnesses, compareWitnesses)
	n := min(len(witnesses), witnessesListed)
	failure := f.Failure
	failure.PolicyType, failure.Trust = of.policyType, of.trust
	failure.Example = f.example.readable()
	for _, left := range witnesses[n:] {
		failure.OtherWitnesses = plus(failure.OtherWitnesses, left.FailedSessions)
	}
	failure.Witnesses = witnesses[:n]
	return failure
}

// cut leaves of each text what counts, in memory of its own.
func (e Example) cut() Example {
	for _, text := range []*string{&e.SendingMTAIP, &e.ReceivingIP, &e.FailureReasonCode, &e.AdditionalInformation} {
		*text = cutText(*text)
	}
	return e
}

func cutText(s string) string {
	if len(s) <= ExampleLength {
		return s
	}
	characters := 0
	for i := range s {
		if characters == ExampleLength {
			return strings.Clone(s[:i])
		}
		characters++
	}
	return s
}

func (e Example) compare(o Example) int {
	return cmp.Or(
		cmp.Compare(e.SendingMTAIP, o.SendingMTAIP),
		cmp.Compare(e.ReceivingIP, o.ReceivingIP),
		cmp.Compare(e.FailureReasonCode, o.FailureReasonCode),
		cmp.Compare(e.AdditionalInformation, o.AdditionalInformation),
	)
}

// readable gives e safe to show.
func (e Example) readable() Example {
	return Example{
		SendingMTAIP:          Readable(e.SendingMTAIP, nameLength),
		ReceivingIP:           Readable(e.ReceivingIP, nameLength),
		FailureReasonCode:     Readable(e.FailureReasonCode, textLength),
		AdditionalInformation: Readable(e.AdditionalInformation, textLength),
	}
}

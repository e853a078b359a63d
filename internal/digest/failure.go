package digest

import (
	"cmp"
	"strings"
	"time"

	"sealpost/internal/archive"
)

// failureTally is a Failure in the making: without its witnesses.
type failureTally struct {
	Failure
	witnesses map[reporterKey]int64
	exampleOf int64 // The failed sessions of the example.
}

type failureKey struct {
	resultType string
	mx         string
}

func failureKeyOf(details archive.FailureDetails) failureKey {
	mx := strings.ToLower(strings.TrimSuffix(details.ReceivingMXHostname, "."))
	return failureKey{Readable(details.ResultType, nameLength), Readable(mx, maxDomainLength)}
}

func newFailureTally(key failureKey, start time.Time) *failureTally {
	return &failureTally{
		Failure: Failure{
			ResultType:          key.resultType,
			ReceivingMXHostname: key.mx,
			FirstDay:            dayOf(start),
			LastDay:             dayOf(start),
		},
		witnesses: make(map[reporterKey]int64),
	}
}

func (f *failureTally) add(reporter reporterKey, start time.Time, details archive.FailureDetails) {
	sessions := details.FailedSessionCount
	f.FailedSessions = plus(f.FailedSessions, sessions)
	if day := dayOf(start); day.Before(f.FirstDay) {
		f.FirstDay = day
	} else if day.After(f.LastDay) {
		f.LastDay = day
	}
	if _, known := f.witnesses[reporter]; known || len(f.witnesses) < maxWitnesses {
		f.witnesses[reporter] = plus(f.witnesses[reporter], sessions)
	} else {
		f.OtherWitnesses = plus(f.OtherWitnesses, sessions)
	}
	f.illustrate(exampleOf(details), sessions)
}

// illustrate keeps the better of two examples, whichever comes first.
func (f *failureTally) illustrate(e Example, sessions int64) {
	if e == (Example{}) {
		return
	}
	if f.Example == (Example{}) || sessions > f.exampleOf ||
		sessions == f.exampleOf && e.compare(f.Example) < 0 {
		f.Example, f.exampleOf = e, sessions
	}
}

func exampleOf(details archive.FailureDetails) Example {
	return Example{
		SendingMTAIP:          Readable(details.SendingMTAIP, nameLength),
		FailureReasonCode:     Readable(details.FailureReasonCode, textLength),
		AdditionalInformation: Readable(details.AdditionalInformation, textLength),
	}
}

func (e Example) compare(o Example) int {
	return cmp.Or(
		cmp.Compare(e.SendingMTAIP, o.SendingMTAIP),
		cmp.Compare(e.FailureReasonCode, o.FailureReasonCode),
		cmp.Compare(e.AdditionalInformation, o.AdditionalInformation),
	)
}

func dayOf(t time.Time) time.Time {
	return t.UTC().Truncate(24 * time.Hour)
}

package sqlsum

import (
	"errors"
	"fmt"
	"strconv"
	"time"

	"sealpost/internal/archive"
	"sealpost/internal/digest"
)

// row gives the values of a row one after the other, and keeps the first thing
// that is wrong. Whoever reads it adds nothing wrong: sums that fail are not used.
type row struct {
	values []string
	read   int
	err    error
}

func (r *row) text() string {
	r.read++
	if r.read > len(r.values) {
		r.fail(errors.New("it is missing"))
		return ""
	}
	return r.values[r.read-1]
}

// count ends at the largest number.
func (r *row) count() int64 {
	n, err := strconv.ParseInt(r.text(), 10, 64)
	if err != nil && !errors.Is(err, strconv.ErrRange) {
		r.fail(err)
	}
	return n
}

func (r *row) flag() bool {
	is, err := strconv.ParseBool(r.text())
	r.fail(err)
	return is
}

func (r *row) day() time.Time {
	day, err := time.Parse(time.DateOnly, r.text())
	r.fail(err)
	return day
}

func (r *row) week() digest.Week {
	week, err := digest.ParseWeek(r.text())
	r.fail(err)
	return week
}

func (r *row) fail(err error) {
	if err != nil && r.err == nil {
		r.err = fmt.Errorf("column %d: %w", r.read, err)
	}
}

// end holds the row to what was asked for.
func (r *row) end() {
	if r.read < len(r.values) {
		r.fail(fmt.Errorf("it is the last of those that were asked for, and there are %d", len(r.values)))
	}
}

// Go evaluates the functions in a composite literal in their order.

func (r *row) origin() digest.Origin {
	return digest.Origin{
		Week:         r.week(),
		PolicyDomain: r.text(),
		Trust:        archive.Trust(r.text()),
		TrustDomain:  r.text(),
		Organization: r.text(),
	}
}

func (r *row) reports() digest.ReportsRow {
	defer r.end()
	return digest.ReportsRow{
		Origin:  r.origin(),
		TLSA:    r.flag(),
		Late:    r.flag(),
		Reports: r.count(),
		Failing: r.count(),
		Copies:  r.count(),
	}
}

func (r *row) result() digest.ResultRow {
	defer r.end()
	return digest.ResultRow{
		Origin:             r.origin(),
		PolicyType:         r.text(),
		Reports:            r.count(),
		SuccessfulSessions: r.count(),
		FailedSessions:     r.count(),
		UndetailedFailures: r.count(),
	}
}

func (r *row) failure() digest.FailureRow {
	defer r.end()
	return digest.FailureRow{
		Origin:              r.origin(),
		PolicyType:          r.text(),
		ResultType:          r.text(),
		ReceivingMXHostname: r.text(),
		FailedSessions:      r.count(),
		ByDay:               [7]int64{r.count(), r.count(), r.count(), r.count(), r.count(), r.count(), r.count()},
		FirstDay:            r.day(),
		LastDay:             r.day(),
		ExampleSessions:     r.count(),
		Example: digest.Example{
			SendingMTAIP:          r.text(),
			ReceivingIP:           r.text(),
			FailureReasonCode:     r.text(),
			AdditionalInformation: r.text(),
		},
	}
}

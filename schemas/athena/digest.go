package athena

import (
	"strconv"
	"strings"
	"time"
)

// Digest asks for what a digest is made of, in three statements. Whatever the
// engine, each column of what they find is a text. Each report counts once. Its
// days are read by the day of receipt, from the first on up to now.
type Digest struct {
	Start, End time.Time // Of the weeks that are asked for, the end excluded.
	Since      time.Time // What was received from here on is late.
	TextLength int       // How many characters of the texts of an example matter.
}

// Reports counts them by week, Policy Domain, trust, trust domain, organization,
// whether there is a policy of type tlsa, and whether they are late. Then come how
// many reports there are, how many of them tell of failures, and how many copies
// are left out.
func (d Digest) Reports() string { return d.fill("reports") }

// Results sums sessions by week, Policy Domain, trust, trust domain, organization
// and policy type. Then come how many reports there are, the successful sessions,
// those that failed, and how many of these no detail describes.
func (d Digest) Results() string { return d.fill("results") }

// Failures sums failure-details by week, Policy Domain, trust, trust domain,
// organization, policy type, result type and MX. Then come the failed sessions,
// those of each day from Monday on, the first day and the last, such as
// 2026-11-16, and of an example its sessions, sending MTA, receiving IP, reason
// code and additional information, NULL where there is none.
func (d Digest) Failures() string { return d.fill("failures") }

func (d Digest) fill(name string) string {
	const moment = "2006-01-02 15:04:05.000000"
	query := strings.NewReplacer(
		"{start}", d.Start.UTC().Format(moment),
		"{end}", d.End.UTC().Format(moment),
		"{since}", d.Since.UTC().Format(moment),
		"{length}", strconv.Itoa(d.TextLength),
	).Replace(read("digest/" + name + ".sql"))
	return Since("'"+d.Start.UTC().Format(time.DateOnly)+"'", query)
}

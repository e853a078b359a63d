// Package querytest holds SQL engines to what reports mean: a corpus of reports
// with everything that reporters do to them, what every view and saved query has
// to give of it, counted without any SQL, and the tests that compare.
package querytest

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"sealpost/internal/archive"
	"sealpost/internal/localdir"
	"sealpost/internal/reportintake"
	"sealpost/internal/tlsrpt/tlsrpttest"
)

// Today is the day on which the questions are asked: a Wednesday.
var Today = time.Date(2026, time.November, 25, 0, 0, 0, 0, time.UTC)

// reportsDomain is where reports are mailed to.
const reportsDomain = "rpt.example"

// report is a report as its reporter means it.
type report struct {
	organization string
	contact      string
	id           string
	start, end   time.Time
	entries      []entry

	quirk    string // How the reporter writes it: see quirks.
	filename string
	remark   string // Something that makes the text another and nothing else.
}

type entry struct {
	kind       string   // policy-type
	lines      []string // policy-string
	domain     string
	mxHosts    []string
	successful int64
	failed     int64
	details    []detail
}

type detail struct {
	result     string
	sendingIP  string
	mx         string
	helo       string
	receiving  string
	sessions   int64
	more       string
	reasonCode string
}

// sending is a report on its way.
type sending struct {
	report   report
	signer   string // Empty: by HTTPS, and nothing vouches for it.
	received time.Time
}

// Corpus is what was sent, in the order in which it came.
type Corpus struct {
	sendings []sending
}

// NewCorpus gives the corpus: the same on every call.
func NewCorpus() Corpus {
	g := &generator{random: rand.New(rand.NewPCG(8460, 8461))}
	g.weeks()
	g.quirks()
	g.copies()
	g.hostile()
	g.late()
	return Corpus{g.sendings}
}

// WithoutLateSignatures is what had come before signed copies came of reports that
// had come unsigned: for they lie down on the days of the first copies, however
// long ago those are.
func (c Corpus) WithoutLateSignatures() Corpus {
	unsigned := make(map[string]bool)
	var before Corpus
	for _, s := range c.sendings {
		if s.signer != "" && unsigned[s.report.key()] {
			continue
		}
		unsigned[s.report.key()] = s.signer == ""
		before.sendings = append(before.sendings, s)
	}
	return before
}

// Store takes everything in as Sealpost does, into a directory, and puts some
// lines there twice: as if what wrote them had been cut off, and begun anew.
func (c Corpus) Store(tb testing.TB, dir string) {
	tb.Helper()
	var now time.Time
	bucket := localdir.Bucket{Root: dir}
	intake := reportintake.New(archive.Archive{Bucket: bucket}, reportintake.Any{}, reportintake.Deaf{},
		func() time.Time { return now }, reportintake.ReportsDomain(reportsDomain))
	for i, s := range c.sendings {
		now = s.received
		submission := reportintake.Submission{
			Body:     []byte(s.report.text()),
			Channel:  archive.ChannelHTTPS,
			Trust:    archive.TrustNone,
			Filename: s.report.filename,
		}
		if i%2 == 0 {
			submission.Body = tlsrpttest.Gzip(tb, submission.Body)
		}
		if s.signer != "" {
			submission.Channel, submission.Trust, submission.TrustDomain = archive.ChannelMail, archive.TrustDKIM, s.signer
		}
		receipt, err := intake.Receive(tb.Context(), submission)
		if err != nil {
			tb.Fatal(err)
		}
		if !receipt.Status.Counts() {
			tb.Fatalf("%s is %s: %v\n%s", s.report.id, receipt.Status, receipt.Problems, s.report.text())
		}
		if c.isDouble(i) {
			double(tb, bucket, receipt.Key)
		}
	}
}

// isDouble says whether the line that a sending came to lie in is put there twice.
func (c Corpus) isDouble(sending int) bool {
	return sending%8 == 0 && c.sendings[sending].report.id != AskedFor
}

func double(tb testing.TB, bucket archive.Bucket, key string) {
	tb.Helper()
	line, err := bucket.Get(tb.Context(), key)
	if err == nil {
		_, err = bucket.Create(tb.Context(), strings.TrimSuffix(key, archive.LineSuffix)+".again"+archive.LineSuffix, line)
	}
	if err != nil {
		tb.Fatal(err)
	}
}

// First gives the first n of what was sent.
func (c Corpus) First(n int) Corpus { return Corpus{c.sendings[:n]} }

// Largest is two reports about as large as any that are taken in: one about many
// domains, and one with many failures of one domain. To go through them must
// take time by their size, not by its square.
func Largest() Corpus {
	const domains, failures = 22_000, 120_000
	g := new(generator)
	r := reportOf(organizations[0], Today.AddDate(0, 0, -5))
	for i := range domains {
		r.entries = append(r.entries, entry{kind: "sts", lines: policy, domain: fmt.Sprintf("d%d.example", i), successful: 1, failed: 1,
			details: []detail{{result: "validation-failure", sessions: 1}}})
	}
	g.send(r, "", time.Hour)
	r.id = "one domain"
	r.entries = []entry{{kind: "sts", lines: policy, domain: "meadow.example", successful: 1, failed: failures}}
	for range failures {
		r.entries[0].details = append(r.entries[0].details, detail{result: "validation-failure", sessions: 1})
	}
	g.send(r, "", time.Hour)
	return Corpus{g.sendings}
}

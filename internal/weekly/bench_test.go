package weekly_test

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"io/fs"
	"iter"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/go-json-experiment/json"

	"sealpost/internal/archive"
	"sealpost/internal/digest"
	"sealpost/internal/digest/digesttest"
	"sealpost/internal/storetest"
	"sealpost/internal/weekly"
)

// BenchmarkDigest makes the digest of a week, and writes it, from an archive that
// has so many reports of each of five weeks, or of the last alone. The objects
// are made as they are read, which is part of the time. Peak memory is that of
// the whole process so far, so ask for one case at a time:
//
//	go test -run '^$' -bench 'Digest/^1000000_in' -benchtime 1x ./internal/weekly
func BenchmarkDigest(b *testing.B) {
	for _, m := range []million{
		{reports: 10_000, weeks: 5, domains: 100},
		{reports: 1_000_000, weeks: 1, domains: 10_000},
		{reports: 200_000, weeks: 5, domains: 10_000},
		{reports: 1_000_000, weeks: 5, domains: 10_000},
	} {
		b.Run(fmt.Sprintf("%d in each of %d weeks", m.reports, m.weeks), func(b *testing.B) {
			kept := archive.Archive{Bucket: m}
			digests := weekly.Digests{
				Engine: engine(kept, tuesday), Quarantine: kept, Hosting: weekly.HostingIn(new(storetest.MemoryState), noMX{}), All: true,
				Now: func() time.Time { return tuesday },
			}
			for b.Loop() {
				d, err := digests.Of(b.Context(), week, time.Time{})
				if err != nil || d.Reports != int64(m.reports) || len(d.Domains) != m.domains {
					b.Fatal(d.Reports, len(d.Domains), err)
				}
				if err := errors.Join(d.Text(io.Discard), d.HTML(io.Discard, digest.Options{})); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(b.Elapsed().Seconds()/float64(b.N)/float64(m.reports*m.weeks)*1e6, "µs/report")
			b.ReportMetric(peakMemory(b), "MB-peak")
		})
	}
}

// million is an archive of many reports, of 15 reporters about each domain a
// day. Of each reporter one in fifty has a failure.
type million struct {
	reports int // Of a week.
	weeks   int
	domains int
}

const (
	reporters = 15
	perFolder = 7 // Days of a week.
)

// List gives keys dt=<day after the range>/<days ago>-<number>.json.gz.
func (m million) List(_ context.Context, prefix string) iter.Seq2[string, error] {
	return func(yield func(string, error) bool) {
		text, is := strings.CutPrefix(strings.TrimSuffix(prefix, "/"), "reports/v1/dt=")
		day, err := time.Parse(time.DateOnly, text)
		ago := int(week.End().Sub(day).Hours()) / 24 // 0 for reports about Sunday.
		if !is || err != nil || ago < 0 || ago >= 7*m.weeks {
			return
		}
		of := m.reports / perFolder
		if ago%perFolder == 0 {
			of += m.reports % perFolder // What is left over.
		}
		for i := range of {
			if !yield(fmt.Sprintf("%s%d-%d.json.gz", prefix, ago, i), nil) {
				return
			}
		}
	}
}

func (m million) Create(context.Context, string, []byte) (bool, error) {
	return false, fs.ErrPermission
}

func (m million) Get(_ context.Context, key string) ([]byte, error) {
	var ago, i int
	if _, err := fmt.Sscanf(key[strings.LastIndexByte(key, '/')+1:], "%d-%d.json.gz", &ago, &i); err != nil {
		return nil, err
	}
	start := week.End().AddDate(0, 0, -1-ago)
	domain := fmt.Sprintf("customer-%d.example", i%m.domains)
	policy := digesttest.STS(domain, 40, 0)
	if i%50 == 0 {
		policy = digesttest.STS(domain, 40, 2, digesttest.Because(digesttest.Failure("certificate-expired", "mx1."+domain, 2), "192.0.2.25", "certificate has expired", ""))
	}
	policy.PolicyString = []string{"version: STSv1", "mode: testing", "mx: *." + domain, "max_age: 86400"}
	policy.MXHost = []string{"*." + domain}
	line := digesttest.Report(fmt.Sprintf("Reporter number %d", i/m.domains%reporters), start, policy)
	line.ReportID += fmt.Sprint(i)
	line.ReportJSON = strings.Repeat("x", 900)
	text, err := json.Marshal(line)
	return stored(append(text, '\n')), err
}

// stored is a gzip member that is not compressed (RFC 1951, section 3.2.4), as
// it is made in no time.
func stored(text []byte) []byte {
	var b bytes.Buffer
	b.WriteString("\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\xff\x01")
	b.Write(binary.LittleEndian.AppendUint16(nil, uint16(len(text))))
	b.Write(binary.LittleEndian.AppendUint16(nil, ^uint16(len(text))))
	b.Write(text)
	b.Write(binary.LittleEndian.AppendUint32(nil, crc32.ChecksumIEEE(text)))
	b.Write(binary.LittleEndian.AppendUint32(nil, uint32(len(text))))
	return b.Bytes()
}

// peakMemory is the most that the process ever had, in megabytes, where the
// system tells.
func peakMemory(b *testing.B) float64 {
	status, err := os.ReadFile("/proc/self/status")
	_, after, found := strings.Cut(string(status), "VmHWM:")
	var kilobytes float64
	if err != nil || !found {
		return 0
	}
	if _, err := fmt.Sscan(after, &kilobytes); err != nil {
		b.Fatal(err)
	}
	return kilobytes / 1024
}

package querytest

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"iter"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"sealpost/internal/archive"
	"sealpost/internal/tlsrpt"
)

// SyntheticDays is over how many days, up to Today, Synthetic spreads reports.
const SyntheticDays = 30

// Synthetic writes reports into a directory, to measure by: as the archive keeps
// them, but without syncing each to disk, and without an index. A report is of
// one of 500 organizations about one of 2,000 domains; three in ten tell of
// failures.
func Synthetic(tb testing.TB, dir string, reports int) {
	tb.Helper()
	for day := range SyntheticDays {
		if err := os.MkdirAll(filepath.Join(dir, archive.ReportsPrefix, "dt="+syntheticDay(day).Format(time.DateOnly)), 0o755); err != nil {
			tb.Fatal(err)
		}
	}
	to := archive.Archive{Bucket: hasty(dir)}
	var workers sync.WaitGroup
	failed := make(chan error, runtime.GOMAXPROCS(0))
	for worker := range runtime.GOMAXPROCS(0) {
		workers.Go(func() {
			for i := worker; i < reports; i += runtime.GOMAXPROCS(0) {
				if err := keepSynthetic(tb.Context(), to, i); err != nil {
					failed <- err
					return
				}
			}
		})
	}
	workers.Wait()
	select {
	case err := <-failed:
		tb.Fatal(err)
	default:
	}
}

// syntheticDay is a day of receipt.
func syntheticDay(n int) time.Time { return Today.AddDate(0, 0, n+1-SyntheticDays) }

func keepSynthetic(ctx context.Context, to archive.Archive, i int) error {
	random := rand.New(rand.NewPCG(uint64(i), 8460))
	received := syntheticDay(i % SyntheticDays).Add(time.Duration(random.IntN(24*60*60)) * time.Second)
	g := generator{random: random}
	name := fmt.Sprintf("org%d.example", i%500)
	r := reportOf(organization{"Organization " + name, "tls-reports@" + name, name}, received.Truncate(24*time.Hour).AddDate(0, 0, -1))
	domain := fmt.Sprintf("d%d.example", (i/500)%2000)
	r.id = fmt.Sprintf("%s_%s_%d", r.start.Format(time.RFC3339), domain, i)
	e := entry{kind: "sts", lines: policy, domain: domain, mxHosts: []string{"*." + domain}, successful: int64(random.IntN(5000))}
	if random.IntN(10) < 3 {
		e.failed, e.details = int64(random.IntN(90)), g.details(domain, i%200, Today)
	}
	r.entries = []entry{e}
	decoded, err := tlsrpt.Decode([]byte(r.text()))
	if err != nil {
		return err
	}
	line := archive.LineOf(decoded)
	line.ReceivedAt, line.Channel, line.Trust, line.TrustDomain = received, archive.ChannelMail, archive.TrustDKIM, name
	_, err = to.Keep(ctx, line)
	return err
}

// hasty is a bucket that writes what is below reports/ to a directory, and claims to
// have written the rest.
type hasty string

func (h hasty) Create(_ context.Context, key string, value []byte) (bool, error) {
	if !strings.HasPrefix(key, archive.ReportsPrefix) {
		return true, nil
	}
	return true, os.WriteFile(filepath.Join(string(h), key), value, 0o644)
}

func (hasty) Get(context.Context, string) ([]byte, error) { return nil, fs.ErrNotExist }

func (hasty) List(context.Context, string) iter.Seq2[string, error] {
	return func(yield func(string, error) bool) { yield("", errors.ErrUnsupported) }
}

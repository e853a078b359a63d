package replay_test

import (
	"context"
	"errors"
	"iter"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"sealpost/internal/archive"
	"sealpost/internal/dkim/dkimtest"
	"sealpost/internal/localdir"
	"sealpost/internal/replay"
	"sealpost/internal/reportintake"
	"sealpost/internal/tlsrpt"
)

// bucket fails from a call on, as after a crash.
type bucket struct {
	localdir.Bucket
	lock  sync.Mutex
	calls int // Until it fails; below 0 it never does.
}

var errCrashed = errors.New("crashed")

func (b *bucket) call() error {
	b.lock.Lock()
	defer b.lock.Unlock()
	if b.calls == 0 {
		return errCrashed
	}
	b.calls--
	return nil
}

func (b *bucket) Create(ctx context.Context, key string, value []byte) (bool, error) {
	if err := b.call(); err != nil {
		return false, err
	}
	return b.Bucket.Create(ctx, key, value)
}

func (b *bucket) Get(ctx context.Context, key string) ([]byte, error) {
	if err := b.call(); err != nil {
		return nil, err
	}
	return b.Bucket.Get(ctx, key)
}

func (b *bucket) List(ctx context.Context, prefix string) iter.Seq2[string, error] {
	if err := b.call(); err != nil {
		return func(yield func(string, error) bool) { yield("", err) }
	}
	return b.Bucket.List(ctx, prefix)
}

func (b *bucket) Remove(ctx context.Context, key string) error {
	if err := b.call(); err != nil {
		return err
	}
	return b.Bucket.Remove(ctx, key)
}

// world is what an intake sees of the world.
type world struct {
	hosted string
	zone   dkimtest.Zone
	now    time.Time
}

// Ours implements reportintake.Domains.
func (w world) Ours(_ context.Context, policies []tlsrpt.PolicyResult) (bool, error) {
	return slices.ContainsFunc(policies, func(p tlsrpt.PolicyResult) bool { return p.Policy.Domain == w.hosted }), nil
}

func (w world) intake(b *bucket) *reportintake.Intake {
	return reportintake.New(archive.Archive{Bucket: b}, w, reportintake.Deaf{}, func() time.Time { return w.now }, reportintake.Resolver(w.zone))
}

// replay judges everything again, and gives the first error.
func (w world) replay(t *testing.T, b *bucket, since time.Time) ([]replay.Outcome, error) {
	t.Helper()
	r := replay.Replay{Archive: archive.Archive{Bucket: b}, Intake: w.intake(b), Remover: b}
	var outcomes []replay.Outcome
	for _, reason := range archive.Reasons() {
		keys, err := r.Waiting(t.Context(), reason, since)
		if err != nil {
			return outcomes, err
		}
		for _, key := range keys {
			outcome, err := r.Judge(t.Context(), key)
			if err != nil {
				return outcomes, err
			}
			outcomes = append(outcomes, outcome)
		}
	}
	return outcomes, nil
}

func newBucket(t *testing.T) *bucket {
	return &bucket{Bucket: localdir.Bucket{Root: t.TempDir()}, calls: -1}
}

// keys are those of all objects below a prefix, sorted.
func keys(t *testing.T, b *bucket, prefix string) []string {
	t.Helper()
	var all []string
	for key, err := range b.Bucket.List(t.Context(), prefix) {
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, key)
	}
	slices.Sort(all)
	return all
}

func report(domain string) string {
	return `{"organization-name":"Northwind","date-range":{"start-datetime":"2026-11-16T00:00:00Z","end-datetime":"2026-11-16T23:59:59Z"},` +
		`"contact-info":"tls@northwind.example","report-id":"1","policies":[{"policy":{"policy-type":"no-policy-found","policy-domain":"` + domain + `"},` +
		`"summary":{"total-successful-session-count":1,"total-failure-session-count":0}}]}`
}

func part(text string) string {
	return "--b\r\nContent-Type: application/tlsrpt+json\r\n\r\n" + text + "\r\n"
}

// overTheLimits is a report of more values than are ever read. It is kept nowhere,
// so the mail that it is in is all there is of it.
func overTheLimits() string { return `{"policies":[` + strings.Repeat("0,", tlsrpt.MaxValues) + "0]}" }

func mail(parts ...string) string {
	return "From: tls@northwind.example\r\nTo: reports@rpt.example\r\nSubject: Reports\r\n" +
		"Content-Type: multipart/report; boundary=b\r\n\r\n" + strings.Join(parts, "") + "--b--\r\n"
}

// before and after are the world at the first receipt, and at the replay.
func before(at time.Time) world { return world{"other.example", dkimtest.Zone{}, at} }

func after(at time.Time) world {
	return world{"meadow.example", dkimtest.Zone{"northwind.example": true}, at.AddDate(0, 0, 30)}
}

func receive(t *testing.T, b *bucket, w world, text string) []reportintake.Receipt {
	t.Helper()
	receipts, err := w.intake(b).ReceiveMail(t.Context(), reportintake.Mail{Raw: []byte(text), Verdicts: map[string]string{"spam": "PASS"}})
	if err != nil {
		t.Fatal(err)
	}
	return receipts
}

func TestWhatIsGoodNowMovesWithItsTime(t *testing.T) {
	b := newBucket(t)
	signed := dkimtest.Sign(t, mail(part(report("meadow.example"))), "northwind.example")
	at := dkimtest.SignedAt(t, signed)
	receive(t, b, before(at), signed)
	if _, err := before(at).intake(b).Receive(t.Context(), reportintake.Submission{
		Body: []byte(strings.Replace(report("meadow.example"), `"1"`, `"2"`, 1)), Channel: archive.ChannelHTTPS, Trust: archive.TrustNone}); err != nil {
		t.Fatal(err)
	}
	outcomes, err := after(at).replay(t, b, time.Time{})
	if err != nil || len(outcomes) != 2 {
		t.Fatalf("%+v, %v", outcomes, err)
	}
	if left := keys(t, b, "quarantine/"); len(left) > 0 {
		t.Errorf("left: %q", left)
	}
	trusts := map[archive.Trust]int{}
	for line, err := range (archive.Archive{Bucket: b}).Lines(t.Context(), at, at) {
		if err != nil {
			t.Fatal(err)
		}
		if !line.ReceivedAt.Equal(at) {
			t.Errorf("received %s, want %s", line.ReceivedAt, at)
		}
		trusts[line.Trust]++
	}
	if trusts[archive.TrustDKIM] != 1 || trusts[archive.TrustNone] != 1 {
		t.Errorf("kept %v, want one signed and one not", trusts)
	}
	if again, err := after(at).replay(t, b, time.Time{}); err != nil || len(again) > 0 {
		t.Errorf("once more: %+v, %v", again, err)
	}
}

func TestWhatStays(t *testing.T) {
	signed := dkimtest.Sign(t, mail(part(report("meadow.example"))), "northwind.example")
	at := dkimtest.SignedAt(t, signed)
	for name, test := range map[string]struct {
		first, then world
		mail        string
	}{
		"not signed":                    {after(at), after(at), mail(part(report("meadow.example")))},
		"no report":                     {after(at), after(at), "Subject: Hello\r\n\r\nNothing.\r\n"},
		"not hosted":                    {before(at), before(at), signed},
		"not hosted any more":           {after(at), before(at), mail(part(report("meadow.example")))},
		"one of two is not hosted":      {before(at), after(at), dkimtest.Sign(t, mail(part(report("meadow.example")), part(report("dune.example"))), "northwind.example")},
		"one of two is over the limits": {before(at), after(at), dkimtest.Sign(t, mail(part(report("meadow.example")), part(overTheLimits())), "northwind.example")},
	} {
		t.Run(name, func(t *testing.T) {
			b := newBucket(t)
			lay := receive(t, b, test.first, test.mail)[0].Key
			for range 2 {
				outcomes, err := test.then.replay(t, b, time.Time{})
				if err != nil || len(outcomes) == 0 {
					t.Errorf("%+v, %v", outcomes, err)
				}
				for _, outcome := range outcomes {
					if !outcome.Stays {
						t.Errorf("%s is said to be gone", outcome.Key)
					}
				}
				if kept := keys(t, b, "quarantine/"); !slices.Contains(kept, lay) || !slices.Contains(kept, archive.NoteOf(lay)) {
					t.Errorf("%s is gone; there are %q", lay, kept)
				}
			}
		})
	}
}

func TestWhatMovesToAnotherReason(t *testing.T) {
	b := newBucket(t)
	text := mail(part(report("meadow.example")))
	at := time.Date(2026, time.November, 17, 10, 0, 0, 0, time.UTC)
	lay := receive(t, b, before(at), text)[0].Key
	if outcomes, err := after(at).replay(t, b, time.Time{}); err != nil || outcomes[0].Stays || outcomes[0].Receipts[0].Reason != archive.ReasonUnsigned {
		t.Errorf("%+v, %v", outcomes, err)
	}
	want := strings.Replace(lay, "not-hosted", "unsigned", 1)
	if kept := keys(t, b, "quarantine/"); !slices.Equal(kept, []string{want, archive.NoteOf(want)}) {
		t.Errorf("there are %q, want %s", kept, want)
	}
	moved, err := (archive.Archive{Bucket: b}).Quarantined(t.Context(), want)
	if err != nil || !moved.ReceivedAt.Equal(at) || moved.Channel != archive.ChannelMail || moved.Verdicts["spam"] != "PASS" {
		t.Errorf("it came at %s by %s with the verdicts %v, %v; want what is known from before", moved.ReceivedAt, moved.Channel, moved.Verdicts, err)
	}
}

func TestSince(t *testing.T) {
	b := newBucket(t)
	at := time.Date(2026, time.November, 17, 23, 59, 0, 0, time.UTC)
	receive(t, b, before(at), mail(part(report("meadow.example"))))
	for since, want := range map[time.Time]int{at: 1, at.Add(time.Minute): 0, at.AddDate(0, 0, -1): 1} {
		if outcomes, err := before(at).replay(t, b, since); err != nil || len(outcomes) != want {
			t.Errorf("since %s: %+v, %v; want %d", since, outcomes, err, want)
		}
	}
}

// TestCrashes: whichever call is the last, nothing is lost, and the next replay
// ends where one without a crash does.
func TestCrashes(t *testing.T) {
	signed := dkimtest.Sign(t, mail(part(report("meadow.example"))), "northwind.example")
	at := dkimtest.SignedAt(t, signed)
	crashes := 0
	for calls := range 1000 {
		b := newBucket(t)
		lay := receive(t, b, before(at), signed)[0].Key
		b.calls = calls
		_, err := after(at).replay(t, b, time.Time{})
		if err != nil && !errors.Is(err, errCrashed) {
			t.Fatal(err)
		}
		isKept := len(keys(t, b, "reports/")) > 0
		if whole := keys(t, b, lay); !isKept && len(whole) != 2 {
			t.Errorf("after %d calls there are only %q", calls, whole)
		}
		b.calls = -1
		if _, err := after(at).replay(t, b, time.Time{}); err != nil {
			t.Fatal(err)
		}
		if kept, left := keys(t, b, "reports/"), keys(t, b, "quarantine/"); len(kept) != 1 || len(left) != 0 {
			t.Errorf("after %d calls and once more: kept %q, left %q", calls, kept, left)
		}
		if err == nil {
			break
		}
		crashes++
	}
	if crashes < 8 {
		t.Errorf("only %d crashes were tried", crashes)
	}
}

// TestDNSIsBack: what nobody could judge is judged as of when it came.
func TestDNSIsBack(t *testing.T) {
	b := newBucket(t)
	signed := dkimtest.Sign(t, mail(part(report("meadow.example"))), "northwind.example")
	at := dkimtest.SignedAt(t, signed)
	down := world{"meadow.example", dkimtest.Zone{"northwind.example": false}, at.Add(2 * time.Hour)}
	intake := reportintake.New(archive.Archive{Bucket: b}, down, reportintake.Deaf{}, func() time.Time { return down.now },
		reportintake.Resolver(down.zone), reportintake.DNSPatience(time.Hour))
	receipts, err := intake.ReceiveMail(t.Context(), reportintake.Mail{Raw: []byte(signed), ReceivedAt: at})
	if err != nil || receipts[0].Reason != archive.ReasonDNSFailed {
		t.Fatalf("%+v, %v", receipts, err)
	}
	if outcomes, err := down.replay(t, b, time.Time{}); !errors.Is(err, dkimtest.ErrDown) || len(keys(t, b, receipts[0].Key)) != 2 {
		t.Errorf("the DNS is still down: %+v, %v", outcomes, err)
	}
	outcomes, err := after(at.AddDate(0, 1, 0)).replay(t, b, time.Time{})
	if err != nil || len(outcomes) != 1 || outcomes[0].Stays || outcomes[0].Receipts[0].Status != reportintake.Stored || outcomes[0].Receipts[0].TrustDomain != "northwind.example" {
		t.Errorf("%+v, %v", outcomes, err)
	}
	if left := keys(t, b, "quarantine/"); len(left) > 0 {
		t.Errorf("left: %q", left)
	}
}

func TestDNSDown(t *testing.T) {
	b := newBucket(t)
	signed := dkimtest.Sign(t, mail(part(report("meadow.example"))), "northwind.example")
	at := dkimtest.SignedAt(t, signed)
	lay := receive(t, b, before(at), signed)[0].Key
	down := after(at)
	down.zone = dkimtest.Zone{"northwind.example": false}
	outcomes, err := down.replay(t, b, time.Time{})
	if !errors.Is(err, dkimtest.ErrDown) || len(outcomes) != 0 || len(keys(t, b, lay)) != 2 {
		t.Errorf("%+v, %v", outcomes, err)
	}
}

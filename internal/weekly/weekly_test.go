package weekly_test

import (
	"bytes"
	"context"
	"errors"
	"net/mail"
	"strings"
	"testing"
	"time"

	"sealpost/internal/archive"
	"sealpost/internal/digest"
	"sealpost/internal/linesum"
	"sealpost/internal/publication"
	"sealpost/internal/storetest"
	"sealpost/internal/weekly"
)

var (
	tuesday = time.Date(2026, time.November, 24, 8, 0, 0, 0, time.UTC)
	week    = digest.Last(tuesday)
)

// outbox keeps what it is to send.
type outbox struct {
	sent []string
	fail error
}

func (o *outbox) Send(_ context.Context, from string, to []string, raw []byte) error {
	o.sent = append(o.sent, from+" to "+strings.Join(to, " ")+"\n"+string(raw))
	return o.fail
}

func engine(kept archive.Archive, now time.Time) linesum.Engine {
	return linesum.Engine{Reports: kept, Now: func() time.Time { return now }}
}

// noMX has no records.
type noMX struct{}

func (noMX) TXT(context.Context, string) ([]string, error) { return nil, nil }
func (noMX) MX(context.Context, string) ([]string, error)  { return nil, nil }

// newMail hosts a domain, and has two reports about it: one that came the day
// after the week, and one of another domain.
func newMail(t *testing.T) (weekly.Mail, *outbox, *storetest.Memory, *storetest.MemoryState) {
	t.Helper()
	state, bucket, sent := new(storetest.MemoryState), new(storetest.Memory), new(outbox)
	if _, err := state.Publish(t.Context(), publication.Published{Domain: "meadow.example", Mode: "enforce", Revision: 1, MX: []string{"mx.meadow.example"}}); err != nil {
		t.Fatal(err)
	}
	kept := archive.Archive{Bucket: bucket}
	for key, domain := range map[string]string{"0a": "meadow.example", "0b": "other.example"} {
		_, err := kept.Keep(t.Context(), archive.Line{
			SchemaVersion: archive.SchemaVersion, ReportKey: strings.Repeat(key, 32), ReceivedAt: week.End().Add(time.Hour), Channel: archive.ChannelHTTPS, Trust: archive.TrustNone,
			OrganizationName: "Northwind", ReportID: key, StartDatetime: week.End().AddDate(0, 0, -1), EndDatetime: week.End(),
			Policies: []archive.PolicyResult{{PolicyType: "sts", PolicyDomain: domain, TotalSuccessfulSessionCount: 811}},
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	return weekly.Mail{
		Digests: weekly.Digests{
			Engine: engine(kept, tuesday), Quarantine: kept, Hosting: weekly.HostingIn(state, noMX{}),
			Now: func() time.Time { return tuesday },
		},
		Mailer:    sent,
		Sender:    "Sealpost <digest@sealpost.example>",
		Audiences: []weekly.Audience{{Recipients: []string{"postmaster@meadow.example"}}},
	}, sent, bucket, state
}

func TestSend(t *testing.T) {
	m, sent, _, _ := newMail(t)
	for range 2 {
		if err := m.Send(t.Context(), week); err != nil {
			t.Fatal(err)
		}
	}
	if len(sent.sent) != 2 || sent.sent[0] != sent.sent[1] {
		t.Fatalf("sent: %q; want the same twice", sent.sent)
	}
	envelope, raw, _ := strings.Cut(sent.sent[0], "\n")
	if want := "Sealpost <digest@sealpost.example> to postmaster@meadow.example"; envelope != want {
		t.Errorf("sent from %s; want %s", envelope, want)
	}
	message, err := mail.ReadMessage(bytes.NewReader([]byte(raw)))
	if err != nil {
		t.Fatal(err)
	}
	id := message.Header.Get("Message-ID")
	if !strings.HasPrefix(id, "<tlsrpt-digest.2026-W47.") || !strings.HasSuffix(id, "@sealpost.example>") {
		t.Errorf("Message-ID: %s", id)
	}
	if date, err := message.Header.Date(); err != nil || !date.Equal(tuesday) {
		t.Errorf("Date: %s, %v; want %s", date, err, tuesday)
	}
	if !strings.Contains(raw, "811") || strings.Contains(raw, "other.example") {
		t.Errorf("the message is about the wrong domains:\n%s", raw)
	}
}

// TestDigestOf: reports that came after the week count, up to now.
func TestDigestOf(t *testing.T) {
	m, _, bucket, _ := newMail(t)
	d, err := m.Digests.Of(t.Context(), week)
	if err != nil || len(d.Domains) != 1 || d.Domains[0].PolicyDomain != "meadow.example" || d.Domains[0].Reports != 1 || !d.OtherDomains {
		t.Errorf("got %+v, %v", d, err)
	}
	m.Digests.Engine = engine(archive.Archive{Bucket: bucket}, week.End().Add(-time.Hour))
	if d, err := m.Digests.Of(t.Context(), week); err != nil || d.Reports != 0 {
		t.Errorf("before they came: %+v, %v", d, err)
	}
}

// TestRunningWeek: the digest says so.
func TestRunningWeek(t *testing.T) {
	m, _, _, _ := newMail(t)
	for at, want := range map[time.Time]bool{week.End(): false, week.End().Add(-1): true} {
		m.Digests.Now = func() time.Time { return at }
		if d, err := m.Digests.Of(t.Context(), week); err != nil || d.Running != want {
			t.Errorf("at %s: running %v, %v", at, d.Running, err)
		}
	}
}

// TestFailures: half a digest is never sent, and a mail that failed is an error.
func TestFailures(t *testing.T) {
	away := errors.New("the mail system is away")
	for name, breaks := range map[string]func(*outbox, *storetest.Memory, *storetest.MemoryState){
		"the directory": func(_ *outbox, _ *storetest.Memory, s *storetest.MemoryState) {
			s.FailNext(storetest.OpAllPublished, true)
		},
		"the list of statuses": func(_ *outbox, _ *storetest.Memory, s *storetest.MemoryState) {
			s.FailNext(storetest.OpAllStatuses, true)
		},
		"the list of quarantine": func(_ *outbox, b *storetest.Memory, _ *storetest.MemoryState) {
			b.FailNth(storetest.OpList, 60, true) // After the days of the reports.
		},
		"a report":              func(_ *outbox, b *storetest.Memory, _ *storetest.MemoryState) { b.FailNext(storetest.OpGet, false) },
		"the list of reports":   func(_ *outbox, b *storetest.Memory, _ *storetest.MemoryState) { b.FailNext(storetest.OpList, true) },
		"the way to the reader": func(o *outbox, _ *storetest.Memory, _ *storetest.MemoryState) { o.fail = away },
	} {
		m, sent, bucket, state := newMail(t)
		breaks(sent, bucket, state)
		err := m.Send(t.Context(), week)
		if !errors.Is(err, storetest.ErrFailed) && !errors.Is(err, away) {
			t.Errorf("%s fails: %v; want that error", name, err)
		}
		if len(sent.sent) > 0 && sent.fail == nil {
			t.Errorf("%s fails, and %q is sent", name, sent.sent)
		}
	}
	m, sent, _, _ := newMail(t)
	m.Audiences[0].Recipients = []string{"nobody"}
	if err := m.Send(t.Context(), week); err == nil || len(sent.sent) > 0 {
		t.Errorf("to nobody: %v, sent %q", err, sent.sent)
	}
}

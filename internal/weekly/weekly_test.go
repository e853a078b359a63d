package weekly_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math"
	"net/mail"
	"reflect"
	"strings"
	"testing"
	"time"

	"sealpost/internal/archive"
	"sealpost/internal/digest"
	"sealpost/internal/linesum"
	"sealpost/internal/mtasts"
	"sealpost/internal/publication"
	"sealpost/internal/storetest"
	"sealpost/internal/told"
	"sealpost/internal/weekly"
)

var (
	tuesday = time.Date(2026, time.November, 24, 8, 0, 0, 0, time.UTC)
	week    = digest.Last(tuesday)
)

var everybody = told.Audience{Name: told.All, Recipients: []string{"postmaster@meadow.example"}}

func engine(kept archive.Archive, now time.Time) linesum.Engine {
	return linesum.Engine{Reports: kept, Now: func() time.Time { return now }}
}

// noMX has no records.
type noMX struct{}

func (noMX) TXT(context.Context, string) ([]string, error) { return nil, nil }
func (noMX) MX(context.Context, string) ([]string, error)  { return nil, nil }

// world is all that a weekly.Mail works with. A mail system that fails may have
// sent the mail, unless it refuses.
type world struct {
	storetest.Failures // Of the mail system.

	mail    weekly.Mail
	state   *storetest.MemoryState
	reports *storetest.Memory
	shelf   *storetest.Memory
	kept    archive.Archive
	now     time.Time
	sent    []string
	refuses bool
}

const opSend storetest.Op = "send"

// Send implements weekly.Mailer.
func (w *world) Send(_ context.Context, from string, to []string, raw []byte) (string, error) {
	work, err := w.Meet(opSend)
	if w.refuses {
		return "", fmt.Errorf("%w: it is refused", weekly.ErrNotSent)
	}
	if work {
		w.sent = append(w.sent, from+" to "+strings.Join(to, " ")+"\n"+string(raw))
	}
	return fmt.Sprint("id ", len(w.sent)), err
}

// newWorld hosts two domains, and has reports about them and about another: all
// came the day after the week.
func newWorld(t *testing.T) *world {
	t.Helper()
	w := withoutReports(t)
	for key, domain := range map[string]string{"0a": "meadow.example", "0b": "other.example", "0c": "hill.example"} {
		_, err := w.kept.Keep(t.Context(), archive.Line{
			SchemaVersion: archive.SchemaVersion, ReportKey: strings.Repeat(key, 32), ReceivedAt: week.End().Add(time.Hour), Channel: archive.ChannelHTTPS, Trust: archive.TrustNone,
			OrganizationName: "Northwind", ReportID: key, StartDatetime: week.End().AddDate(0, 0, -1), EndDatetime: week.End(),
			Policies: []archive.PolicyResult{{PolicyType: "sts", PolicyDomain: domain, TotalSuccessfulSessionCount: 811}},
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	return w
}

func withoutReports(t *testing.T) *world {
	t.Helper()
	w := &world{state: new(storetest.MemoryState), reports: new(storetest.Memory), shelf: new(storetest.Memory), now: tuesday}
	for _, domain := range []string{"meadow.example", "hill.example"} {
		if _, err := w.state.Publish(t.Context(), publication.Published{Domain: domain, Mode: mtasts.ModeEnforce, Revision: 1, MX: []string{"mx." + domain}}); err != nil {
			t.Fatal(err)
		}
	}
	kept, now := archive.Archive{Bucket: w.reports}, func() time.Time { return w.now }
	w.kept = kept
	w.mail = weekly.Mail{
		Digests: weekly.Digests{
			Engine: linesum.Engine{Reports: kept, Now: now}, Quarantine: kept, Hosting: weekly.HostingIn(w.state, noMX{}), Now: now,
		},
		Shelf:      w.shelf,
		Deliveries: w.state,
		Mailer:     w,
		Sender:     "Sealpost <digest@sealpost.example>",
		Audiences:  []told.Audience{everybody},
	}
	return w
}

// TestSend: one mail for a week and an audience, and what is known of it.
func TestSend(t *testing.T) {
	w := newWorld(t)
	first, now, err := w.mail.Send(t.Context(), week, everybody, false)
	want := told.Delivery{Week: "2026-W47", Audience: "all", State: told.StateSent, Since: tuesday, Mails: 1, ReceiptID: "id 1", Revision: 2}
	if err != nil || !now || first != want {
		t.Fatalf("got %+v, %v, %v; want %+v", first, now, err, want)
	}
	w.now = tuesday.Add(time.Hour)
	if second, now, err := w.mail.Send(t.Context(), week, everybody, false); err != nil || now || second != want {
		t.Errorf("again: %+v, %v, %v; want %+v", second, now, err, want)
	}
	if len(w.sent) != 1 {
		t.Fatalf("sent: %q; want one", w.sent)
	}
	envelope, raw, _ := strings.Cut(w.sent[0], "\n")
	if want := "Sealpost <digest@sealpost.example> to postmaster@meadow.example"; envelope != want {
		t.Errorf("sent from %s; want %s", envelope, want)
	}
	message, err := mail.ReadMessage(bytes.NewReader([]byte(raw)))
	if err != nil {
		t.Fatal(err)
	}
	if id := message.Header.Get("Message-ID"); id != "<tlsrpt-digest.2026-W47.all.1@sealpost.example>" {
		t.Errorf("Message-ID: %s", id)
	}
	if date, err := message.Header.Date(); err != nil || !date.Equal(tuesday) {
		t.Errorf("Date: %s, %v; want %s", date, err, tuesday)
	}
	if !strings.Contains(raw, "meadow.example") || !strings.Contains(raw, "hill.example") || strings.Contains(raw, "other.example") {
		t.Errorf("the message is about the wrong domains:\n%s", raw)
	}
	for ending, has := range map[string]string{".txt": "meadow.example", ".html": "<html", ".json": `"week": "2026-W47"`} {
		kept, err := w.shelf.Get(t.Context(), "digests/2026-W47/all"+ending)
		if err != nil || !strings.Contains(string(kept), has) {
			t.Errorf("kept as %s: %.200q, %v; want %q in it", ending, kept, err, has)
		}
	}
}

// TestEachAudienceIsMailed: with a digest of its domains.
func TestEachAudienceIsMailed(t *testing.T) {
	w := newWorld(t)
	w.mail.Audiences = append(w.mail.Audiences, told.Audience{Name: "hill", Recipients: []string{"a@hill.example", "b@hill.example"}, Domains: []string{"hill.example"}})
	answer, err := w.mail.Answer(t.Context(), []byte(`{"week": "last"}`))
	if err != nil || len(answer.Outcomes) != 2 || len(w.sent) != 2 {
		t.Fatalf("got %+v, %v; sent %q; want two", answer.Outcomes, err, w.sent)
	}
	if !strings.HasSuffix(strings.Split(w.sent[1], "\n")[0], " to a@hill.example b@hill.example") || strings.Contains(w.sent[1], "meadow.example") || !strings.Contains(w.sent[1], "hill.example") {
		t.Errorf("sent %s", w.sent[1])
	}
	if !strings.Contains(w.sent[0], "meadow.example") {
		t.Errorf("sent %s", w.sent[0])
	}
}

// TestOneOfTwoFails: the other audience has its digest all the same, and the next
// call mails what is missing.
func TestOneOfTwoFails(t *testing.T) {
	w := newWorld(t)
	w.mail.Audiences = append(w.mail.Audiences, told.Audience{Name: "hill", Recipients: []string{"a@hill.example"}, Domains: []string{"hill.example"}})
	w.shelf.FailNth(storetest.OpPut, 1, false)
	answer, err := w.mail.Answer(t.Context(), []byte(`{"week": "last"}`))
	if !errors.Is(err, storetest.ErrFailed) || len(w.sent) != 1 || answer.Outcomes[0].Sent || !answer.Outcomes[1].Sent || !answer.Outcomes[1].Now {
		t.Fatalf("got %+v, %v; sent %d", answer.Outcomes, err, len(w.sent))
	}
	answer, err = w.mail.Answer(t.Context(), []byte(`{"week": "last"}`))
	if err != nil || len(w.sent) != 2 || !answer.Outcomes[0].Now || !answer.Outcomes[1].Sent || answer.Outcomes[1].Now {
		t.Errorf("again: %+v, %v; sent %d", answer.Outcomes, err, len(w.sent))
	}
}

// TestRefused: what was certainly not sent is tried again by itself.
func TestRefused(t *testing.T) {
	w := newWorld(t)
	w.refuses = true
	for range 2 {
		if d, now, err := w.mail.Send(t.Context(), week, everybody, false); !errors.Is(err, weekly.ErrNotSent) || now || d.State == told.StateSent {
			t.Fatalf("got %+v, %v, %v; want ErrNotSent", d, now, err)
		}
	}
	w.refuses = false
	if d, now, err := w.mail.Send(t.Context(), week, everybody, false); err != nil || !now || d.Mails != 3 {
		t.Errorf("then: %+v, %v, %v", d, now, err)
	}
}

// TestResend: a person may have another mail sent, with an id of its own, but
// not while one is under way.
func TestResend(t *testing.T) {
	w := newWorld(t)
	w.FailNext(opSend, true)
	_, _, err := w.mail.Send(t.Context(), week, everybody, false)
	if !errors.Is(err, storetest.ErrFailed) || len(w.sent) != 1 || !strings.Contains(err.Error(), "may have gone out all the same") {
		t.Fatalf("%v, sent %d", err, len(w.sent))
	}
	for _, again := range []bool{false, true} {
		if _, _, err := w.mail.Send(t.Context(), week, everybody, again); err == nil || !strings.Contains(err.Error(), "it may be under way until ") || len(w.sent) != 1 {
			t.Errorf("at once: %v, sent %d", err, len(w.sent))
		}
	}
	w.now = tuesday.Add(2*time.Minute - 1)
	var underWay *weekly.UnderWayError
	if _, _, err := w.mail.Send(t.Context(), week, everybody, true); !errors.As(err, &underWay) || !underWay.Delivery.Until.Equal(tuesday.Add(2*time.Minute)) {
		t.Errorf("just before its time is over: %v", err)
	}
	w.now = tuesday.Add(2 * time.Minute)
	var doubt *told.InDoubtError
	if _, _, err := w.mail.Send(t.Context(), week, everybody, false); !errors.As(err, &doubt) || !strings.Contains(err.Error(), "-week 2026-W47 -audience all") || len(w.sent) != 1 {
		t.Errorf("later: %v, sent %d; want it in doubt", err, len(w.sent))
	}
	w.now = tuesday.AddDate(0, 0, -40) // The clock was ahead, and nothing is under way for weeks.
	if _, _, err := w.mail.Send(t.Context(), week, everybody, false); !errors.As(err, &doubt) {
		t.Errorf("by a clock that was set right: %v; want it in doubt", err)
	}
	w.now = tuesday.Add(2 * time.Minute)
	for i := 2; i <= 3; i++ {
		d, now, err := w.mail.Send(t.Context(), week, everybody, true)
		if err != nil || !now || d.Mails != i || len(w.sent) != i || !strings.Contains(w.sent[i-1], fmt.Sprintf("2026-W47.all.%d@", i)) {
			t.Errorf("by order: %+v, %v, %v; sent %d", d, now, err, len(w.sent))
		}
	}
}

// TestReceiptIsOfTheLastMail: while nothing is known of a second mail, the
// delivery does not name the receipt of the first.
func TestReceiptIsOfTheLastMail(t *testing.T) {
	w := newWorld(t)
	for i, order := range []struct {
		fails   bool
		receipt string
	}{{false, "id 1"}, {true, ""}, {false, "id 3"}} {
		if order.fails {
			w.FailNext(opSend, true)
		}
		_, _, err := w.mail.Send(t.Context(), week, everybody, i > 0)
		if order.fails != (err != nil) {
			t.Fatalf("mail %d: %v", i+1, err)
		}
		if d, err := w.state.Delivery(t.Context(), week.String(), told.All); err != nil || d.ReceiptID != order.receipt || d.Mails != i+1 {
			t.Errorf("after mail %d: %+v, %v; want the receipt %q", i+1, d, err, order.receipt)
		}
		w.now = w.now.Add(time.Hour)
	}
}

// TestOvertaken: a mail that took longer than its lease, and was ordered again
// meanwhile, is not noted over the other.
func TestOvertaken(t *testing.T) {
	w := newWorld(t)
	w.InterruptNth(1, func() {
		w.now = w.now.Add(2 * time.Minute)
		if _, now, err := w.mail.Send(t.Context(), week, everybody, true); err != nil || !now {
			t.Errorf("by order: %v, %v", now, err)
		}
	})
	if _, now, err := w.mail.Send(t.Context(), week, everybody, false); err == nil || !now {
		t.Errorf("got %v, %v; want to hear that it is not noted", now, err)
	}
	if d, err := w.state.Delivery(t.Context(), week.String(), told.All); err != nil || d.ReceiptID != "id 1" || d.Mails != 2 || len(w.sent) != 2 {
		t.Errorf("noted %+v, %v; sent %d", d, err, len(w.sent))
	}
}

// repeating is a store whose answers are lost once, and whose client then sends the
// same write again.
type repeating struct{ told.DeliveryStore }

func (r repeating) SetDelivery(ctx context.Context, d told.Delivery) (bool, error) {
	done, err := r.DeliveryStore.SetDelivery(ctx, d)
	if d.State == told.StateSent && err == nil {
		return r.DeliveryStore.SetDelivery(ctx, d)
	}
	return done, err
}

func TestAnswerOfStoreIsLost(t *testing.T) {
	w := newWorld(t)
	w.mail.Deliveries = repeating{w.mail.Deliveries}
	if d, now, err := w.mail.Send(t.Context(), week, everybody, false); err != nil || !now || d.State != told.StateSent {
		t.Errorf("got %+v, %v, %v; want it mailed", d, now, err)
	}
}

// TestMailedAt: only of a digest that was mailed.
func TestMailedAt(t *testing.T) {
	w := newWorld(t)
	mailedAt := func() time.Time {
		t.Helper()
		at, err := weekly.MailedAt(t.Context(), w.state, week, told.All)
		if err != nil {
			t.Fatal(err)
		}
		return at
	}
	if at := mailedAt(); !at.IsZero() {
		t.Errorf("before: %s", at)
	}
	w.refuses = true
	w.mail.Send(t.Context(), week, everybody, false) //nolint:errcheck // It is refused.
	if at := mailedAt(); !at.IsZero() {
		t.Errorf("refused: %s", at)
	}
	w.refuses = false
	w.FailNext(opSend, true)
	w.mail.Send(t.Context(), week, everybody, false) //nolint:errcheck // It is in doubt.
	if at := mailedAt(); !at.IsZero() {
		t.Errorf("in doubt: %s", at)
	}
	w.now = tuesday.Add(time.Hour)
	if _, _, err := w.mail.Send(t.Context(), week, everybody, true); err != nil || !mailedAt().Equal(w.now) {
		t.Errorf("mailed: %v, %s", err, mailedAt())
	}
}

// TestWhatCounts: quarantine of the days of the week, and under another policy type
// than tlsa not what is reported about an MX host.
func TestWhatCounts(t *testing.T) {
	w := withoutReports(t)
	for key, policyType := range map[string]string{"0a": "tlsa", "0b": "sts", "0c": "no-policy-found"} {
		if _, err := w.kept.Keep(t.Context(), archive.Line{
			ReportKey: strings.Repeat(key, 32), ReceivedAt: week.End(), Trust: archive.TrustNone, OrganizationName: "Northwind", ReportID: key,
			StartDatetime: week.Start(), EndDatetime: week.End(), Policies: []archive.PolicyResult{{PolicyType: policyType, PolicyDomain: "mx.hill.example"}},
		}); err != nil {
			t.Fatal(err)
		}
	}
	for i, at := range []time.Time{week.Start().Add(-1), week.Start(), week.End().Add(-1), week.End()} {
		if _, err := w.kept.Quarantine(t.Context(), archive.Quarantined{Reason: archive.ReasonInvalid, ReceivedAt: at, Body: []byte{byte(i)}}); err != nil {
			t.Fatal(err)
		}
	}
	d, err := w.mail.Digests.Of(t.Context(), week, time.Time{})
	if err != nil || d.Reports != 1 {
		t.Errorf("%d reports count, %v; want the one about DANE", d.Reports, err)
	}
	for _, f := range d.Findings {
		if f.Kind == digest.KindInQuarantine && !strings.Contains(f.Text(), "2") {
			t.Errorf("got %q; want 2 in quarantine", f.Text())
		}
	}
}

// TestNotedThoughCalledOff: whoever waits no longer leaves no doubt behind.
func TestNotedThoughCalledOff(t *testing.T) {
	for _, refuses := range []bool{false, true} {
		w := newWorld(t)
		w.refuses = refuses
		ctx, callOff := context.WithCancel(t.Context())
		w.InterruptNth(1, callOff)
		w.mail.Send(ctx, week, everybody, false) //nolint:errcheck // What is noted counts.
		want := map[bool]told.State{false: told.StateSent, true: told.StateNotSent}[refuses]
		if d, err := w.state.Delivery(t.Context(), week.String(), told.All); err != nil || d.State != want {
			t.Errorf("it is noted as %q, %v; want %q", d.State, err, want)
		}
	}
}

// crash ends a process where it stands.
type crash struct{}

// crashes says whether call does.
func crashes(call func()) (crashed bool) {
	defer func() {
		if what := recover(); what != nil {
			if _, is := what.(crash); !is {
				panic(what)
			}
			crashed = true
		}
	}()
	call()
	return false
}

// parts are the places in which something can go wrong, and how often each is
// called for a mail.
var parts = map[string]struct {
	of    func(*world) *storetest.Failures
	calls int
}{
	"state":       {func(w *world) *storetest.Failures { return &w.state.Failures }, 6},
	"shelf":       {func(w *world) *storetest.Failures { return &w.shelf.Failures }, 3},
	"mail system": {func(w *world) *storetest.Failures { return &w.Failures }, 1},
}

// wrongs are what can go wrong at a call.
var wrongs = map[string]func(w *world, part *storetest.Failures, call int){
	"it fails":                  func(_ *world, part *storetest.Failures, call int) { part.FailNth(storetest.OpAny, call, false) },
	"it fails when it is done":  func(_ *world, part *storetest.Failures, call int) { part.FailNth(storetest.OpAny, call, true) },
	"the program ends before":   func(_ *world, part *storetest.Failures, call int) { part.InterruptNth(call, func() { panic(crash{}) }) },
	"another program is faster": func(w *world, part *storetest.Failures, call int) { part.InterruptNth(call, w.attempt) },
	"another program is faster, and this one ends": func(w *world, part *storetest.Failures, call int) {
		part.InterruptNth(call, func() { w.attempt(); panic(crash{}) })
	},
	"it hangs until another program has passed": func(w *world, part *storetest.Failures, call int) {
		part.InterruptNth(call, func() { w.now = w.now.Add(3 * time.Minute); w.attempt() })
	},
}

// TestOneMail lets two things go wrong, at any calls of the first two attempts.
// Whatever they are, there are never two mails; and once nothing goes wrong any
// more there is one, or a doubt that somebody is told of.
func TestOneMail(t *testing.T) {
	ends := make(map[string]int)
	for firstPart, first := range parts {
		for firstWrong, goesWrong := range wrongs {
			for secondPart, second := range parts {
				for secondWrong, goesWrongToo := range wrongs {
					for i := 1; i <= first.calls; i++ {
						for j := 1; j <= second.calls; j++ {
							w := withoutReports(t)
							goesWrong(w, first.of(w), i)
							crashes(w.attempt)
							w.now = w.now.Add(time.Minute)
							goesWrongToo(w, second.of(w), j)
							crashes(w.attempt)
							end := w.end()
							if end == "" || len(w.sent) > 1 {
								t.Fatalf("%s, call %d: %s; then %s, call %d: %s; %d mails", firstPart, i, firstWrong, secondPart, j, secondWrong, len(w.sent))
							}
							ends[end]++
						}
					}
				}
			}
		}
	}
	if ends[inDoubt] == 0 || ends[mailed] < ends[inDoubt] {
		t.Errorf("it ended %v", ends)
	}
	t.Logf("it ended %v", ends)
}

// How it may end.
const (
	mailed  = "with a mail"
	inDoubt = "in doubt"
)

// attempt is one call. What becomes of it is looked at in the end.
func (w *world) attempt() {
	w.mail.Send(context.Background(), week, everybody, false) //nolint:errcheck // See above.
}

// end calls once more, when all is well and whoever was at it is done.
func (w *world) end() string {
	for _, part := range parts {
		part.of(w).InterruptNth(math.MaxInt, nil)
		part.of(w).FailNth("nothing", 1, false)
	}
	w.now = w.now.Add(45 * time.Minute)
	_, _, err := w.mail.Send(context.Background(), week, everybody, false)
	var doubt *told.InDoubtError
	switch {
	case errors.As(err, &doubt):
		return inDoubt
	case err == nil && len(w.sent) == 1:
		return mailed
	default:
		return ""
	}
}

// TestKeptBeforeMailed: whatever was mailed can be read.
func TestKeptBeforeMailed(t *testing.T) {
	for call := 1; call <= 3; call++ {
		w := newWorld(t)
		w.shelf.FailNth(storetest.OpPut, call, false)
		if _, _, err := w.mail.Send(t.Context(), week, everybody, false); !errors.Is(err, storetest.ErrFailed) || len(w.sent) > 0 {
			t.Errorf("call %d: %v, sent %d", call, err, len(w.sent))
		}
		if d, err := w.state.Delivery(t.Context(), week.String(), told.All); err != nil || !reflect.DeepEqual(d, told.Delivery{}) {
			t.Errorf("call %d: %+v, %v; want nothing begun", call, d, err)
		}
	}
}

// TestKeepingTakesNoneOfTheTime that a mail may be under way: else it would be in
// doubt before it is sent.
func TestKeepingTakesNoneOfTheTime(t *testing.T) {
	w := newWorld(t)
	w.shelf.InterruptNth(3, func() { w.now = w.now.Add(3 * time.Minute) })
	w.InterruptNth(1, func() {
		_, _, err := w.mail.Send(t.Context(), week, everybody, false)
		if err == nil || !strings.Contains(err.Error(), "it may be under way until ") {
			t.Errorf("while it is mailed: %v; want to hear that it is", err)
		}
	})
	if _, now, err := w.mail.Send(t.Context(), week, everybody, false); err != nil || !now {
		t.Errorf("it was sent: %v, %v", now, err)
	}
}

// TestDigestOf: reports that came after the week count, up to now.
func TestDigestOf(t *testing.T) {
	w := newWorld(t)
	d, err := w.mail.Digests.Of(t.Context(), week, time.Time{})
	if err != nil || len(d.Domains) != 2 || d.Reports != 2 || !d.OtherDomains {
		t.Errorf("got %+v, %v", d, err)
	}
	w.now = week.End().Add(-time.Hour)
	if d, err := w.mail.Digests.Of(t.Context(), week, time.Time{}); err != nil || d.Reports != 0 {
		t.Errorf("before they came: %+v, %v", d, err)
	}
}

// TestRunningWeek: the digest says so.
func TestRunningWeek(t *testing.T) {
	w := newWorld(t)
	for at, want := range map[time.Time]bool{week.End(): false, week.End().Add(-1): true} {
		w.now = at
		if d, err := w.mail.Digests.Of(t.Context(), week, time.Time{}); err != nil || d.Running != want {
			t.Errorf("at %s: running %v, %v", at, d.Running, err)
		}
	}
}

// TestFailures: half a digest is never sent, and nobody is mailed whose address
// is none.
func TestFailures(t *testing.T) {
	for name, breaks := range map[string]func(*world){
		"the directory":          func(w *world) { w.state.FailNext(storetest.OpAllPublished, true) },
		"a report":               func(w *world) { w.reports.FailNext(storetest.OpGet, false) },
		"the list of reports":    func(w *world) { w.reports.FailNext(storetest.OpList, true) },
		"the list of statuses":   func(w *world) { w.state.FailNext(storetest.OpAllStatuses, true) },
		"the list of quarantine": func(w *world) { w.reports.FailNth(storetest.OpList, 60, true) }, // After the days of the reports.
	} {
		w := newWorld(t)
		breaks(w)
		_, now, err := w.mail.Send(t.Context(), week, everybody, false)
		if !errors.Is(err, storetest.ErrFailed) || now || len(w.sent) > 0 {
			t.Errorf("%s fails: %v, sent %q; want that error", name, err, w.sent)
		}
	}
	w := newWorld(t)
	nobody := told.Audience{Name: told.All, Recipients: []string{"nobody"}}
	if _, now, err := w.mail.Send(t.Context(), week, nobody, false); err == nil || now || len(w.sent) > 0 {
		t.Errorf("to nobody: %v, sent %q", err, w.sent)
	}
}

func TestNames(t *testing.T) {
	for name, good := range map[string]bool{
		"all": true, "a": true, "noc-2": true, strings.Repeat("a", 40): true,
		"": false, "-a": false, "a-": false, "All": false, "a b": false, "a#b": false, "a/b": false, ".": false, "ü": false, strings.Repeat("a", 41): false,
	} {
		if err := told.CheckName(name); (err == nil) != good {
			t.Errorf("%q: %v; want it good: %v", name, err, good)
		}
	}
}

package alert_test

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"sealpost/internal/alert"
	"sealpost/internal/mtasts"
	"sealpost/internal/publication"
	"sealpost/internal/storetest"
	"sealpost/internal/tlsrpt"
)

var update = flag.Bool("update", false, "write the expected texts anew")

var morning = time.Date(2026, time.November, 24, 5, 30, 0, 0, time.UTC)

// world is where people are told of the failures of some domains.
type world struct {
	storetest.Failures // Of whoever tells.

	alerts   alert.Alerts
	state    *storetest.MemoryState
	now      time.Time
	subjects []string
	texts    []string
}

const opTell storetest.Op = "tell"

// Tell implements alert.Teller.
func (w *world) Tell(_ context.Context, subject, text string) error {
	work, err := w.Meet(opTell)
	if work {
		w.subjects, w.texts = append(w.subjects, subject), append(w.texts, text)
	}
	return err
}

// newWorld hosts a domain in each mode.
func newWorld(t *testing.T) *world {
	t.Helper()
	w := &world{state: new(storetest.MemoryState), now: morning}
	for _, mode := range []mtasts.Mode{mtasts.ModeEnforce, mtasts.ModeTesting, mtasts.ModeNone} {
		w.host(t, string(mode)+".example", mode)
	}
	w.alerts = alert.Alerts{
		Hosted:    publication.Hosted{Published: w.state, Directory: w.state},
		Published: w.state,
		Days:      w.state,
		Teller:    w,
		Now:       func() time.Time { return w.now },
	}
	return w
}

func (w *world) host(t *testing.T, domain string, mode mtasts.Mode) {
	t.Helper()
	w.list(t, domain, mode, "mx1."+domain, "*.mx."+domain)
}

// list hosts a domain whose policy lists some MX hosts.
func (w *world) list(t *testing.T, domain string, mode mtasts.Mode, mx ...string) {
	t.Helper()
	p := publication.Published{Domain: domain, Mode: mode, MX: mx, Revision: 1}
	if done, err := w.state.Publish(t.Context(), p); err != nil || !done {
		t.Fatal(done, err)
	}
}

func failed(resultType tlsrpt.ResultType, mx string, sessions int64) tlsrpt.FailureDetails {
	return tlsrpt.FailureDetails{ResultType: resultType, ReceivingMXHostname: mx, FailedSessionCount: sessions}
}

// result has as many failed sessions in all as its details have, or one.
func result(policyType tlsrpt.PolicyType, domain string, details ...tlsrpt.FailureDetails) tlsrpt.PolicyResult {
	total := int64(0)
	for _, d := range details {
		total += d.FailedSessionCount
	}
	return tlsrpt.PolicyResult{
		Policy:         tlsrpt.Policy{Type: policyType, Domain: domain},
		Summary:        tlsrpt.Summary{TotalSuccessfulSessionCount: 5, TotalFailureSessionCount: max(total, 1)},
		FailureDetails: details,
	}
}

func report(policies ...tlsrpt.PolicyResult) tlsrpt.Report {
	day := morning.Truncate(24 * time.Hour)
	return tlsrpt.Report{
		OrganizationName: "Northwind", ReportID: "2026-11-23-enforce.example", ContactInfo: "tls@northwind.example",
		DateRange: tlsrpt.DateRange{Start: day.AddDate(0, 0, -1), End: day}, Policies: policies,
	}
}

func (w *world) vouched(t *testing.T, r tlsrpt.Report) {
	t.Helper()
	if err := w.alerts.Vouched(t.Context(), r, "northwind.example"); err != nil {
		t.Fatal(err)
	}
}

var expired = result(tlsrpt.PolicySTS, "enforce.example", failed(tlsrpt.ResultCertificateExpired, "mx1.enforce.example", 12))

// TestWhatIsTold: what keeps mail away from a domain in mode enforce, and nothing
// else.
func TestWhatIsTold(t *testing.T) {
	none := result(tlsrpt.PolicySTS, "enforce.example")
	none.Summary.TotalFailureSessionCount = 0
	for name, test := range map[string]struct {
		result tlsrpt.PolicyResult
		told   string
	}{
		"a failure":                     {expired, "[TLS-RPT] enforce.example: certificate-expired at mx1.enforce.example"},
		"a total alone":                 {result(tlsrpt.PolicySTS, "enforce.example"), "[TLS-RPT] enforce.example: failure without a result type"},
		"under DANE":                    {result(tlsrpt.PolicyTLSA, "enforce.example", failed(tlsrpt.ResultTLSAInvalid, "mx1.enforce.example", 1)), "[TLS-RPT] enforce.example: tlsa-invalid at mx1.enforce.example"},
		"of an MX host":                 {result(tlsrpt.PolicyTLSA, "mx1.enforce.example", failed(tlsrpt.ResultTLSAInvalid, "", 1)), "[TLS-RPT] mx1.enforce.example: tlsa-invalid"},
		"of an MX host, by a wildcard":  {result(tlsrpt.PolicyTLSA, "a.mx.enforce.example"), "[TLS-RPT] a.mx.enforce.example: failure without a result type"},
		"of an MX host, not under DANE": {result(tlsrpt.PolicySTS, "mx1.enforce.example", failed(tlsrpt.ResultCertificateExpired, "", 1)), ""},
		"of an MX host in mode testing": {result(tlsrpt.PolicyTLSA, "mx1.testing.example", failed(tlsrpt.ResultTLSAInvalid, "", 1)), ""},
		"of an MX host of nobody":       {result(tlsrpt.PolicyTLSA, "mx1.else.example", failed(tlsrpt.ResultTLSAInvalid, "", 1)), ""},
		"without a policy":              {result(tlsrpt.PolicyNotFound, "enforce.example", failed(tlsrpt.ResultCertificateExpired, "mx1.enforce.example", 1)), ""},
		"under another policy":          {result("other", "enforce.example", failed(tlsrpt.ResultCertificateExpired, "mx1.enforce.example", 1)), ""},
		"none":                          {none, ""},
		"in mode testing":               {result(tlsrpt.PolicySTS, "testing.example", failed(tlsrpt.ResultCertificateExpired, "mx1.testing.example", 1)), ""},
		"in mode none":                  {result(tlsrpt.PolicySTS, "none.example", failed(tlsrpt.ResultCertificateExpired, "mx1.none.example", 1)), ""},
		"of somebody else":              {result(tlsrpt.PolicySTS, "else.example", failed(tlsrpt.ResultCertificateExpired, "mx1.else.example", 1)), ""},
		"of no domain":                  {result(tlsrpt.PolicySTS, "", failed(tlsrpt.ResultCertificateExpired, "mx1.else.example", 1)), ""},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			w.vouched(t, report(test.result))
			if got := strings.Join(w.subjects, "; "); got != test.told {
				t.Errorf("told %q; want %q", got, test.told)
			}
		})
	}
}

// TestModeOfTheReport: a sender went by the policy that the report has, and not by
// what is served now.
func TestModeOfTheReport(t *testing.T) {
	const told = "[TLS-RPT] %s: certificate-expired at mx1.%[1]s"
	for name, test := range map[string]struct {
		domain string
		lines  []string
		told   bool
	}{
		"testing, and now enforce":    {"enforce.example", []string{"version: STSv1", "mode: testing", "mx: mx1.enforce.example", "max_age: 86400"}, false},
		"none, and now enforce":       {"enforce.example", []string{"version: STSv1", "mode: none", "max_age: 86400"}, false},
		"in one text":                 {"enforce.example", []string{"version: STSv1\r\nmode: testing\r\nmx: mx1.enforce.example\r\nmax_age: 86400\r\n"}, false},
		"with line ends of their own": {"enforce.example", []string{"version: STSv1\r\n", "mode: testing\r\n", "max_age: 86400\r\n"}, false},
		"enforce":                     {"enforce.example", []string{"version: STSv1", "mode: enforce", "mx: mx1.enforce.example", "max_age: 86400"}, true},
		"enforce, and now testing":    {"testing.example", []string{"version: STSv1", "mode: enforce", "mx: mx1.testing.example", "max_age: 86400"}, true},
		"enforce, and now none":       {"none.example", []string{"version: STSv1", "mode: enforce", "mx: mx1.none.example", "max_age: 86400"}, true},
		"no mode":                     {"enforce.example", []string{"version: STSv1", "max_age: 86400"}, true},
		"no mode, and now testing":    {"testing.example", []string{"version: STSv1", "max_age: 86400"}, false},
		"an unknown mode":             {"enforce.example", []string{"version: STSv1", "mode: strict", "max_age: 86400"}, true},
		"enforce of somebody else":    {"else.example", []string{"version: STSv1", "mode: enforce", "mx: mx1.else.example", "max_age: 86400"}, false},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			r := result(tlsrpt.PolicySTS, test.domain, failed(tlsrpt.ResultCertificateExpired, "mx1."+test.domain, 1))
			r.Policy.Strings = test.lines
			w.vouched(t, report(r))
			want := ""
			if test.told {
				want = fmt.Sprintf(told, test.domain)
			}
			if got := strings.Join(w.subjects, "; "); got != want {
				t.Errorf("told %q; want %q", got, want)
			}
		})
	}
}

// TestOnceADay: the same is told once, something else at once, and the same again
// the next day.
func TestOnceADay(t *testing.T) {
	w := newWorld(t)
	at := func(mx string) tlsrpt.Report {
		return report(result(tlsrpt.PolicySTS, "enforce.example", failed(tlsrpt.ResultCertificateExpired, mx, 1)))
	}
	for i, step := range []struct {
		report tlsrpt.Report
		later  time.Duration
		told   bool
	}{
		{report(expired), 0, true},
		{report(expired), 0, false},
		{report(expired), 2 * time.Hour, false},
		{at("MX1.enforce.example"), 0, false},
		{at("a.mx.enforce.example"), 0, true},
		{at("b.mx.enforce.example"), 0, false}, // The same mx line.
		{at("old.enforce.example"), 0, true},
		{at("older.enforce.example"), 0, false}, // Of a host that is none of the policy's, anybody may have made up the name.
		{report(result(tlsrpt.PolicySTS, "enforce.example", failed(tlsrpt.ResultCertificateNotTrusted, "mx1.enforce.example", 1))), 0, true},
		{report(result(tlsrpt.PolicySTS, "enforce.example", failed("made-up", "mx1.enforce.example", 1))), 0, true},
		{report(result(tlsrpt.PolicySTS, "enforce.example", failed("made-up-too", "mx1.enforce.example", 1))), 0, false},
		{report(result(tlsrpt.PolicyTLSA, "enforce.example", failed(tlsrpt.ResultCertificateExpired, "mx1.enforce.example", 1))), 0, true},
		{report(expired), 16 * time.Hour, false}, // 23:30 UTC.
		{report(expired), time.Hour, true},
		{report(expired), -time.Hour, false}, // By a clock that is behind.
		{report(expired), 40 * 24 * time.Hour, true},
		{report(expired), -40 * 24 * time.Hour, true}, // That clock was ahead.
		{report(expired), 0, false},
	} {
		before := len(w.texts)
		w.now = w.now.Add(step.later)
		w.vouched(t, step.report)
		if told := len(w.texts) > before; told != step.told {
			t.Errorf("step %d: told %v; want %v", i+1, told, step.told)
		}
	}
}

// TestTellingPastMidnight: who began to tell of a failure yesterday, and ends today
// while something else was told already, has told nothing of today.
func TestTellingPastMidnight(t *testing.T) {
	w := newWorld(t)
	w.now = morning.Truncate(24 * time.Hour).Add(-time.Second)
	w.InterruptNth(1, func() {
		w.now = w.now.Add(2 * time.Second)
		w.vouched(t, report(result(tlsrpt.PolicySTS, "enforce.example", failed(tlsrpt.ResultCertificateNotTrusted, "mx1.enforce.example", 1))))
	})
	w.vouched(t, report(expired))
	w.vouched(t, report(expired))
	if len(w.texts) != 3 {
		t.Errorf("told %q; want the failure told again on the new day", w.subjects)
	}
}

// TestFailuresByPolicy: of a failure that is reported under a policy in mode enforce
// and without a policy, only the first counts once another policy is served.
func TestFailuresByPolicy(t *testing.T) {
	w := newWorld(t)
	unknown := result(tlsrpt.PolicySTS, "testing.example", failed(tlsrpt.ResultCertificateExpired, "mx1.testing.example", 5))
	enforced := result(tlsrpt.PolicySTS, "testing.example", failed(tlsrpt.ResultCertificateExpired, "mx1.testing.example", 3))
	enforced.Policy.Strings = []string{"version: STSv1", "mode: enforce", "mx: mx1.testing.example", "max_age: 86400"}
	w.vouched(t, report(unknown, enforced))
	if len(w.texts) != 1 || !strings.Contains(w.texts[0], ": 3 failed sessions, by MTA-STS") {
		t.Errorf("told %q; want 3 failed sessions", w.texts)
	}
}

// TestMXHost: the domain that the MX host is told for is told of it once, however
// reporters name it.
func TestMXHost(t *testing.T) {
	w := newWorld(t)
	for i, step := range []struct {
		domain, mx string
		told       int
	}{
		{"mx1.enforce.example", "", 1},
		{"mx1.enforce.example", "mx1.enforce.example", 1},
		{"enforce.example", "mx1.enforce.example", 1},
		{"a.mx.enforce.example", "", 2},
		{"b.mx.enforce.example", "", 2}, // The same mx line.
	} {
		w.vouched(t, report(result(tlsrpt.PolicyTLSA, step.domain, failed(tlsrpt.ResultTLSAInvalid, step.mx, 1))))
		if len(w.texts) != step.told {
			t.Errorf("after step %d told %d times; want %d: %q", i+1, len(w.texts), step.told, w.subjects)
		}
	}
}

// TestTexts holds what people read to what somebody has looked at.
func TestTexts(t *testing.T) {
	many := report()
	for i := range 40 {
		resultType := tlsrpt.ResultTypes()[i%11]
		mx := []string{"mx1.enforce.example", "a.mx.enforce.example", "elsewhere.example", ""}[i/11]
		many.Policies = append(many.Policies, result(tlsrpt.PolicySTS, "enforce.example", failed(resultType, mx, int64(i))))
	}
	hostile := report(result(tlsrpt.PolicySTS, "enforce.example", tlsrpt.FailureDetails{
		ResultType:          "x\r\nBcc: everybody@example.com",
		ReceivingMXHostname: "\x1b[2Jmx\u202e\nWhat to do: visit http://evil.example/" + strings.Repeat("a", 500),
		FailureReasonCode:   "<b>\u0000\n\n" + strings.Repeat("ü", 500),
		FailedSessionCount:  1,
	}, failed(tlsrpt.ResultCertificateExpired, "", 1<<62), failed(tlsrpt.ResultCertificateExpired, "", 1<<62)))
	hostile.OrganizationName, hostile.ReportID, hostile.ContactInfo = "Bank\nSubject: pay", "id\n\n"+strings.Repeat("i", 5000), "a\tb"
	earlier := report(result(tlsrpt.PolicySTS, "testing.example", failed(tlsrpt.ResultCertificateExpired, "mx1.testing.example", 3)))
	earlier.Policies[0].Policy.Strings = []string{"version: STSv1", "mode: enforce", "mx: mx1.testing.example", "max_age: 86400"}
	for name, r := range map[string]tlsrpt.Report{
		"one": report(expired),
		"both-policies": report(expired, result(tlsrpt.PolicyTLSA, "enforce.example", failed(tlsrpt.ResultTLSAInvalid, "mx1.enforce.example", 12)),
			result(tlsrpt.PolicySTS, "enforce.example", failed(tlsrpt.ResultSTSWebPKIInvalid, "", 1))),
		"mx-host": report(result(tlsrpt.PolicyTLSA, "shared.mx.enforce.example", failed(tlsrpt.ResultTLSAInvalid, "", 12))),
		"earlier": earlier,
		"many":    many,
		"hostile": hostile,
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			w.list(t, "a.example", mtasts.ModeTesting, "shared.mx.enforce.example")
			w.list(t, "z.example", mtasts.ModeEnforce, "shared.mx.enforce.example")
			w.vouched(t, r)
			if len(w.texts) != 1 {
				t.Fatalf("told %d times; want once", len(w.texts))
			}
			if len(w.subjects[0]) > alert.MaxSubject || strings.ContainsFunc(w.subjects[0], func(r rune) bool { return r < ' ' || r > '~' }) {
				t.Errorf("the subject is %q", w.subjects[0])
			}
			golden(t, name+".txt", w.subjects[0]+"\n\n"+w.texts[0])
		})
	}
}

func golden(t *testing.T, name, got string) {
	t.Helper()
	file := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil || string(want) != got {
		t.Errorf("%s: %v; now it is\n%s", file, err, got)
	}
}

// TestFlood: whoever signs reports of his own cannot wake anybody for ever.
func TestFlood(t *testing.T) {
	w := newWorld(t)
	for i := range 1000 {
		r := tlsrpt.ResultTypes()[i%11]
		if i%2 > 0 {
			r = tlsrpt.ResultType(fmt.Sprint("made-up-", i))
		}
		w.vouched(t, report(result(tlsrpt.PolicySTS, "enforce.example", failed(r, fmt.Sprintf("mx%d.enforce.example", i), 1)),
			result(tlsrpt.PolicyTLSA, "enforce.example", failed(r, fmt.Sprintf("h%d.mx.enforce.example", i), 1)),
			result(tlsrpt.PolicyTLSA, fmt.Sprintf("h%d.mx.enforce.example", i), failed(r, "", 1))))
	}
	day, err := w.state.Day(t.Context(), "enforce.example")
	if len(w.texts) > 20 || err != nil || len(day.Causes) > 20 {
		t.Errorf("told %d times, of %d causes, %v", len(w.texts), len(day.Causes), err)
	}
}

// TestLease: one who began to tell has a minute for it; after that another tells.
func TestLease(t *testing.T) {
	for after, underWay := range map[time.Duration]bool{time.Minute - 1: true, time.Minute: false} {
		w := newWorld(t)
		w.FailNext(opTell, false)
		if err := w.alerts.Vouched(t.Context(), report(expired), "northwind.example"); !errors.Is(err, storetest.ErrFailed) {
			t.Fatalf("got %v; want the error of telling", err)
		}
		w.now = w.now.Add(after)
		err := w.alerts.Vouched(t.Context(), report(expired), "northwind.example")
		if errors.Is(err, alert.ErrUnderWay) != underWay || (len(w.texts) == 0) != underWay {
			t.Errorf("after %s: %v, told %d times; want it under way: %v", after, err, len(w.texts), underWay)
		}
	}
}

// TestManyHosts: of one report, few policies are looked at.
func TestManyHosts(t *testing.T) {
	w := newWorld(t)
	r := report()
	for i := range 150 {
		domain := fmt.Sprintf("d%03d.example", i)
		w.host(t, domain, mtasts.ModeTesting)
		r.Policies = append(r.Policies, result(tlsrpt.PolicySTS, domain, failed(tlsrpt.ResultCertificateExpired, "mx1."+domain, 1)))
	}
	w.alerts.Hosted = &publication.Recent{Directory: w.state, Keep: time.Hour, Now: func() time.Time { return w.now }}
	w.state.FailNth(storetest.OpPublished, 101, false)
	w.vouched(t, r)
	if !w.state.FailureAhead() {
		t.Error("more than 100 policies were looked at")
	}
}

// asking notes of how many hosts it is asked.
type asking struct {
	publication.Hosted
	hosts int
}

func (a *asking) WithMX(ctx context.Context, hosts []string) (map[string][]string, error) {
	a.hosts = len(hosts)
	return a.Hosted.WithMX(ctx, hosts)
}

// TestManyMXHosts: nor are many of the hosts that a report names in place of domains.
func TestManyMXHosts(t *testing.T) {
	w := newWorld(t)
	hosted := &asking{Hosted: publication.Hosted{Published: w.state, Directory: w.state}}
	w.alerts.Hosted = hosted
	r := report()
	for i := range 150 {
		r.Policies = append(r.Policies, result(tlsrpt.PolicyTLSA, fmt.Sprintf("h%03d.mx.enforce.example", i)))
	}
	w.vouched(t, r)
	if hosted.hosts != 100 {
		t.Errorf("the domains of %d hosts were looked for; want 100", hosted.hosts)
	}
}

// TestManyFailures: of one domain, a report tells of some, of however many hosts a
// reporter makes up the names.
func TestManyFailures(t *testing.T) {
	w := newWorld(t)
	r := result(tlsrpt.PolicySTS, "enforce.example")
	for i := range 300 {
		r.FailureDetails = append(r.FailureDetails, failed(tlsrpt.ResultCertificateExpired, fmt.Sprintf("h%d.else.example", i), 1))
	}
	w.vouched(t, report(r))
	if len(w.subjects) != 1 || !strings.HasSuffix(w.subjects[0], ", and 199 more") {
		t.Errorf("told %q; want 200 failures", w.subjects)
	}
}

// TestManyDomains: of one report, people hear of some.
func TestManyDomains(t *testing.T) {
	w := newWorld(t)
	r := report()
	for i := range 50 {
		domain := fmt.Sprintf("d%d.example", i)
		w.host(t, domain, mtasts.ModeEnforce)
		r.Policies = append(r.Policies, result(tlsrpt.PolicySTS, domain, failed(tlsrpt.ResultCertificateExpired, "mx1."+domain, 1)))
	}
	w.vouched(t, r)
	if len(w.texts) != 10 {
		t.Errorf("told %d times; want 10", len(w.texts))
	}
}

// crash ends a process where it stands.
type crash struct{}

func crashes(call func()) {
	defer func() {
		if what := recover(); what != nil {
			if _, is := what.(crash); !is {
				panic(what)
			}
		}
	}()
	call()
}

// TestNobodyIsLeftUntold lets something go wrong at any call, while another
// report tells the same or not. Whoever gets an error, or ends, comes again, and
// in the end people have been told.
func TestNobodyIsLeftUntold(t *testing.T) {
	parts := map[string]func(*world) *storetest.Failures{
		"state":   func(w *world) *storetest.Failures { return &w.state.Failures },
		"telling": func(w *world) *storetest.Failures { return &w.Failures },
	}
	try := func(w *world) error {
		return w.alerts.Vouched(context.Background(), report(expired), "northwind.example")
	}
	wrongs := map[string]func(w *world, part *storetest.Failures, call int){
		"it fails":                 func(_ *world, part *storetest.Failures, call int) { part.FailNth(storetest.OpAny, call, false) },
		"it fails when it is done": func(_ *world, part *storetest.Failures, call int) { part.FailNth(storetest.OpAny, call, true) },
		"the program ends before":  func(_ *world, part *storetest.Failures, call int) { part.InterruptNth(call, func() { panic(crash{}) }) },
		"another is faster":        func(w *world, part *storetest.Failures, call int) { part.InterruptNth(call, func() { try(w) }) }, //nolint:errcheck // See below.
		"another is faster, and it ends": func(w *world, part *storetest.Failures, call int) {
			part.InterruptNth(call, func() { try(w); panic(crash{}) }) //nolint:errcheck // See below.
		},
	}
	most := make(map[string]int)
	for part, of := range parts {
		for wrong, goesWrong := range wrongs {
			for call := 1; call <= 9; call++ {
				w := newWorld(t)
				goesWrong(w, of(w), call)
				acknowledged := false
				for range 3 {
					crashes(func() { acknowledged = try(w) == nil })
					if acknowledged {
						break
					}
					w.now = w.now.Add(2 * time.Minute)
				}
				day, err := w.state.Snapshot().Day(t.Context(), "enforce.example")
				if !acknowledged || len(w.texts) == 0 || err != nil || len(day.Causes) != 1 {
					t.Errorf("%s, call %d: %s: acknowledged %v, told %d times, %+v, %v", part, call, wrong, acknowledged, len(w.texts), day, err)
				}
				most[wrong] = max(most[wrong], len(w.texts))
			}
		}
	}
	if most["another is faster"] > 1 {
		t.Errorf("with nothing but another, people were told %d times", most["another is faster"])
	}
	t.Logf("told at most %v", maps.Collect(maps.All(most)))
}

// TestFailures: what cannot be told now is an error.
func TestFailures(t *testing.T) {
	mxHost := report(result(tlsrpt.PolicyTLSA, "mx1.enforce.example"))
	for op, r := range map[storetest.Op]tlsrpt.Report{
		storetest.OpPublished: report(expired), storetest.OpDay: report(expired), storetest.OpSetDay: report(expired), storetest.OpAllPublished: mxHost,
	} {
		w := newWorld(t)
		w.state.FailNext(op, false)
		if err := w.alerts.Vouched(t.Context(), r, "northwind.example"); !errors.Is(err, storetest.ErrFailed) || len(w.texts) > 0 {
			t.Errorf("%s fails: %v, told %d times", op, err, len(w.texts))
		}
	}
}

package main

import (
	"bufio"
	"context"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"sealpost/internal/localdir"
	"sealpost/internal/mtasts"
	"sealpost/internal/publication"
)

// service is sealpost local, running in a folder.
type service struct {
	t     *testing.T
	dir   string
	url   string
	lines *bufio.Scanner // The console.
	stop  func() int
}

func start(t *testing.T, dir string, args ...string) *service {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	console, stdout := io.Pipe()
	ended := make(chan int, 1)
	go func() {
		terminal := terminal{name: "sealpost", stdout: stdout, stderr: t.Output(), now: time.Now}
		code := run(ctx, terminal, append([]string{"local", "-dir", dir, "-http", "127.0.0.1:0"}, args...))
		stdout.Close()
		ended <- code
	}()
	s := &service{t: t, dir: dir, lines: bufio.NewScanner(console)}
	s.stop = func() int {
		cancel()
		for s.lines.Scan() { // Nobody may wait for us to read.
		}
		code := <-ended
		ended <- code
		return code
	}
	t.Cleanup(func() { s.stop() })
	s.url = regexp.MustCompile(`http://\S+`).FindString(s.await("Sealpost serves on"))
	s.await("Ctrl-C")
	return s
}

// await gives the next line of the console that has text in it.
func (s *service) await(text string) string {
	s.t.Helper()
	for s.lines.Scan() {
		if strings.Contains(s.lines.Text(), text) {
			return s.lines.Text()
		}
	}
	s.t.Fatalf("the console ended without %q", text)
	return ""
}

func (s *service) edit(domain, item string) {
	s.t.Helper()
	path := filepath.Join(s.dir, "policies", domain+".json")
	if err := os.WriteFile(path+".new", []byte(item), 0o644); err != nil {
		s.t.Fatal(err)
	}
	if err := os.Rename(path+".new", path); err != nil {
		s.t.Fatal(err)
	}
}

func (s *service) policy(host string) (status int, body string) {
	s.t.Helper()
	request, err := http.NewRequestWithContext(s.t.Context(), http.MethodGet, s.url+"/.well-known/mta-sts.txt", nil)
	if err != nil {
		s.t.Fatal(err)
	}
	request.Host = host
	return s.do(request)
}

func (s *service) post(body string) (status int, answer string) {
	s.t.Helper()
	request, err := http.NewRequestWithContext(s.t.Context(), http.MethodPost, s.url+"/v1/reports", strings.NewReader(body))
	if err != nil {
		s.t.Fatal(err)
	}
	return s.do(request)
}

func (s *service) do(request *http.Request) (int, string) {
	s.t.Helper()
	response, err := http.DefaultTransport.RoundTrip(request) // Unlike a client, it follows no redirect.
	if err != nil {
		s.t.Fatal(err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		s.t.Fatal(err)
	}
	return response.StatusCode, string(body)
}

func (s *service) wantPolicy(host string, status int, part string) {
	s.t.Helper()
	if got, body := s.policy(host); got != status || !strings.Contains(body, part) {
		s.t.Errorf("GET for %s: %d %q, want %d with %q", host, got, body, status, part)
	}
}

func TestAnEditIsServedWithoutARestart(t *testing.T) {
	s := start(t, t.TempDir())
	s.wantPolicy("mta-sts.example.com", 200, "mode: testing\n")

	s.edit("example.com", `{"domain":"example.com","mode":"enforce","mx":["mx1.example.com"],"max_age":604800}`)
	s.await("example.com: PUBLISHED, mode enforce")
	s.wantPolicy("mta-sts.example.com", 200, "mode: enforce\nmx: mx1.example.com\nmax_age: 604800\n")

	s.edit("münchen.example", `{"domain":"MÜNCHEN.example","mode":"testing","mx":["*.münchen.example"]}`)
	s.await("xn--mnchen-3ya.example: PUBLISHED")
	s.wantPolicy("mta-sts.xn--mnchen-3ya.example", 200, "mx: *.xn--mnchen-3ya.example\nmax_age: 86400\n")
	s.wantPolicy("MTA-STS.Example.COM.:443", 200, "mx: mx1.example.com\n")
}

func TestABadEditChangesNothingOverARestartToo(t *testing.T) {
	dir := t.TempDir()
	s := start(t, dir)
	s.edit("example.com", `{"domain":"example.com","mode":"enforced","mx":["mx1.example.com","*"],"max_age":60}`)
	s.await("example.com: REFUSED")
	s.await("/mode")
	s.await("served as it was")
	s.wantPolicy("mta-sts.example.com", 200, "mode: testing\n")
	if code := s.stop(); code != exitGood {
		t.Errorf("ended with %d, want %d", code, exitGood)
	}

	s = start(t, dir)
	s.wantPolicy("mta-sts.example.com", 200, "mode: testing\n")

	s.edit("example.com", `{"domain":"example.com","mode":"none","mx":["mx1.example.com"]}`)
	s.await("example.com: PUBLISHED, mode none")
	s.wantPolicy("mta-sts.example.com", 200, "mode: none\nmx: mx1.example.com\n")
}

func TestAHalfWrittenItemIsRefusedAndThenServed(t *testing.T) {
	s := start(t, t.TempDir())
	s.edit("example.com", `{"domain":"example.com","mode":"enf`)
	s.await("REFUSED")
	s.wantPolicy("mta-sts.example.com", 200, "mode: testing\n")
	s.edit("example.com", `{"domain":"example.com","mode":"enforce","mx":["mx1.example.com"]}`)
	s.await("PUBLISHED, mode enforce")
}

// TestAClockThatWasSetBack: what was published by a clock that was ahead is
// served on, and people are told why their edit is not.
func TestAClockThatWasSetBack(t *testing.T) {
	dir := t.TempDir()
	s := start(t, dir)
	body := mtasts.Policy{Mode: mtasts.ModeEnforce, MX: []string{"mx1.example.com"}, MaxAge: 604800}.Render()
	_, err := (&localdir.State{Root: dir}).Publish(t.Context(), publication.Published{
		Domain: "example.com", Body: string(body), ID: mtasts.ID(body), Sequence: publication.SequenceAt(time.Now().AddDate(1, 0, 0)),
	})
	if err != nil {
		t.Fatal(err)
	}
	s.edit("example.com", `{"domain":"example.com","mode":"none","mx":["mx1.example.com"]}`)
	s.await("is not published: what is published has a time that lies ahead of this machine's clock")
	s.wantPolicy("mta-sts.example.com", 200, "mode: enforce\n")
	if err := os.Remove(filepath.Join(dir, "policies", "example.com.json")); err != nil {
		t.Fatal(err)
	}
	s.await("is gone, but the policy of example.com is served on")
	s.wantPolicy("mta-sts.example.com", 200, "mode: enforce\n")
}

func TestARemovedItemIsWithdrawn(t *testing.T) {
	dir := t.TempDir()
	s := start(t, dir)
	if err := os.Remove(filepath.Join(dir, "policies", "example.com.json")); err != nil {
		t.Fatal(err)
	}
	s.await("is gone")
	s.wantPolicy("mta-sts.example.com", 404, "")

	s.edit("example.com", examplePolicy)
	s.await("PUBLISHED")
	s.stop()
	if err := os.Remove(filepath.Join(dir, "policies", "example.com.json")); err != nil {
		t.Fatal(err)
	}
	start(t, dir).wantPolicy("mta-sts.example.com", 404, "")
}

func TestFilesNamedOtherwise(t *testing.T) {
	dir := t.TempDir()
	s := start(t, dir)
	s.edit("bücher.example", `{"domain":"bücher.example","mode":"testing","mx":["mx.bücher.example"]}`)
	s.await("xn--bcher-kva.example: PUBLISHED")
	s.edit("Upper.example", `{"domain":"upper.example","mode":"testing","mx":["mx.upper.example"]}`)
	s.await("upper.example: PUBLISHED")
	s.edit("upper.example", `{"domain":"upper.example","mode":"none","mx":["mx.upper.example"]}`)
	s.await("for the same domain")
	s.wantPolicy("mta-sts.upper.example", 200, "mode: testing")
	s.stop()
	if err := os.Remove(filepath.Join(dir, "policies", "upper.example.json")); err != nil {
		t.Fatal(err)
	}

	s = start(t, dir)
	s.wantPolicy("mta-sts.xn--bcher-kva.example", 200, "mode: testing")
	s.wantPolicy("mta-sts.upper.example", 200, "mode: testing")
}

func TestAFileMayBeRenamed(t *testing.T) {
	dir := t.TempDir()
	s := start(t, dir)
	s.edit("Shop.example", `{"domain":"shop.example","mode":"testing","mx":["mx.shop.example"]}`)
	s.await("shop.example: PUBLISHED")
	from, to := filepath.Join(dir, "policies", "Shop.example.json"), filepath.Join(dir, "policies", "shop.example.json")
	if err := os.Rename(from, to); err != nil {
		t.Fatal(err)
	}
	s.await("is left alone")
	s.await("shop.example: PUBLISHED") // By the new name, once the old one is gone for good.
	s.wantPolicy("mta-sts.shop.example", 200, "mode: testing")
	s.edit("shop.example", `{"domain":"shop.example","mode":"none","mx":["mx.shop.example"]}`)
	s.await("mode none")
}

func TestWithoutItsFolderNothingIsWithdrawn(t *testing.T) {
	dir := t.TempDir()
	s := start(t, dir)
	s.edit("shop.example", `{"domain":"shop.example","mode":"testing","mx":["mx.shop.example"]}`)
	s.await("shop.example: PUBLISHED")
	s.stop()
	if err := os.Rename(filepath.Join(dir, "policies"), filepath.Join(dir, "away")); err != nil {
		t.Fatal(err)
	}
	s = start(t, dir)
	s.wantPolicy("mta-sts.shop.example", 200, "mode: testing")
	if _, err := os.Stat(filepath.Join(dir, "policies")); err == nil {
		t.Error("the folder was made anew")
	}
}

func TestADamagedStateHoldsUpNoOther(t *testing.T) {
	dir := t.TempDir()
	s := start(t, dir)
	s.edit("aaa.example", `{"domain":"aaa.example","mode":"testing","mx":["mx.aaa.example"]}`)
	s.await("aaa.example: PUBLISHED")
	damaged := filepath.Join(dir, "policy_state", "aaa.example", "PUBLISHED.json")
	if err := os.WriteFile(damaged, []byte("{"), 0o644); err != nil {
		t.Fatal(err)
	}
	s.wantPolicy("mta-sts.aaa.example", 503, "")
	s.wantPolicy("mta-sts.example.com", 200, "mode: testing")
	s.stop()

	s = start(t, dir) // What is published is made anew from its item.
	s.wantPolicy("mta-sts.aaa.example", 200, "mode: testing")
	s.wantPolicy("mta-sts.example.com", 200, "mode: testing")
}

func TestAnUnreadableItemIsRefused(t *testing.T) {
	s := start(t, t.TempDir())
	s.edit("example.com", strings.Repeat(" ", 300<<10))
	s.await("example.com: REFUSED")
	s.await("the file cannot be read")
	s.wantPolicy("mta-sts.example.com", 200, "mode: testing")
}

func TestReportsAreThoseOfHostedDomains(t *testing.T) {
	s := start(t, t.TempDir())
	about := func(domain, policyType, id string) string {
		return `{"organization-name":"Sender","date-range":{"start-datetime":"2026-11-16T00:00:00Z","end-datetime":"2026-11-16T23:59:59Z"},
			"contact-info":"tls@sender.example","report-id":"` + id + `","policies":[{"policy":{"policy-type":"` + policyType + `","policy-domain":"` + domain + `"},
			"summary":{"total-successful-session-count":1,"total-failure-session-count":0}}]}`
	}
	for _, c := range []struct {
		name, body string
		status     int
		answer     string
	}{
		{"hosted", about("example.com", "sts", "1"), 201, `"stored"`},
		{"sent again", about("example.com", "sts", "1"), 200, `"duplicate"`},
		{"upper case", about("EXAMPLE.com.", "sts", "2"), 201, `"stored"`},
		{"an MX host under DANE", about("a.backup.example.com", "tlsa", "3"), 201, `"stored"`},
		{"an MX host under MTA-STS", about("a.backup.example.com", "sts", "4"), 404, `"not-hosted"`},
		{"somebody else's", about("other.example", "sts", "5"), 404, "other.example"},
		{"no report", `hello`, 400, `"invalid"`},
	} {
		if status, answer := s.post(c.body); status != c.status || !strings.Contains(answer, c.answer) {
			t.Errorf("%s: %d %s, want %d with %s", c.name, status, answer, c.status, c.answer)
		}
	}
}

func TestTheDigestPageShowsTheExample(t *testing.T) {
	s := start(t, t.TempDir())
	example, err := os.ReadFile(filepath.Join(s.dir, "example-report.json"))
	if err != nil {
		t.Fatal(err)
	}
	if status, answer := s.post(string(example)); status != 201 {
		t.Fatalf("the example report: %d %s", status, answer)
	}
	for _, c := range []struct {
		query  string
		status int
		part   string
	}{
		{"", 200, "a.backup.example.com"},
		{"?week=2001-W07", 200, "no report"},
		{"?week=soon", 400, "soon"},
	} {
		request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, s.url+"/digest"+c.query, nil)
		if err != nil {
			t.Fatal(err)
		}
		if status, page := s.do(request); status != c.status || !strings.Contains(page, c.part) {
			t.Errorf("/digest%s: %d, want %d with %q in:\n%s", c.query, status, c.status, c.part, page)
		}
	}
}

func TestNothingRedirects(t *testing.T) {
	s := start(t, t.TempDir())
	for _, path := range []string{"/", "//v1/reports", "/v1/reports/", "/.well-known/../.well-known/mta-sts.txt", "/digest/"} {
		request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, s.url+path, nil)
		if err != nil {
			t.Fatal(err)
		}
		request.URL.Opaque = path
		if status, _ := s.do(request); status != http.StatusNotFound {
			t.Errorf("GET %s: %d, want 404", path, status)
		}
	}
}

func TestAnAddressInUse(t *testing.T) {
	s := start(t, t.TempDir())
	var said strings.Builder
	terminal := terminal{name: "sealpost", stdout: io.Discard, stderr: &said, now: time.Now}
	code := run(t.Context(), terminal, []string{"local", "-dir", t.TempDir(), "-http", strings.TrimPrefix(s.url, "http://")})
	if code != exitFailed || strings.Count(said.String(), "\n") != 1 || !strings.Contains(said.String(), "another program listens") {
		t.Errorf("ended with %d and said %q", code, said.String())
	}
}

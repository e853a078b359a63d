package main

import (
	"bufio"
	"context"
	"errors"
	"io"
	"io/fs"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"sealpost/internal/mtasts"
)

// service is sealpost local, running in a folder.
type service struct {
	t     *testing.T
	dir   string
	url   string
	smtp  string      // Its address.
	lines chan string // The console.
	stop  func() int

	stderr lockedBuffer
}

// lockedBuffer may be written to and read at the same time.
type lockedBuffer struct {
	lock sync.Mutex
	text strings.Builder
}

func (b *lockedBuffer) Write(p []byte) (int, error) {
	b.lock.Lock()
	defer b.lock.Unlock()
	return b.text.Write(p)
}

func (b *lockedBuffer) String() string {
	b.lock.Lock()
	defer b.lock.Unlock()
	return b.text.String()
}

// awaitError waits until the standard error has text in it.
func (s *service) awaitError(text string) {
	s.t.Helper()
	for deadline := time.Now().Add(patience); !strings.Contains(s.stderr.String(), text); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(deadline) {
			s.t.Fatalf("the standard error does not say %q, but\n%s", text, s.stderr.String())
		}
	}
}

func start(t *testing.T, dir string, options ...string) *service {
	t.Helper()
	return startAt(t, dir, 0, options...)
}

// startAt starts it with a clock that is ahead.
func startAt(t *testing.T, dir string, ahead time.Duration, options ...string) *service {
	t.Helper()
	return startWithClock(t, dir, func() time.Time { return time.Now().Add(ahead) }, options...)
}

func startWithClock(t *testing.T, dir string, clock func() time.Time, options ...string) *service {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	console, stdout := io.Pipe()
	ended := make(chan int, 1)
	s := &service{t: t, dir: dir, lines: make(chan string, 10_000)}
	go func() {
		terminal := terminal{name: "sealpost", stdout: stdout, stderr: io.MultiWriter(t.Output(), &s.stderr), now: clock}
		code := run(ctx, terminal, append([]string{"local", "-dir", dir, "-http", "127.0.0.1:0", "-smtp", "127.0.0.1:0", "-settle", "10ms"}, options...))
		stdout.Close()
		ended <- code
	}()
	go func() {
		defer close(s.lines)
		for scanner := bufio.NewScanner(console); scanner.Scan(); {
			s.lines <- scanner.Text()
		}
	}()
	s.stop = func() int {
		cancel()
		code := <-ended
		ended <- code
		return code
	}
	t.Cleanup(func() { s.stop() })
	s.url = regexp.MustCompile(`http://\S+`).FindString(s.await("Sealpost serves on"))
	s.smtp, _, _ = strings.Cut(strings.TrimPrefix(regexp.MustCompile(`smtp://\S+`).FindString(s.await("  Mail ")), "smtp://"), ",")
	s.await("Ctrl-C")
	return s
}

// patience is far more than anything takes here.
const patience = 30 * time.Second

// await gives the next line of the console that has text in it.
func (s *service) await(text string) string {
	s.t.Helper()
	var said strings.Builder
	for deadline := time.After(patience); ; {
		select {
		case line, more := <-s.lines:
			if strings.Contains(line, text) {
				return line
			}
			if !more {
				s.t.Fatalf("the console ended without %q:\n%s", text, said.String())
			}
			said.WriteString(line + "\n")
		case <-deadline:
			s.t.Fatalf("the console does not say %q, but:\n%s", text, said.String())
		}
	}
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

// remove removes an item.
func (s *service) remove(domain string) {
	s.t.Helper()
	if err := os.Remove(filepath.Join(s.dir, "policies", domain+".json")); err != nil {
		s.t.Fatal(err)
	}
}

// write writes a file of the service's folder.
func (s *service) write(name, text string) {
	s.t.Helper()
	path := filepath.Join(s.dir, filepath.FromSlash(name))
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		s.t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		s.t.Fatal(err)
	}
}

// txt is what the DNS announces for a domain.
func (s *service) txt(domain string) string {
	s.t.Helper()
	text, err := os.ReadFile(filepath.Join(s.dir, "zone", "_mta-sts."+domain+".TXT"))
	if err != nil {
		s.t.Fatal(err)
	}
	return string(text)
}

func TestAnEditBecomesActiveWithoutARestart(t *testing.T) {
	s := start(t, t.TempDir())
	s.wantPolicy("mta-sts.example.com", 200, "mode: testing\n")
	s.await("example.com: ACTIVE")

	s.edit("example.com", `{"domain":"example.com","mode":"testing","mx":["*.backup.example.com","mx1.example.com"],"max_age":604800}`)
	s.await("example.com: CHECKING")
	s.await("example.com: PUBLISHED, mode testing")
	s.await("example.com: LIVE")
	s.await("example.com: ACTIVE")
	s.wantPolicy("mta-sts.example.com", 200, "mode: testing\nmx: *.backup.example.com\nmx: mx1.example.com\nmax_age: 604800\n")
	_, body := s.policy("mta-sts.example.com")
	if want := mtasts.ID([]byte(body)); !strings.Contains(s.txt("example.com"), want) {
		t.Errorf("the DNS has %q, want the id %s", s.txt("example.com"), want)
	}

	s.edit("münchen.example", `{"domain":"MÜNCHEN.example","mode":"testing","mx":["*.münchen.example"],"dns":"cname"}`)
	s.await("xn--mnchen-3ya.example: ACTIVE")
	s.wantPolicy("mta-sts.xn--mnchen-3ya.example", 200, "mx: *.xn--mnchen-3ya.example\nmax_age: 86400\n")
	s.wantPolicy("MTA-STS.Example.COM.:443", 200, "mx: mx1.example.com\n")
}

func TestABadEditChangesNothingOverARestartToo(t *testing.T) {
	dir := t.TempDir()
	s := start(t, dir)
	s.await("ACTIVE")
	s.edit("example.com", `{"domain":"example.com","mode":"enforced","mx":["mx1.example.com","*"],"max_age":60}`)
	s.await("example.com: REFUSED")
	s.await("/mode")
	s.await("What was published before is served on")
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
	s.edit("example.com", `{"domain":"example.com","mode":"testing","mx":["mx1.example.com","a.backup.example.com"]}`)
	s.await("PUBLISHED, mode testing")
}

// TestTheDNSIsLookedAtWhenItIsEdited: what was refused for the DNS passes when
// that is mended, and a record is set again that somebody has broken.
func TestTheDNSIsLookedAtWhenItIsEdited(t *testing.T) {
	s := start(t, t.TempDir())
	s.await("ACTIVE")
	s.edit("example.com", `{"domain":"example.com","mode":"testing","mx":["mx1.example.com"]}`)
	s.await("example.com: REFUSED")
	s.await("(rule mx-still-listed)")
	s.write("zone/example.com.MX", "mx1.example.com\n")
	s.await("example.com: PUBLISHED")
	s.await("example.com: ACTIVE")

	ours := s.txt("example.com")
	s.write("zone/_mta-sts.example.com.TXT", "v=STSv1; id=somebodyelse;\n")
	s.await("example.com: REFUSED, it is served, but cannot be announced:")
	s.await("somebodyelse")
	s.await(`"rules": ["txt-foreign"]`)
	s.write("zone/_mta-sts.example.com.TXT", ours)
	s.await("example.com: ACTIVE")
}

func TestARemovedItemRetiresAndMayComeBack(t *testing.T) {
	dir := t.TempDir()
	s := start(t, dir)
	s.await("ACTIVE")
	s.remove("example.com")
	s.await("example.com: RETIRING")
	s.await("put its item back")
	s.wantPolicy("mta-sts.example.com", 200, "mode: none\n")

	s.edit("example.com", examplePolicy)
	s.await("example.com: ACTIVE")
	s.wantPolicy("mta-sts.example.com", 200, "mode: testing\n")
	s.stop()
	s.remove("example.com")
	start(t, dir).wantPolicy("mta-sts.example.com", 200, "mode: none\n")
}

// TestRetirementIsSeenThroughToItsEnd, over a restart for each step, with the
// clock of the program as it would be by then.
func TestRetirementIsSeenThroughToItsEnd(t *testing.T) {
	dir := t.TempDir()
	s := start(t, dir)
	s.await("ACTIVE")
	before := s.txt("example.com")
	s.remove("example.com")
	s.await("RETIRING")
	for deadline := time.Now().Add(patience); s.txt("example.com") == before; {
		if time.Now().After(deadline) {
			t.Fatalf("mode none is not announced; the record is %s", before)
		}
	}
	s.stop()

	s = startAt(t, dir, 26*time.Hour) // The policy had a max_age of a day.
	for deadline := time.Now().Add(patience); ; {
		_, err := os.Stat(filepath.Join(dir, "zone", "_mta-sts.example.com.TXT"))
		if errors.Is(err, fs.ErrNotExist) {
			break
		}
		if time.Now().After(deadline) {
			t.Fatalf("the TXT record is there still: %v", err)
		}
	}
	s.wantPolicy("mta-sts.example.com", 200, "mode: none\n")
	s.stop()

	s = startAt(t, dir, 28*time.Hour)
	s.await("example.com: RETIRED")
	s.wantPolicy("mta-sts.example.com", 404, "")
}

// TestAnEditorThatPutsTheOldFileAway: while a file is being saved, its domain
// does not retire.
func TestAnEditorThatPutsTheOldFileAway(t *testing.T) {
	site, err := newSite(t.TempDir(), acceptHosted, time.Now)
	if err != nil {
		t.Fatal(err)
	}
	if err := site.prepare(); err != nil {
		t.Fatal(err)
	}
	var said strings.Builder
	edits, _ := site.machine(terminal{stdout: &said, stderr: t.Output(), now: time.Now}, &net.TCPAddr{}, time.Hour)
	if err := edits.begin(t.Context()); err != nil {
		t.Fatal(err)
	}
	file := site.items.Path(exampleDomain)
	if err := os.Rename(file, file+"~"); err != nil {
		t.Fatal(err)
	}
	for look := range 20 {
		edits.waiting[exampleDomain] = true // Something else asks for it.
		if err := edits.look(t.Context()); err != nil {
			t.Fatal(err)
		}
		gone := strings.Contains(said.String(), "RETIRING")
		if look < 3 && gone || look == 19 && !gone {
			t.Errorf("after %d looks without the file, it was said:\n%s", look+1, said.String())
		}
		if look == 3 { // The new file is there after a second; then it goes for good.
			writeFile(t, file, strings.ReplaceAll(examplePolicy, "86400", "86401"))
			if err := errors.Join(edits.look(t.Context()), os.Remove(file)); err != nil {
				t.Fatal(err)
			}
			if served, _, err := site.state.Published(t.Context(), exampleDomain); err != nil || served.MaxAge != 86401 {
				t.Errorf("served is %+v, %v", served, err)
			}
		}
	}
}

func writeFile(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

func TestFilesNamedOtherwise(t *testing.T) {
	dir := t.TempDir()
	s := start(t, dir)
	s.edit("bücher.example", `{"domain":"bücher.example","mode":"testing","mx":["mx.bücher.example"]}`)
	s.await("xn--bcher-kva.example: PUBLISHED")
	s.edit("no domain", `{}`)
	s.await("name the file <domain>.json")
	s.edit("upper.example", `{"domain":"upper.example","mode":"testing","mx":["mx.upper.example"]}`)
	s.await("upper.example: PUBLISHED")
	s.edit("upper.example.", `{"domain":"upper.example","mode":"none","mx":["mx.upper.example"]}`)
	s.await("for the same domain")
	s.wantPolicy("mta-sts.upper.example", 200, "mode: testing")
	s.remove("upper.example") // Then the other one counts.
	s.await("upper.example: PUBLISHED, mode none")
	s.stop()

	s = start(t, dir)
	s.wantPolicy("mta-sts.xn--bcher-kva.example", 200, "mode: testing")
	s.wantPolicy("mta-sts.upper.example", 200, "mode: none")
}

func TestAFileMayBeRenamed(t *testing.T) {
	dir := t.TempDir()
	s := start(t, dir)
	s.edit("shop.example.", `{"domain":"shop.example","mode":"testing","mx":["mx.shop.example"]}`)
	s.await("shop.example: ACTIVE")
	from, to := filepath.Join(dir, "policies", "shop.example..json"), filepath.Join(dir, "policies", "shop.example.json")
	if err := os.Rename(from, to); err != nil {
		t.Fatal(err)
	}
	s.edit("shop.example", `{"domain":"shop.example","mode":"none","mx":["mx.shop.example"]}`)
	s.await("shop.example: PUBLISHED, mode none") // Once the old name is gone for good.
	s.wantPolicy("mta-sts.shop.example", 200, "mode: none")
}

func TestWithoutItsFolderNothingRetires(t *testing.T) {
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
	s.await("aaa.example: ACTIVE")
	s.write("policy_state/aaa.example/PUBLISHED.json", "{")
	s.wantPolicy("mta-sts.aaa.example", 503, "")
	s.wantPolicy("mta-sts.example.com", 200, "mode: testing")
	s.stop()

	s = start(t, dir)
	s.wantPolicy("mta-sts.aaa.example", 503, "")
	s.edit("bbb.example", `{"domain":"bbb.example","mode":"testing","mx":["mx.bbb.example"]}`)
	s.await("bbb.example: ACTIVE")
	if err := os.Remove(filepath.Join(dir, "policy_state", "aaa.example", "PUBLISHED.json")); err != nil {
		t.Fatal(err)
	}
	s.edit("ccc.example", `{"domain":"ccc.example","mode":"testing","mx":["mx.ccc.example"]}`)
	s.await("ccc.example: PUBLISHED") // By the same look.
	s.await("ccc.example: ACTIVE")
	s.wantPolicy("mta-sts.aaa.example", 200, "mode: testing")
}

func TestAnUnreadableItemIsRefused(t *testing.T) {
	s := start(t, t.TempDir())
	s.edit("example.com", strings.Repeat(" ", 300<<10))
	s.await("example.com: REFUSED")
	s.await("cannot be read: it has")
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
		if status, _ := s.do(request); status != http.StatusNotFound {
			t.Errorf("GET %s: %d, want 404", path, status)
		}
	}
}

// TestPagesAnswerLoopbackNames: a site that points its name here gets none of the
// pages. Policies and reports come under any name.
func TestPagesAnswerLoopbackNames(t *testing.T) {
	s := start(t, t.TempDir())
	port := s.url[strings.LastIndexByte(s.url, ':'):]
	ask := func(method, path, host string, header http.Header, body string) (*http.Response, string) {
		request, err := http.NewRequestWithContext(t.Context(), method, s.url+path, strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		request.Host, request.Header = host, header
		response, err := http.DefaultTransport.RoundTrip(request)
		if err != nil {
			t.Fatal(err)
		}
		defer response.Body.Close()
		text, err := io.ReadAll(response.Body)
		if err != nil {
			t.Fatal(err)
		}
		return response, string(text)
	}
	for _, path := range []string{"/digest", "/digest?week=2001-W07", "/digest?week=soon", "/", "/favicon.ico", "//digest"} {
		for host, isLocal := range map[string]bool{
			"127.0.0.1" + port: true, "localhost" + port: true, "[::1]" + port: true, "x.localhost": true,
			"attacker.example" + port: false, "localhost.attacker.example": false, "0.0.0.0" + port: false, "mta-sts.example.com": false,
		} {
			response, text := ask(http.MethodGet, path, host, http.Header{}, "")
			if (response.StatusCode != http.StatusMisdirectedRequest) != isLocal || strings.Contains(text, "http://localhost") == isLocal {
				t.Errorf("GET %s of %s: %s\n%.300s", path, host, response.Status, text)
			}
			if policy := response.Header.Get("Content-Security-Policy"); !strings.Contains(policy, "frame-ancestors 'none'") {
				t.Errorf("GET %s of %s: Content-Security-Policy is %q", path, host, policy)
			}
		}
	}
	if status, body := s.policy("mta-sts.example.com"); status != 200 || !strings.Contains(body, "STSv1") {
		t.Errorf("the policy: %d %s", status, body)
	}
	report := string(s.read("example-report.json"))
	for _, test := range []struct {
		host, origin string
		want         int
	}{
		{"attacker.example" + port, "http://attacker.example" + port, 403}, // Of the same origin to the browser.
		{"127.0.0.1" + port, "https://attacker.example", 403},
		{"127.0.0.1" + port, "null", 403},
		{"reports.example", "", 201}, // By a tunnel or a proxy.
		{"127.0.0.1" + port, "http://127.0.0.1" + port, 200},
	} {
		header := http.Header{"Content-Type": {"text/plain"}}
		if test.origin != "" {
			header.Set("Origin", test.origin)
		}
		if response, text := ask(http.MethodPost, "/v1/reports", test.host, header, report); response.StatusCode != test.want {
			t.Errorf("a report at %s from %q: %s %s; want %d", test.host, test.origin, response.Status, text, test.want)
		}
	}
}

func TestDigestAt(t *testing.T) {
	for address, want := range map[string]string{
		"127.0.0.1:8460": "http://127.0.0.1:8460/digest", "[::1]:8460": "http://[::1]:8460/digest",
		"0.0.0.0:8460": "http://localhost:8460/digest, on this machine only", "[::]:80": "http://localhost:80/digest, on this machine only",
		"192.0.2.1:8460": "sealpost digest; the page is for browsers on this machine only",
	} {
		if got := digestAt(address); !strings.HasPrefix(got, want) {
			t.Errorf("%s: %q; want %q", address, got, want)
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

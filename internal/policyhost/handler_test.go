package policyhost_test

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"golang.org/x/net/idna"

	"sealpost/internal/mtasts"
	"sealpost/internal/policyhost"
)

var update = flag.Bool("update", false, "write the expected answers anew")

// memoryStore fails on purpose for the domains of which it says so.
type memoryStore map[string]policyhost.Policy

func (s memoryStore) Published(ctx context.Context, domain string) (policyhost.Policy, bool, error) {
	if domain == "broken.example" {
		return policyhost.Policy{}, false, errors.New("the disk is gone")
	}
	policy, ok := s[domain]
	return policy, ok, ctx.Err()
}

func published(mx string) policyhost.Policy {
	body := mtasts.Policy{Mode: mtasts.ModeEnforce, MX: []string{mx}, MaxAge: 1209600}.Render()
	return policyhost.Policy{Body: body, ID: mtasts.ID(body)}
}

var store = memoryStore{
	"a.example":             published("mx.a.example"),
	"b.example":             published("mx.b.example"),
	"xn--bcher-kva.example": published("mx.xn--bcher-kva.example"),
	"empty.example":         {ID: "0"},
}

func newHandler() policyhost.Handler {
	return policyhost.Handler{Store: store, Log: slog.New(slog.DiscardHandler)}
}

// TestScripts plays the requests in testdata/*.http against the handler. Each
// file has, for each request, what is asked and what must be answered.
func TestScripts(t *testing.T) {
	files, err := filepath.Glob("testdata/*.http")
	if err != nil || len(files) == 0 {
		t.Fatal("no scripts", err)
	}
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) {
			script, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			got := play(t, string(script))
			if *update {
				if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
					t.Fatal(err)
				}
			} else if got != string(script) {
				t.Errorf("got:\n%s", got)
			}
		})
	}
}

// play repeats the script's comments ("# ...") and requests ("> ..."), each
// request followed by the answer it gets.
func play(t *testing.T, script string) string {
	var out, request strings.Builder
	for line := range strings.Lines(script) {
		switch {
		case strings.HasPrefix(line, "# "):
			out.WriteString("\n" + line)
		case strings.HasPrefix(line, "> "):
			out.WriteString(line)
			request.WriteString(strings.TrimSpace(line[2:]) + "\r\n")
		case strings.HasPrefix(line, "< ") && request.Len() > 0:
			out.WriteString(answer(t, request.String()))
			request.Reset()
		}
	}
	return strings.TrimPrefix(out.String(), "\n")
}

func answer(t *testing.T, request string) string {
	t.Helper()
	r, err := http.ReadRequest(bufio.NewReader(strings.NewReader(request + "\r\n")))
	if err != nil {
		t.Fatalf("%v in:\n%s", err, request)
	}
	recorder := httptest.NewRecorder()
	newHandler().ServeHTTP(recorder, r)
	var out strings.Builder
	fmt.Fprintf(&out, "< %d\n", recorder.Code)
	var lines []string
	for name, values := range recorder.Header() {
		lines = append(lines, fmt.Sprintf("< %s: %s\n", name, strings.Join(values, "|")))
	}
	slices.Sort(lines)
	out.WriteString(strings.Join(lines, ""))
	if r.Method == http.MethodHead {
		return out.String() // A server sends no body then; see TestOverHTTP.
	}
	for line := range strings.Lines(recorder.Body.String()) {
		out.WriteString("| " + line)
	}
	return out.String()
}

// TestOverHTTP asks a real server, for what only that can show.
func TestOverHTTP(t *testing.T) {
	server := httptest.NewServer(newHandler())
	defer server.Close()
	for _, method := range []string{http.MethodGet, http.MethodHead} {
		r, err := http.NewRequest(method, server.URL+mtasts.PolicyPath, nil)
		if err != nil {
			t.Fatal(err)
		}
		r.Host = "mta-sts.a.example"
		response, err := server.Client().Do(r)
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(response.Body)
		response.Body.Close()
		if err != nil {
			t.Fatal(err)
		}
		want := store["a.example"].Body
		if response.ContentLength != int64(len(want)) {
			t.Errorf("%s: Content-Length is %d, want %d", method, response.ContentLength, len(want))
		}
		if method == http.MethodHead {
			want = nil
		}
		if !bytes.Equal(body, want) {
			t.Errorf("%s: got %q, want %q", method, body, want)
		}
	}
}

func TestHostTooLong(t *testing.T) {
	r := httptest.NewRequest(http.MethodGet, mtasts.PolicyPath, nil)
	r.Host = strings.Repeat("mta-sts.", 1<<17) + "a.example"
	recorder := httptest.NewRecorder()
	newHandler().ServeHTTP(recorder, r)
	if recorder.Code != http.StatusNotFound {
		t.Errorf("status %d, want 404", recorder.Code)
	}
}

func TestFailureIsLoggedNotShown(t *testing.T) {
	for host, want := range map[string]string{
		"mta-sts.broken.example": "the disk is gone",
		"mta-sts.empty.example":  "published policy is empty",
	} {
		var log bytes.Buffer
		handler := policyhost.Handler{Store: store, Log: slog.New(slog.NewTextHandler(&log, nil))}
		r := httptest.NewRequest(http.MethodGet, "https://"+host+mtasts.PolicyPath, nil)
		recorder := httptest.NewRecorder()
		handler.ServeHTTP(recorder, r)
		if recorder.Code != http.StatusServiceUnavailable || strings.Contains(recorder.Body.String(), want) {
			t.Errorf("%s: got %d %s", host, recorder.Code, recorder.Body)
		}
		if !strings.Contains(log.String(), want) {
			t.Errorf("%s: log is %q, want %q", host, log.String(), want)
		}
	}
}

func TestContextReachesStore(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	r := httptest.NewRequest(http.MethodGet, "https://mta-sts.a.example"+mtasts.PolicyPath, nil)
	recorder := httptest.NewRecorder()
	newHandler().ServeHTTP(recorder, r.WithContext(ctx))
	if recorder.Code != http.StatusServiceUnavailable {
		t.Errorf("status %d, want 503 as the store gave up", recorder.Code)
	}
}

// FuzzServe: a body is served only for exactly the host that it belongs to,
// and everything else is a refusal that holds no policy.
func FuzzServe(f *testing.F) {
	for _, host := range []string{"mta-sts.a.example", "MTA-STS.B.example.:443", "mta-sts.a.example@mta-sts.b.example", "mta-sts.\uff41.example", "mta-sts.c.example"} {
		f.Add(host)
	}
	two := memoryStore{"a.example": store["a.example"], "b.example": store["b.example"]}
	handler := policyhost.Handler{Store: two, Log: slog.New(slog.DiscardHandler)}
	f.Fuzz(func(t *testing.T, host string) {
		r := httptest.NewRequest(http.MethodGet, mtasts.PolicyPath, nil)
		r.Host = host
		recorder := httptest.NewRecorder()
		handler.ServeHTTP(recorder, r)
		body := recorder.Body.String()
		switch recorder.Code {
		case http.StatusOK:
			domain := strings.TrimPrefix(looseHost(host), "mta-sts.")
			policy, ok := two[domain]
			if !ok || body != string(policy.Body) {
				t.Fatalf("%q is served:\n%s", host, body)
			}
		case http.StatusNotFound:
			if strings.Contains(body, "STSv1") || strings.Contains(body, ".example") {
				t.Fatalf("404 for %q says: %s", host, body)
			}
		default:
			t.Fatalf("%q gets status %d", host, recorder.Code)
		}
	})
}

// looseHost reads a host by other, laxer rules than the handler does.
func looseHost(host string) string {
	name, _, _ := strings.Cut(host, ":")
	ascii, _ := idna.Lookup.ToASCII(name)
	return strings.TrimSuffix(strings.ToLower(ascii), ".")
}

// discard is a ResponseWriter that costs nothing itself.
type discard struct{ header http.Header }

func (d discard) Header() http.Header         { return d.header }
func (d discard) Write(p []byte) (int, error) { return len(p), nil }
func (d discard) WriteHeader(int)             {}

func BenchmarkServe(b *testing.B) {
	handler := newHandler()
	r := httptest.NewRequest(http.MethodGet, "https://mta-sts.a.example"+mtasts.PolicyPath, nil)
	b.ReportAllocs()
	for b.Loop() {
		handler.ServeHTTP(discard{make(http.Header)}, r)
	}
}

func TestServeAllocations(t *testing.T) {
	handler := newHandler()
	r := httptest.NewRequest(http.MethodGet, "https://mta-sts.a.example"+mtasts.PolicyPath, nil)
	w := discard{make(http.Header)}
	if allocs := testing.AllocsPerRun(100, func() { handler.ServeHTTP(w, r) }); allocs > 10 {
		t.Errorf("%v allocations, want at most 10", allocs)
	}
}

package policyhost_test

import (
	"bufio"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"sealpost/internal/mtasts"
	"sealpost/internal/policyhost"
)

// askEdge sends a request line with a Host that is somebody else's.
func askEdge(t *testing.T, method, target string) *httptest.ResponseRecorder {
	t.Helper()
	text := method + " " + target + " HTTP/1.1\r\nHost: mta-sts.b.example\r\nX-Forwarded-Host: mta-sts.b.example\r\n\r\n"
	r, err := http.ReadRequest(bufio.NewReader(strings.NewReader(text)))
	if err != nil {
		t.Fatal(err)
	}
	recorder := httptest.NewRecorder()
	policyhost.Edge{Handler: newHandler()}.ServeHTTP(recorder, r)
	return recorder
}

// TestEdgeServesByPath: the path tells the host, whatever else the request says.
func TestEdgeServesByPath(t *testing.T) {
	for _, domain := range []string{"a.example", "xn--bcher-kva.example"} {
		recorder := askEdge(t, http.MethodGet, policyhost.EdgePath(mtasts.PolicyHost(domain))+"?host=mta-sts.b.example")
		want := store[domain]
		if recorder.Code != http.StatusOK || recorder.Body.String() != string(want.Body) {
			t.Errorf("%s: %d %q; want %q", domain, recorder.Code, recorder.Body, want.Body)
		}
		if etag := recorder.Header().Get("ETag"); etag != `"`+want.ID+`"` {
			t.Errorf("%s: ETag %s, want the id %s", domain, etag, want.ID)
		}
	}
}

func TestEdgeRefuses(t *testing.T) {
	for _, test := range []struct {
		method, target string
		status         int
	}{
		{"GET", "/p/mta-sts.c.example", 404},
		{"GET", "/p/mta-sts.broken.example", 503},
		{"POST", "/p/mta-sts.a.example", 405},

		// Other spellings of a name that is hosted.
		{"GET", "/p/MTA-STS.A.example", 404},
		{"GET", "/p/mta-sts.a.example.", 404},
		{"GET", "/p/mta-sts.a.example:443", 404},
		{"GET", "/p/mta-sts%2ea.example", 404},
		{"GET", "/%70/mta-sts.a.example", 404},
		{"GET", "/p/mta-sts.b%C3%BCcher.example", 404},

		// Other paths.
		{"GET", "/", 404},
		{"GET", "/p/", 404},
		{"GET", "/p", 404},
		{"GET", "/mta-sts.a.example", 404},
		{"GET", "//p/mta-sts.a.example", 404},
		{"GET", "/p//mta-sts.a.example", 404},
		{"GET", "/p/mta-sts.a.example/", 404},
		{"GET", "/p/../p/mta-sts.a.example", 404},
		{"GET", "/p/mta-sts.b.example/../mta-sts.a.example", 404},
		{"GET", "/p/p/mta-sts.a.example", 404},
		{"GET", "/p/a.example", 404},
		{"GET", mtasts.PolicyPath, 404}, // Of the request's host.
	} {
		recorder := askEdge(t, test.method, test.target)
		if recorder.Code != test.status || strings.Contains(recorder.Body.String(), "STSv1") || recorder.Body.Len() == 0 {
			t.Errorf("%s %s: %d %q; want %d and why", test.method, test.target, recorder.Code, recorder.Body, test.status)
		}
		if location := recorder.Header().Get("Location"); location != "" {
			t.Errorf("%s %s: a redirect to %s", test.method, test.target, location)
		}
	}
}

// FuzzEdge: a policy is served for its own path, byte for byte, and no other.
func FuzzEdge(f *testing.F) {
	for _, path := range []string{"/p/mta-sts.a.example", "/p/mta-sts.b.example", "/p/MTA-STS.a.example", "/p/mta-sts.a%2eexample", "p/mta-sts.a.example", ""} {
		f.Add(path)
	}
	f.Fuzz(func(t *testing.T, path string) {
		r := httptest.NewRequest(http.MethodGet, "/", nil)
		parsed, err := r.URL.Parse(path)
		if err != nil {
			return
		}
		r.URL = parsed
		recorder := httptest.NewRecorder()
		policyhost.Edge{Handler: newHandler()}.ServeHTTP(recorder, r)
		served := recorder.Code == http.StatusOK
		for domain, policy := range store {
			own := parsed.EscapedPath() == "/p/mta-sts."+domain && len(policy.Body) > 0
			if own != (served && recorder.Body.String() == string(policy.Body)) {
				t.Errorf("%q: %s; own %v", path, fmt.Sprint(recorder.Code, recorder.Body), own)
			}
		}
	})
}

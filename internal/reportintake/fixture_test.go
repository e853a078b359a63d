package reportintake_test

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/go-json-experiment/json"

	"sealpost/internal/archive"
	"sealpost/internal/reportintake"
	"sealpost/internal/tlsrpt"
)

// hosted are the domains that are taken in, and under tlsa the MX hosts.
type hosted []string

func (h hosted) Ours(_ context.Context, policies []tlsrpt.PolicyResult) (bool, error) {
	return slices.ContainsFunc(policies, func(result tlsrpt.PolicyResult) bool {
		domain := result.Policy.Domain
		if result.Policy.Type == tlsrpt.PolicyTLSA {
			domain = strings.TrimPrefix(domain, "mx1.")
		}
		return slices.Contains(h, domain)
	}), nil
}

// unknowable are domains that can't be looked up.
type unknowable struct{}

func (unknowable) Ours(context.Context, []tlsrpt.PolicyResult) (bool, error) {
	return false, errors.New("the store at 192.0.2.99 does not answer")
}

var tuesday = time.Date(2026, time.November, 17, 10, 0, 0, 0, time.UTC)

func newIntake(bucket archive.Bucket) *reportintake.Intake {
	return newIntakeFor(hosted{"meadow.example"}, bucket)
}

func newIntakeFor(domains reportintake.Domains, bucket archive.Bucket) *reportintake.Intake {
	return newIntakeAt(tuesday, domains, bucket)
}

func newIntakeAt(now time.Time, domains reportintake.Domains, bucket archive.Bucket) *reportintake.Intake {
	return reportintake.New(archive.Archive{Bucket: bucket}, domains, reportintake.Deaf{}, func() time.Time { return now })
}

func newHandler(intake *reportintake.Intake) *reportintake.Handler {
	return &reportintake.Handler{Intake: intake, Log: slog.New(slog.DiscardHandler)}
}

// said is the body of an answer.
type said struct {
	Status   reportintake.Status `json:"status"`
	Reason   archive.Reason      `json:"reason"`
	Key      string              `json:"key"`
	Problems []archive.Problem   `json:"problems"`
}

// post sends a body and gives the answer.
func post(t *testing.T, h http.Handler, body []byte) (*http.Response, said) {
	t.Helper()
	return send(t, h, httptest.NewRequest(http.MethodPost, reportintake.Path, bytes.NewReader(body)))
}

func send(t *testing.T, h http.Handler, r *http.Request) (*http.Response, said) {
	t.Helper()
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	var s said
	if err := json.Unmarshal(w.Body.Bytes(), &s); err != nil {
		t.Fatalf("answer %q: %v", w.Body, err)
	}
	return w.Result(), s
}

// keys are those of all objects, sorted.
func keys(t *testing.T, bucket archive.Bucket) []string {
	t.Helper()
	var all []string
	for key, err := range bucket.List(t.Context(), "") {
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, key)
	}
	slices.Sort(all)
	return all
}

// reports are the keys of the reports that are kept.
func reports(t *testing.T, bucket archive.Bucket) []string {
	t.Helper()
	return slices.DeleteFunc(keys(t, bucket), func(key string) bool { return !strings.HasPrefix(key, "reports/") })
}

func object(t *testing.T, bucket archive.Bucket, key string) []byte {
	t.Helper()
	value, err := bucket.Get(t.Context(), key)
	if err != nil {
		t.Fatal(err)
	}
	return value
}

// example is a report without fault.
func example(tb testing.TB) []byte {
	tb.Helper()
	text, err := os.ReadFile("testdata/report.json")
	if err != nil {
		tb.Fatal(err)
	}
	return text
}

// edited is the example with one place of it changed.
func edited(tb testing.TB, old, new string) []byte {
	tb.Helper()
	text := string(example(tb))
	if strings.Count(text, old) != 1 {
		tb.Fatalf("%q does not stand in the example once", old)
	}
	return []byte(strings.Replace(text, old, new, 1))
}

package lambdahttp_test

import (
	"bufio"
	"context"
	"encoding/base64"
	"errors"
	"io"
	"log/slog"
	"maps"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-lambda-go/events"

	"sealpost/internal/aws/lambdahttp"
	"sealpost/internal/policyhost"
)

// hosted is what the scripts of package policyhost ask for.
type hosted struct{}

func (hosted) Published(_ context.Context, domain string) (policyhost.Policy, bool, error) {
	switch domain {
	case "a.example", "b.example", "xn--bcher-kva.example":
		return policyhost.Policy{Body: []byte("version: STSv1\nmx: mx." + domain + "\n"), ID: domain}, true, nil
	case "broken.example":
		return policyhost.Policy{}, false, errors.New("the disk is gone")
	default:
		return policyhost.Policy{}, false, nil
	}
}

// TestTransports asks the policy host everything that its own scripts ask, by
// HTTP and by events: the answers are the same.
func TestTransports(t *testing.T) {
	server := policyhost.Handler{Store: hosted{}, Log: slog.New(slog.DiscardHandler)}
	statuses := make(map[int]int)
	for _, asked := range scripted(t) {
		recorder := httptest.NewRecorder()
		server.ServeHTTP(recorder, parse(t, asked))
		want := recorder.Result()
		body := recorder.Body.String()
		if strings.HasPrefix(asked, http.MethodHead) {
			body = ""
		}
		got, err := lambdahttp.Handler(server)(t.Context(), eventOf(t, parse(t, asked)))
		if err != nil || got.StatusCode != want.StatusCode || got.Body != body || !maps.Equal(got.Headers, joined(want.Header)) {
			t.Errorf("%s: got %+v, %v; want %d %v %q", asked, got, err, want.StatusCode, want.Header, body)
		}
		statuses[got.StatusCode]++
	}
	if kinds := slices.Sorted(maps.Keys(statuses)); !slices.Equal(kinds, []int{200, 404, 405, 503}) {
		t.Errorf("the scripts have answers of %v", statuses)
	}
}

// scripted gives the requests of the scripts: lines that begin with "> ".
func scripted(t *testing.T) []string {
	t.Helper()
	files, err := filepath.Glob("../../policyhost/testdata/*.http")
	check(t, err)
	var requests []string
	for _, file := range files {
		var request strings.Builder
		for line := range strings.Lines(string(read(t, file))) {
			if asked, is := strings.CutPrefix(line, "> "); is {
				request.WriteString(strings.TrimSpace(asked) + "\r\n")
			} else if request.Len() > 0 {
				requests = append(requests, request.String()+"\r\n")
				request.Reset()
			}
		}
	}
	return requests
}

func parse(t *testing.T, request string) *http.Request {
	t.Helper()
	r, err := http.ReadRequest(bufio.NewReader(strings.NewReader(request)))
	check(t, err)
	return r
}

// eventOf makes of a request what AWS makes of it.
func eventOf(t *testing.T, r *http.Request) events.APIGatewayV2HTTPRequest {
	t.Helper()
	body, err := io.ReadAll(r.Body)
	check(t, err)
	e := event(r.Method)
	e.RawPath, e.RawQueryString = r.URL.EscapedPath(), r.URL.RawQuery
	e.Headers = make(map[string]string)
	for name, value := range joined(r.Header) {
		e.Headers[strings.ToLower(name)] = value
	}
	e.Headers["host"] = r.Host
	e.Body, e.IsBase64Encoded = base64.StdEncoding.EncodeToString(body), true
	e.RequestContext.HTTP.Protocol = r.Proto
	return e
}

func joined(header http.Header) map[string]string {
	fields := make(map[string]string)
	for name, values := range header {
		fields[name] = strings.Join(values, ", ")
	}
	return fields
}

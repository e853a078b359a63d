package lambdahttp_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/events"

	"sealpost/internal/aws/lambdahttp"
)

var update = flag.Bool("update", false, "write the golden files")

// TestEvents shows what a handler sees of the events that AWS sends.
func TestEvents(t *testing.T) {
	files, err := filepath.Glob("testdata/*.json")
	if err != nil || len(files) == 0 {
		t.Fatal("no events", err)
	}
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) {
			var event events.APIGatewayV2HTTPRequest
			check(t, json.Unmarshal(read(t, file), &event))
			var seen string
			_, err := lambdahttp.Handler(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
				seen = describe(t, r)
			}))(t.Context(), event)
			check(t, err)
			golden := strings.TrimSuffix(file, ".json") + ".txt"
			if *update {
				check(t, os.WriteFile(golden, []byte(seen), 0o644))
			}
			if want := string(read(t, golden)); seen != want {
				t.Errorf("got:\n%s\nwant:\n%s", seen, want)
			}
		})
	}
}

// describe writes down everything that a handler may go by.
func describe(t *testing.T, r *http.Request) string {
	body, err := io.ReadAll(r.Body)
	check(t, err)
	var s strings.Builder
	fmt.Fprintf(&s, "%s path %q query %q %s %d.%d\n", r.Method, r.URL.Path, r.URL.RawQuery, r.Proto, r.ProtoMajor, r.ProtoMinor)
	fmt.Fprintf(&s, "host %s\nfrom %s\nrequest id %s\n", r.Host, r.RemoteAddr, lambdahttp.RequestID(r.Context()))
	for _, name := range slices.Sorted(maps.Keys(r.Header)) {
		fmt.Fprintf(&s, "%s: %q\n", name, r.Header[name])
	}
	fmt.Fprintf(&s, "body of %d bytes: %q\n", r.ContentLength, body)
	return s.String()
}

// event is a request of the shortest form.
func event(method string) events.APIGatewayV2HTTPRequest {
	var e events.APIGatewayV2HTTPRequest
	e.Version, e.RawPath = "2.0", "/"
	e.RequestContext.HTTP.Method = method
	return e
}

func answer(t *testing.T, e events.APIGatewayV2HTTPRequest, h http.HandlerFunc) events.APIGatewayV2HTTPResponse {
	t.Helper()
	got, err := lambdahttp.Handler(h)(t.Context(), e)
	check(t, err)
	return got
}

type fields = map[string]string

func TestAnswers(t *testing.T) {
	for _, test := range []struct {
		name    string
		method  string
		handler http.HandlerFunc
		want    events.APIGatewayV2HTTPResponse
	}{
		{"nothing", "GET", func(http.ResponseWriter, *http.Request) {},
			events.APIGatewayV2HTTPResponse{StatusCode: 200, Headers: fields{}}},
		{"text", "GET", func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "application/json")
			w.WriteHeader(http.StatusCreated)
			io.WriteString(w, "{\"gr\u00fc\u00dfe\":")
			io.WriteString(w, "1}\n")
		}, events.APIGatewayV2HTTPResponse{StatusCode: 201, Headers: fields{"Content-Type": "application/json"}, Body: "{\"gr\u00fc\u00dfe\":1}\n"}},
		{"media type found out", "GET", func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, "<html>") },
			events.APIGatewayV2HTTPResponse{StatusCode: 200, Headers: fields{"Content-Type": "text/html; charset=utf-8"}, Body: "<html>"}},
		{"bytes", "GET", func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "application/gzip")
			w.Write([]byte{0x1f, 0x8b, 0xff})
		}, events.APIGatewayV2HTTPResponse{StatusCode: 200, Headers: fields{"Content-Type": "application/gzip"}, Body: "H4v/", IsBase64Encoded: true}},
		{"HEAD", "HEAD", func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Length", "4")
			w.Header().Set("Content-Type", "text/plain")
			w.Write([]byte("\xffabc"))
		}, events.APIGatewayV2HTTPResponse{StatusCode: 200, Headers: fields{"Content-Length": "4", "Content-Type": "text/plain"}}},
		{"fields that come twice", "GET", func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Add("Allow", "GET")
			w.Header().Add("Allow", "HEAD")
			http.SetCookie(w, &http.Cookie{Name: "a", Value: "1"})
			http.SetCookie(w, &http.Cookie{Name: "b", Value: "2"})
			w.WriteHeader(http.StatusMethodNotAllowed)
		}, events.APIGatewayV2HTTPResponse{StatusCode: 405, Headers: fields{"Allow": "GET, HEAD"}, Cookies: []string{"a=1", "b=2"}}},
		{"the first status counts", "GET", func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(http.StatusEarlyHints)
			w.WriteHeader(http.StatusServiceUnavailable)
			w.Header().Set("Too-Late", "1")
			w.WriteHeader(http.StatusOK)
		}, events.APIGatewayV2HTTPResponse{StatusCode: 503, Headers: fields{}}},
	} {
		t.Run(test.name, func(t *testing.T) {
			if got := answer(t, event(test.method), test.handler); !reflect.DeepEqual(got, test.want) {
				t.Errorf("got  %+v\nwant %+v", got, test.want)
			}
		})
	}
}

// FuzzBody sends bytes there and back: they stay as they are.
func FuzzBody(f *testing.F) {
	for _, body := range []string{"", "text\r\n", "gr\u00fc\u00dfe", "\x1f\x8b\x00\xff", "\xed\xa0\x80", "\ufffd"} {
		f.Add([]byte(body))
	}
	echo := func(w http.ResponseWriter, r *http.Request) { io.Copy(w, r.Body) }
	f.Fuzz(func(t *testing.T, body []byte) {
		e := event("POST")
		e.Body, e.IsBase64Encoded = base64.StdEncoding.EncodeToString(body), true
		sent, err := json.Marshal(answer(t, e, echo))
		check(t, err)
		var got events.APIGatewayV2HTTPResponse
		check(t, json.Unmarshal(sent, &got))
		received := []byte(got.Body)
		if got.IsBase64Encoded {
			received, err = base64.StdEncoding.DecodeString(got.Body)
			check(t, err)
		}
		if !bytes.Equal(received, body) {
			t.Errorf("sent %q, received %q", body, received)
		}
	})
}

func TestBase64ThatIsNone(t *testing.T) {
	for _, body := range []string{"%", "H4s", "H4sI AP8K", "{}"} {
		e := event("POST")
		e.Body, e.IsBase64Encoded = body, true
		got := answer(t, e, func(http.ResponseWriter, *http.Request) { t.Errorf("%q reached the handler", body) })
		if got.StatusCode != http.StatusBadRequest || !strings.Contains(got.Body, "base64") {
			t.Errorf("%q: got %+v; want 400", body, got)
		}
	}
}

// TestPanicIsAnError: Lambda counts errors, and raises alarms by them.
func TestPanicIsAnError(t *testing.T) {
	got, err := lambdahttp.Handler(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		io.WriteString(w, "half an answer")
		panic("out of ideas")
	}))(t.Context(), event("GET"))
	if err == nil || !strings.Contains(err.Error(), "out of ideas") || !strings.Contains(err.Error(), "TestPanicIsAnError") {
		t.Errorf("got %v; want an error that says why and where", err)
	}
	if !reflect.DeepEqual(got, events.APIGatewayV2HTTPResponse{}) {
		t.Errorf("half an answer is %+v", got)
	}
}

// TestOtherEvents: a function that is wired to something else says so.
func TestOtherEvents(t *testing.T) {
	for _, version := range []string{"", "1.0", "3.0"} {
		e := event("GET")
		e.Version = version
		_, err := lambdahttp.Handler(http.NotFoundHandler())(t.Context(), e)
		if want := fmt.Sprintf("payload format %q", version); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v; want %q", err, want)
		}
	}
}

func TestContextReachesHandler(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := lambdahttp.Handler(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		if r.Context().Err() == nil {
			t.Error("the request's context goes on")
		}
	}))(ctx, event("GET"))
	check(t, err)
	if id := lambdahttp.RequestID(ctx); id != "" {
		t.Errorf("outside of a request its id is %q", id)
	}
}

// TestThereIsTimeToSaySo: a handler that waited in vain answers itself.
func TestThereIsTimeToSaySo(t *testing.T) {
	end := time.Date(2099, time.January, 1, 0, 0, 0, 0, time.UTC)
	ctx, cancel := context.WithDeadline(t.Context(), end)
	defer cancel()
	_, err := lambdahttp.Handler(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		if got, _ := r.Context().Deadline(); !got.Before(end) {
			t.Errorf("the handler may take until %v, which is as long as the function", got)
		}
	}))(ctx, event("GET"))
	check(t, err)
}

func read(t *testing.T, file string) []byte {
	t.Helper()
	content, err := os.ReadFile(file)
	check(t, err)
	return content
}

func check(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

package reportintake_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"testing/iotest"

	"sealpost/internal/archive"
	"sealpost/internal/reportintake"
	"sealpost/internal/storetest"
	"sealpost/internal/tlsrpt"
	"sealpost/internal/tlsrpt/tlsrpttest"
)

func TestMethods(t *testing.T) {
	for method, want := range map[string]int{
		http.MethodPost: 201, http.MethodPut: 201, http.MethodGet: 405, http.MethodHead: 405, http.MethodDelete: 405,
		http.MethodPatch: 405, http.MethodOptions: 405, http.MethodTrace: 405, "post": 405,
	} {
		bucket := new(storetest.Memory)
		response, _ := send(t, newHandler(newIntake(bucket)), httptest.NewRequest(method, reportintake.Path, bytes.NewReader(example(t))))
		if response.StatusCode != want {
			t.Errorf("%s: %s, want %d", method, response.Status, want)
		}
		if allow := response.Header.Get("Allow"); (allow == "POST, PUT") != (want == 405) {
			t.Errorf("%s: Allow is %q", method, allow)
		}
		if kept := len(reports(t, bucket)); (kept == 1) != (want == 201) {
			t.Errorf("%s: %d reports are kept", method, kept)
		}
	}
}

func TestAnswerHeaders(t *testing.T) {
	response, _ := post(t, newHandler(newIntake(new(storetest.Memory))), []byte("<script>"))
	for name, want := range map[string]string{
		"Content-Type": "application/json", "X-Content-Type-Options": "nosniff", "Location": "", "Retry-After": "",
	} {
		if got := response.Header.Get(name); got != want {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
	body, err := io.ReadAll(response.Body)
	if err != nil || response.Header.Get("Content-Length") != fmt.Sprint(len(body)) {
		t.Errorf("Content-Length is %s of %d bytes, %v", response.Header.Get("Content-Length"), len(body), err)
	}
}

// TestEncodings has every body under every header: only the bytes count.
func TestEncodings(t *testing.T) {
	half := len(example(t)) / 2
	bodies := map[string][]byte{
		"plain":                 example(t),
		"gzip":                  tlsrpttest.Gzip(t, example(t)),
		"gzip in several":       append(tlsrpttest.Gzip(t, example(t)[:half]), tlsrpttest.Gzip(t, example(t)[half:])...),
		"plain with BOM":        append([]byte("\ufeff"), example(t)...),
		"gzip of text with BOM": tlsrpttest.Gzip(t, append([]byte("\ufeff"), example(t)...)),
	}
	headers := []http.Header{
		{},
		{"Content-Type": {"application/tlsrpt+gzip"}},
		{"Content-Type": {"application/tlsrpt+json; charset=utf-8"}},
		{"Content-Type": {"text/html"}, "Content-Encoding": {"gzip"}},
		{"Content-Type": {"\xff;;"}, "Content-Encoding": {"br"}},
	}
	for name, body := range bodies {
		for _, header := range headers {
			request := httptest.NewRequest(http.MethodPost, reportintake.Path, bytes.NewReader(body))
			request.Header = header
			if response, answer := send(t, newHandler(newIntake(new(storetest.Memory))), request); response.StatusCode != 201 {
				t.Errorf("%s with %v: %s %+v", name, header, response.Status, answer)
			}
		}
	}
}

func TestDuplicates(t *testing.T) {
	bucket := new(storetest.Memory)
	handler := newHandler(newIntake(bucket))
	_, first := post(t, handler, example(t))
	for name, body := range map[string][]byte{
		"the same bytes":    example(t),
		"gzip":              tlsrpttest.Gzip(t, example(t)),
		"other white space": bytes.ReplaceAll(example(t), []byte("\n"), []byte("\r\n\t")),
		"byte order mark":   append([]byte("\ufeff"), example(t)...),
	} {
		response, answer := post(t, handler, body)
		if response.StatusCode != 200 || answer.Status != reportintake.Duplicate || answer.Key != first.Key {
			t.Errorf("%s: %s %+v, want 200 and %s", name, response.Status, answer, first.Key)
		}
	}
	if got := reports(t, bucket); !slices.Equal(got, []string{first.Key}) {
		t.Errorf("kept %q, want %q", got, first.Key)
	}
}

// TestRefused posts what is no report that is kept and counted. What might be
// one lies in quarantine; what is over the limits lies nowhere.
func TestRefused(t *testing.T) {
	whole := tlsrpttest.Gzip(t, example(t))
	many := func(n int, what string) []byte { return bytes.Repeat([]byte(what), n) }
	zeros := append([]byte(`{"policies":[{"policy":{"policy-type":"sts"},"summary":{},"failure-details":[0`), many(5_000_000, ",0")...)
	bombs := strings.Repeat(`{"failed-session-count":1e999999},`, 99) + `{"failed-session-count":1e999999}`
	for _, test := range []struct {
		name string
		body []byte
		code int
		want string // The first problem has it.
	}{
		{"empty body", nil, 400, "there is no report: the text is empty"},
		{"gzip of nothing", tlsrpttest.Gzip(t, nil), 400, "the text is empty"},
		{"mail", []byte("Subject: Report Domain: meadow.example\r\n\r\n"), 400, "a JSON object begins with {"},
		{"gzip cut off", whole[:len(whole)-9], 400, "the gzip data ends too early"},
		{"garbage after gzip", append(bytes.Clone(whole), "\r\n--"...), 400, "the gzip data"},
		{"two reports", append(example(t), example(t)...), 400, "after top-level value"},
		{"bad UTF-8", edited(t, "Northwind", "\xff\xfe"), 400, "invalid UTF-8"},
		{"bad UTF-8 in a name", edited(t, `"report-id"`, "\"\xff\": 1, \"report-id\""), 400, "invalid UTF-8"},
		{"name twice", edited(t, `"policy-domain"`, `"policy-type": "sts", "policy-domain"`), 400, "stands twice"},
		{"nested too deep", edited(t, `"report-id"`, `"x": `+strings.Repeat("[", 9000)+strings.Repeat("]", 9000)+`, "report-id"`), 400, "nests deeper"},
		{"numbers that cost seconds", edited(t, `"failure-details": [`, `"failure-details": [`+bombs+`, `), 400, "has a number beyond all counts"},
		{"a wrong name of 60,000 bytes", tlsrpttest.Gzip(t, edited(t, `"report-id"`, `"`+strings.Repeat("x", 60_000)+`": nul, "report-id"`)), 400, "is not JSON"},
		{"names of a megabyte", tlsrpttest.Gzip(t, edited(t, `"report-id"`, `"`+strings.Repeat("x", 1<<20)+`": 0, "report-id"`)), 400, "more than 65536 bytes of names"},
		{"failure-details that are an object", edited(t, `"failure-details": [`, `"failure-details": {}, "x": [`), 400, "must be an array or null"},
		{"not hosted", edited(t, `"policy-domain": "meadow.example"`, `"policy-domain": "hill.example"`), 404, "is hosted here, but hill.example"},
		{"five million zeros", tlsrpttest.Gzip(t, zeros), 413, "at most 500000 values"},
		{"gzip bomb", tlsrpttest.Gzip(t, many(tlsrpt.MaxSize+1, " ")), 413, "at most 20971520 bytes of JSON"},
		{"too large", many(reportintake.MaxBody+1, " "), 413, "at most 1048576 bytes as sent"},
	} {
		t.Run(test.name, func(t *testing.T) {
			bucket := new(storetest.Memory)
			response, answer := post(t, newHandler(newIntake(bucket)), test.body)
			if response.StatusCode != test.code || len(answer.Problems) == 0 || !strings.Contains(answer.Problems[0].Message, test.want) {
				t.Errorf("%s %+v, want %d %s", response.Status, answer, test.code, test.want)
			}
			if response.ContentLength > 20_000 {
				t.Errorf("the answer has %d bytes", response.ContentLength)
			}
			if test.code == http.StatusRequestEntityTooLarge {
				wantNothing(t, bucket)
			} else {
				wantQuarantined(t, bucket, answer, test.body)
			}
		})
	}
}

func wantNothing(t *testing.T, bucket archive.Bucket) {
	t.Helper()
	if got := keys(t, bucket); len(got) > 0 {
		t.Errorf("kept %q, want nothing", got)
	}
}

func wantQuarantined(t *testing.T, bucket archive.Bucket, answer said, body []byte) {
	t.Helper()
	if answer.Status != reportintake.Quarantined {
		t.Errorf("got %+v, want it quarantined", answer)
	}
	if want := []string{answer.Key, answer.Key + ".problems.json"}; !slices.Equal(keys(t, bucket), want) {
		t.Fatalf("kept %q, want %q", keys(t, bucket), want)
	}
	if !strings.HasPrefix(answer.Key, archive.QuarantinePrefix(archive.TrustNone, answer.Reason)+"/dt=2026-11-17/") {
		t.Errorf("the key is %s", answer.Key)
	}
	if !bytes.Equal(object(t, bucket, answer.Key), body) {
		t.Error("the bytes in quarantine are not those that came")
	}
}

func TestHostileReportIDs(t *testing.T) {
	for _, id := range []string{
		"../../etc/passwd", "/", "..", `C:\\con`, "a/b\\u0000c", `\u001b[2J\r\nSet-Cookie: a=b`, strings.Repeat("x", 10_000), "<script>alert(1)</script>", "' OR 1=1 --", "",
	} {
		bucket := new(storetest.Memory)
		response, answer := post(t, newHandler(newIntake(bucket)), edited(t, "2026-11-16-meadow", id))
		if response.StatusCode != 201 {
			t.Errorf("%.40q: %s %+v", id, response.Status, answer)
			continue
		}
		hash := strings.TrimSuffix(strings.TrimPrefix(answer.Key, "reports/v1/dt=2026-11-17/"), ".json.gz")
		if len(hash) != 64 || strings.Trim(hash, "0123456789abcdef") != "" {
			t.Errorf("%.40q: the key is %s", id, answer.Key)
		}
		if got, want := keys(t, bucket), []string{"index/v1/" + hash, answer.Key}; !slices.Equal(got, want) {
			t.Errorf("%.40q: kept %q, want %q", id, got, want)
		}
	}
}

// endless is a body that nobody should read to its end.
type endless struct{ read int }

func (e *endless) Read(p []byte) (int, error) {
	if e.read > 2*reportintake.MaxBody {
		return 0, errors.New("read too far")
	}
	e.read += len(p)
	return len(p), nil
}

func (*endless) Close() error { return nil }

func TestTooLargeIsNotRead(t *testing.T) {
	for name, test := range map[string]struct {
		declared int64
		most     int
	}{
		"declared": {reportintake.MaxBody + 1, 0},
		"chunked":  {-1, reportintake.MaxBody + 4096},
	} {
		bucket := new(storetest.Memory)
		body := new(endless)
		request := httptest.NewRequest(http.MethodPost, reportintake.Path, body)
		request.ContentLength = test.declared
		response, answer := send(t, newHandler(newIntake(bucket)), request)
		if response.StatusCode != 413 || answer.Status != reportintake.Refused {
			t.Errorf("%s: %s %+v", name, response.Status, answer)
		}
		if body.read > test.most {
			t.Errorf("%s: %d bytes were read", name, body.read)
		}
		wantNothing(t, bucket)
	}
}

func TestLargestIsTaken(t *testing.T) {
	padded := append(example(t), bytes.Repeat([]byte(" "), reportintake.MaxBody-len(example(t)))...)
	if response, answer := post(t, newHandler(newIntake(new(storetest.Memory))), padded); response.StatusCode != 201 {
		t.Errorf("%d bytes: %s %+v", len(padded), response.Status, answer)
	}
}

// noted keeps what the contexts of records have under its key.
type noted struct {
	slog.Handler
	key  any
	seen []any
}

func (n *noted) Enabled(context.Context, slog.Level) bool { return true }

func (n *noted) Handle(ctx context.Context, _ slog.Record) error {
	n.seen = append(n.seen, ctx.Value(n.key))
	return nil
}

// TestLogsOfTheRequest: every line can be traced to its request.
func TestLogsOfTheRequest(t *testing.T) {
	type key struct{}
	for name, test := range map[string]struct {
		domains reportintake.Domains
		body    io.Reader
	}{
		"stored":    {hosted{"meadow.example"}, bytes.NewReader(example(t))},
		"not kept":  {unknowable{}, bytes.NewReader(example(t))},
		"not whole": {hosted{"meadow.example"}, iotest.ErrReader(io.ErrUnexpectedEOF)},
	} {
		log := &noted{key: key{}}
		handler := &reportintake.Handler{Intake: newIntakeFor(test.domains, new(storetest.Memory)), Log: slog.New(log)}
		request := httptest.NewRequestWithContext(context.WithValue(t.Context(), key{}, name), http.MethodPost, reportintake.Path, test.body)
		handler.ServeHTTP(httptest.NewRecorder(), request)
		if len(log.seen) == 0 || slices.ContainsFunc(log.seen, func(value any) bool { return value != name }) {
			t.Errorf("%s: the records have %v", name, log.seen)
		}
	}
}

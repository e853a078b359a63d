package reportintake_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"sealpost/internal/archive"
	"sealpost/internal/reportintake"
	"sealpost/internal/storetest"
	"sealpost/internal/tlsrpt"
)

// TestArchiveFails makes each call of the bucket fail in turn, once without
// its work done and once after it. A sender that tries again until it is told
// that all is well has its report kept once.
func TestArchiveFails(t *testing.T) {
	for name, body := range map[string][]byte{"report": example(t), "no report": []byte("nonsense")} {
		for nth := 1; nth <= 2; nth++ {
			for _, written := range []bool{false, true} {
				t.Run(fmt.Sprintf("%s, call %d, written %v", name, nth, written), func(t *testing.T) {
					bucket := new(storetest.Memory)
					bucket.FailNth(storetest.OpCreate, nth, written)
					handler := newHandler(newIntake(bucket))
					wantUnavailable(t, handler, body)
					if bucket.FailureAhead() {
						t.Fatal("no call failed")
					}
					wantKeptOnce(t, handler, bucket, body, nth == 2 && written)
				})
			}
		}
	}
}

// wantUnavailable also wants nothing told of what is wrong inside.
func wantUnavailable(t *testing.T, handler http.Handler, body []byte) {
	t.Helper()
	response, answer := post(t, handler, body)
	if response.StatusCode != 503 || response.Header.Get("Retry-After") != "60" || answer.Key != "" {
		t.Errorf("%s, Retry-After %q, %+v", response.Status, response.Header.Get("Retry-After"), answer)
	}
	const want = "the report could not be stored; please send it again later"
	if len(answer.Problems) != 1 || answer.Problems[0].Message != want {
		t.Errorf("problems %q, want only that it %q", answer.Problems, want)
	}
}

func wantKeptOnce(t *testing.T, handler http.Handler, bucket archive.Bucket, body []byte, there bool) {
	t.Helper()
	response, answer := post(t, handler, body)
	want := http.StatusCreated
	switch {
	case answer.Status == reportintake.Quarantined:
		want = http.StatusBadRequest
	case there:
		want = http.StatusOK
	}
	if response.StatusCode != want {
		t.Errorf("sent again: %s %+v, want %d", response.Status, answer, want)
	}
	if got := keys(t, bucket); len(got) != 2 {
		t.Errorf("kept %q, want two objects", got)
	}
	if len(object(t, bucket, answer.Key)) == 0 {
		t.Error("an empty object is kept")
	}
}

func TestIndexCannotBeRead(t *testing.T) {
	bucket := new(storetest.Memory)
	handler := newHandler(newIntake(bucket))
	post(t, handler, example(t))
	bucket.FailNext(storetest.OpGet, false)
	wantUnavailable(t, handler, example(t))
	wantKeptOnce(t, handler, bucket, example(t), true)
}

func TestDomainsCannotBeTold(t *testing.T) {
	bucket := new(storetest.Memory)
	wantUnavailable(t, newHandler(newIntakeFor(unknowable{}, bucket)), example(t))
	wantNothing(t, bucket)
}

func TestSameReportAtOnce(t *testing.T) {
	bucket := new(storetest.Memory)
	handler := newHandler(newIntake(bucket))
	codes := make([]int, 32)
	body := example(t)
	var posts sync.WaitGroup
	for i := range codes {
		posts.Go(func() {
			w := httptest.NewRecorder()
			handler.ServeHTTP(w, httptest.NewRequest(http.MethodPost, reportintake.Path, bytes.NewReader(body)))
			codes[i] = w.Code
		})
	}
	posts.Wait()
	count := make(map[int]int)
	for _, code := range codes {
		count[code]++
	}
	if count[201] != 1 || count[200] != 31 {
		t.Errorf("answers %v, want 201 once and 200 else", count)
	}
	if got := reports(t, bucket); len(got) != 1 {
		t.Errorf("kept %q, want one report", got)
	}
}

// gate lets in the reports that it is asked about one by one.
type gate struct {
	waiting atomic.Int64
	pass    chan error
}

func (g *gate) Ours(context.Context, []tlsrpt.PolicyResult) (bool, error) {
	g.waiting.Add(1)
	defer g.waiting.Add(-1)
	err := <-g.pass
	return err == nil, err
}

// TestLargeReportsTakeTurns: however many of the largest reports come at once,
// few of them are in memory, and whatever becomes of one, its place is free then.
func TestLargeReportsTakeTurns(t *testing.T) {
	if testing.Short() {
		t.Skip("the bodies have 20 MiB each")
	}
	const most = 3
	spaces := fill(" ", tlsrpt.MaxSize)
	large, spoilt := append(example(t), spaces...), []byte("{"+spaces)
	synctest.Test(t, func(t *testing.T) {
		g := &gate{pass: make(chan error)}
		intake := newIntakeFor(g, new(storetest.Memory))
		receive := func(body []byte) { intake.Receive(t.Context(), reportintake.Submission{Body: body}) } //nolint:errcheck // Any end will do.
		burst := func(ends ...error) (judged int64) {
			var all sync.WaitGroup
			for range ends {
				all.Go(func() { receive(large) })
			}
			for _, err := range ends {
				synctest.Wait()
				judged = max(judged, g.waiting.Load())
				g.pass <- err
			}
			all.Wait()
			return judged
		}
		down := errors.New("the store does not answer")
		first := burst(nil, down, down, down)
		if first < 1 || first > most {
			t.Errorf("%d reports are judged at the same time; want 1 to %d", first, most)
		}
		receive(spoilt)
		if again := burst(down, down, down, down); again != first {
			t.Errorf("later %d reports are judged at the same time; want %d, as at first", again, first)
		}
	})
}

func TestSameReportOnTwoDays(t *testing.T) {
	bucket := new(storetest.Memory)
	intake := newIntake(bucket)
	_, first := post(t, newHandler(intake), example(t))
	intake = newIntakeAt(tuesday.AddDate(0, 0, 1), hosted{"meadow.example"}, bucket)
	response, second := post(t, newHandler(intake), example(t))
	if response.StatusCode != 200 || second.Key != first.Key {
		t.Errorf("%s %+v, want 200 and %s", response.Status, second, first.Key)
	}
	if got := reports(t, bucket); len(got) != 1 {
		t.Errorf("kept %q, want one report", got)
	}
}

// startHalf connects to a server of the intake and sends the first half of a
// report. Whatever the handler does is done once the channel is closed.
func startHalf(t *testing.T, bucket archive.Bucket) (net.Conn, <-chan struct{}) {
	t.Helper()
	handled := make(chan struct{})
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		defer close(handled)
		newHandler(newIntake(bucket)).ServeHTTP(w, r)
	}))
	server.Config.ReadTimeout = 200 * time.Millisecond
	server.Start()
	t.Cleanup(server.Close)
	connection, err := net.Dial("tcp", server.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { connection.Close() })
	body := example(t)
	fmt.Fprintf(connection, "POST %s HTTP/1.1\r\nHost: reports.example\r\nContent-Length: %d\r\n\r\n%s", reportintake.Path, len(body), body[:len(body)/2])
	return connection, handled
}

func TestStalledSender(t *testing.T) {
	bucket := new(storetest.Memory)
	connection, handled := startHalf(t, bucket)
	answer, err := io.ReadAll(connection)
	if err != nil || !strings.HasPrefix(string(answer), "HTTP/1.1 408 ") || !strings.Contains(string(answer), "send it again") {
		t.Errorf("got %q, %v; want 408", answer, err)
	}
	<-handled
	wantNothing(t, bucket)
}

func TestSenderGoesAway(t *testing.T) {
	bucket := new(storetest.Memory)
	connection, handled := startHalf(t, bucket)
	connection.Close()
	<-handled
	wantNothing(t, bucket)
}

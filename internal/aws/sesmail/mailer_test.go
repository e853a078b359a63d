package sesmail_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"reflect"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws/retry"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/sesv2"

	"sealpost/internal/aws/sesmail"
	"sealpost/internal/weekly"
)

const (
	from = "Sealpost <digest@example.com>"
	raw  = "Subject: [TLS-RPT] gr\xc3\xbc\xc3\x9fe\r\n\r\n.\r\nFrom the week\r\n"
)

// sent is a message as SES is asked to send it.
type sent struct {
	FromEmailAddress     string
	ConfigurationSetName string
	Destination          struct{ ToAddresses []string }
	Content              struct{ Raw struct{ Data []byte } }
}

// fakeSES takes messages, or does what its answers say, one after the other.
type fakeSES struct {
	lock    sync.Mutex
	answers []http.HandlerFunc
	sent    []sent
	account http.HandlerFunc // What it says of the account.
}

func (f *fakeSES) messages() []sent {
	f.lock.Lock()
	defer f.lock.Unlock()
	return f.sent
}

func (f *fakeSES) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.Method+r.URL.Path == "GET/v2/email/account" && f.account != nil {
		f.account(w, r)
		return
	}
	var message sent
	if err := json.NewDecoder(r.Body).Decode(&message); err != nil || r.Method+r.URL.Path != "POST/v2/email/outbound-emails" {
		refuse(http.StatusBadRequest, "BadRequestException")(w, r)
		return
	}
	f.take(message)(w, r)
}

func (f *fakeSES) take(message sent) (answer http.HandlerFunc) {
	f.lock.Lock()
	defer f.lock.Unlock()
	f.sent = append(f.sent, message)
	if len(f.answers) == 0 {
		return accept
	}
	answer, f.answers = f.answers[0], f.answers[1:]
	return answer
}

func accept(w http.ResponseWriter, _ *http.Request) {
	io.WriteString(w, `{"MessageId":"0001"}`) //nolint:errcheck // The test would fail.
}

func refuse(status int, code string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("X-Amzn-ErrorType", code)
		w.WriteHeader(status)
		io.WriteString(w, `{"message":"No."}`) //nolint:errcheck // The test would fail.
	}
}

// loseAnswer takes the message and breaks the connection.
func loseAnswer(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }

func mailer(t *testing.T, ses http.Handler) sesmail.Mailer {
	server := httptest.NewServer(ses)
	t.Cleanup(server.Close)
	return sesmail.Mailer{
		Client: sesv2.New(sesv2.Options{
			BaseEndpoint: &server.URL,
			Region:       "us-east-1",
			Credentials:  credentials.NewStaticCredentialsProvider("test", "test", ""),
			HTTPClient:   server.Client(),
			Retryer: retry.NewStandard(func(o *retry.StandardOptions) {
				o.Backoff = retry.BackoffDelayerFunc(func(int, error) (time.Duration, error) { return 0, nil })
			}),
		}),
		ConfigurationSet: "digest",
		Timeout:          time.Minute,
	}
}

func TestSend(t *testing.T) {
	ses := new(fakeSES)
	to := []string{"postmaster@example.com", "Ops <ops@example.net>"}
	if id, err := mailer(t, ses).Send(t.Context(), from, to, []byte(raw)); err != nil || id != "0001" {
		t.Fatalf("id %q, %v; want the one that SES gives", id, err)
	}
	if len(ses.messages()) != 1 {
		t.Fatalf("%d messages were sent; want 1", len(ses.messages()))
	}
	got := ses.messages()[0]
	if got.FromEmailAddress != from || got.ConfigurationSetName != "digest" ||
		!reflect.DeepEqual(got.Destination.ToAddresses, to) || string(got.Content.Raw.Data) != raw {
		t.Errorf("sent %+v", got)
	}
}

func TestNumberOfRecipients(t *testing.T) {
	for n, want := range map[int]string{
		0: "it has 0 recipients", 1: "", 50: "", 51: "it has 51 recipients; SES takes 1 to 50",
	} {
		ses := new(fakeSES)
		var to []string
		for i := range n {
			to = append(to, fmt.Sprintf("%d@example.com", i))
		}
		_, err := mailer(t, ses).Send(t.Context(), from, to, []byte(raw))
		if want != "" && !errors.Is(err, weekly.ErrNotSent) {
			t.Errorf("%d recipients: %v; want ErrNotSent", n, err)
		}
		if want == "" && (err != nil || len(ses.messages()) != 1) || want != "" && (err == nil || !strings.Contains(err.Error(), want) || len(ses.messages()) != 0) {
			t.Errorf("%d recipients: %v, %d messages; want the error %q", n, err, len(ses.messages()), want)
		}
	}
}

// TestNeverTwice: a message is tried again only where it was certainly not
// taken.
func TestNeverTwice(t *testing.T) {
	tooMany := refuse(http.StatusTooManyRequests, "TooManyRequestsException")
	for _, test := range []struct {
		name     string
		answers  []http.HandlerFunc
		attempts int
		want     string
		certain  bool // That nothing was sent.
	}{
		{"asked too often, then taken", []http.HandlerFunc{tooMany, tooMany}, 3, "", false},
		{"asked too often", []http.HandlerFunc{tooMany, tooMany, tooMany}, 3, "TooManyRequestsException", true},
		{"the answer is lost", []http.HandlerFunc{loseAnswer}, 1, "EOF", false},
		{"an error inside SES", []http.HandlerFunc{refuse(http.StatusInternalServerError, "InternalFailure")}, 1, "InternalFailure", false},
		{"the sender is not verified", []http.HandlerFunc{refuse(http.StatusBadRequest, "MessageRejected")}, 1, "MessageRejected", true},
		{"the right is missing", []http.HandlerFunc{refuse(http.StatusForbidden, "AccessDeniedException")}, 1, "AccessDeniedException", true},
	} {
		t.Run(test.name, func(t *testing.T) {
			ses := &fakeSES{answers: test.answers}
			_, err := mailer(t, ses).Send(t.Context(), from, []string{"postmaster@example.com"}, []byte(raw))
			if errors.Is(err, weekly.ErrNotSent) != test.certain {
				t.Errorf("got %v; want ErrNotSent: %v", err, test.certain)
			}
			if (err == nil) != (test.want == "") || err != nil && !strings.Contains(err.Error(), test.want) {
				t.Errorf("got %v; want the error %q", err, test.want)
			}
			if len(ses.messages()) != test.attempts {
				t.Errorf("sent %d times; want %d", len(ses.messages()), test.attempts)
			}
		})
	}
}

// TestSendEnds asks an SES that does not answer.
func TestSendEnds(t *testing.T) {
	m := mailer(t, http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		io.Copy(io.Discard, r.Body) //nolint:errcheck // Only then the server notices that the client is gone.
		<-r.Context().Done()
	}))
	m.Timeout = time.Millisecond
	if _, err := m.Send(t.Context(), from, []string{"postmaster@example.com"}, []byte(raw)); !errors.Is(err, context.DeadlineExceeded) || errors.Is(err, weekly.ErrNotSent) {
		t.Errorf("got %v; want context.DeadlineExceeded, and not ErrNotSent", err)
	}
}

// TestSandbox: whoever is refused there is told why, and nobody else.
func TestSandbox(t *testing.T) {
	says := func(production bool) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) {
			fmt.Fprintf(w, `{"ProductionAccessEnabled":%v}`, production)
		}
	}
	for name, test := range map[string]struct {
		account http.HandlerFunc
		refusal string
		want    bool
	}{
		"in it":                          {says(false), "MessageRejected", true},
		"out of it":                      {says(true), "MessageRejected", false},
		"refused for another reason":     {says(false), "BadRequestException", false},
		"nobody may ask for the account": {refuse(http.StatusForbidden, "AccessDeniedException"), "MessageRejected", false},
	} {
		t.Run(name, func(t *testing.T) {
			ses := &fakeSES{answers: []http.HandlerFunc{refuse(http.StatusBadRequest, test.refusal)}, account: test.account}
			_, err := mailer(t, ses).Send(t.Context(), from, []string{"postmaster@example.com"}, []byte(raw))
			if !errors.Is(err, weekly.ErrNotSent) || strings.Contains(fmt.Sprint(err), sesmail.Sandbox) != test.want {
				t.Errorf("got %v; want it to tell of the sandbox: %v", err, test.want)
			}
		})
	}
	for _, production := range []bool{false, true} {
		if in, err := mailer(t, &fakeSES{account: says(production)}).InSandbox(t.Context()); err != nil || in == production {
			t.Errorf("with production access %v: in the sandbox %v, %v", production, in, err)
		}
	}
}

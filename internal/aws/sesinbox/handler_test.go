package sesinbox_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/events"

	"sealpost/internal/archive"
	"sealpost/internal/aws/sesinbox"
	"sealpost/internal/reportintake"
)

const inbox = "sealpost-inbox"

// objects are what lies in the inbox.
type objects map[string]string

func (o objects) Get(_ context.Context, key string) ([]byte, error) {
	text, is := o[key]
	if !is {
		return nil, fmt.Errorf("get %s: %w", key, fs.ErrNotExist)
	}
	return []byte(text), nil
}

// fakeIntake does with a mail what its text asks for, and notes it.
type fakeIntake struct {
	took   []reportintake.Mail
	until  time.Time
	cancel func()
}

func (f *fakeIntake) ReceiveMail(ctx context.Context, m reportintake.Mail) ([]reportintake.Receipt, error) {
	f.took = append(f.took, m)
	f.until, _ = ctx.Deadline()
	switch string(m.Raw) {
	case "fail":
		return nil, errors.New("the archive is away")
	case "panic":
		panic("nobody foresaw this")
	case "too long":
		f.cancel()
		return nil, ctx.Err()
	case "two":
		return []reportintake.Receipt{
			{Status: reportintake.Stored, Key: "reports/1", TrustDomain: "northwind.example"},
			{Status: reportintake.Quarantined, Reason: archive.ReasonUnsigned, Key: "quarantine/2", Problems: []archive.Problem{{Message: "secret of the report"}}},
		}, nil
	case "large":
		return []reportintake.Receipt{{Status: reportintake.Refused, Problems: []archive.Problem{{Message: "over the limit"}}}}, nil
	}
	return []reportintake.Receipt{{Status: reportintake.Stored, Key: "reports/" + string(m.Raw)}}, nil
}

// message tells of a mail by its name in the inbox.
func message(name string) string {
	return fmt.Sprintf(`{"notificationType":"Received","mail":{"timestamp":"2026-11-17T06:12:09.512Z"},"receipt":{"spamVerdict":{"status":"GRAY"},`+
		`"action":{"type":"S3","bucketName":%q,"objectKey":"inbox/mail/%s"}}}`, inbox, name)
}

// handle takes in a batch, and gives the ids of the messages that come again, and
// the log. The ids are 0, 1 and so on.
func handle(t *testing.T, ctx context.Context, intake *fakeIntake, mails objects, bodies ...string) ([]string, string) {
	t.Helper()
	var event events.SQSEvent
	for i, body := range bodies {
		event.Records = append(event.Records, events.SQSMessage{MessageId: fmt.Sprint(i), Body: body})
	}
	var log bytes.Buffer
	handler := sesinbox.Handler{Intake: intake, Inbox: mails, Name: inbox, Log: slog.New(slog.NewJSONHandler(&log, nil))}
	response, err := handler.Handle(ctx, event)
	if err != nil {
		t.Fatal(err)
	}
	var again []string
	for _, failure := range response.BatchItemFailures {
		again = append(again, failure.ItemIdentifier)
	}
	return again, log.String()
}

func TestHandle(t *testing.T) {
	mails := objects{"inbox/mail/a": "a", "inbox/mail/b": "b", "inbox/mail/two": "two", "inbox/mail/fail": "fail", "inbox/mail/panic": "panic", "inbox/mail/large": "large"}
	infected := strings.Replace(message("a"), `"spamVerdict":{"status":"GRAY"}`, `"virusVerdict":{"status":"FAIL"}`, 1)
	for _, test := range []struct {
		name   string
		bodies []string
		took   string
		again  []string
		log    string // What a line of it has.
	}{
		{"all kept", []string{message("a"), message("b")}, "a b", nil,
			`"level":"INFO","msg":"mail","mail":"inbox/mail/b","status":"stored","reason":"","key":"reports/b","trust_domain":""}`},
		{"two reports in a mail", []string{message("two")}, "two", nil,
			`"level":"INFO","msg":"mail","mail":"inbox/mail/two","status":"quarantined","reason":"unsigned","key":"quarantine/2","trust_domain":""}`},
		{"one fails", []string{message("a"), message("fail"), message("b")}, "a fail b", []string{"1"},
			`"level":"ERROR","msg":"mail not kept, so its message comes again","message":"1","error":"inbox/mail/fail: the archive is away"}`},
		{"one panics", []string{message("panic"), message("b")}, "panic b", []string{"0"}, `panic: nobody foresaw this`},
		{"no such mail", []string{message("gone"), message("b")}, "b", []string{"0"}, `get inbox/mail/gone: file does not exist`},
		{"a virus", []string{infected, message("b")}, "b", nil, `"level":"WARN","msg":"mail left unread","mail":"inbox/mail/a","virus":"FAIL"}`},
		{"too large", []string{message("large")}, "large", nil, `"level":"WARN","msg":"mail","mail":"inbox/mail/large","status":"refused"`},
		{"another bucket", []string{strings.Replace(message("a"), inbox, "other", 1), message("b")}, "b", []string{"0"}, `names the bucket \"other\", which is not the inbox`},
		{"no notification", []string{"hello", message("b")}, "b", []string{"0"}, `the message is not JSON`},
	} {
		t.Run(test.name, func(t *testing.T) {
			var intake fakeIntake
			again, log := handle(t, t.Context(), &intake, mails, test.bodies...)
			var took []string
			for _, mail := range intake.took {
				took = append(took, string(mail.Raw))
			}
			if strings.Join(took, " ") != test.took || !slices.Equal(again, test.again) {
				t.Errorf("took %q; want %s; again %q; want %q", took, test.took, again, test.again)
			}
			if !strings.Contains(log, test.log) || strings.Contains(log, "secret") {
				t.Errorf("the log is:\n%s\nwant %s", log, test.log)
			}
		})
	}
}

func TestWhatSESKnowsIsPassedOn(t *testing.T) {
	var intake fakeIntake
	handle(t, t.Context(), &intake, objects{"inbox/mail/a": "a"}, message("a"))
	want := time.Date(2026, time.November, 17, 6, 12, 9, 512_000_000, time.UTC)
	if mail := intake.took[0]; !mail.ReceivedAt.Equal(want) || len(mail.Verdicts) != 1 || mail.Verdicts["spam"] != "GRAY" {
		t.Errorf("took %+v", mail)
	}
}

// TestTimeIsOver: what was not begun is handed back, and so is what was under way.
func TestTimeIsOver(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	intake := fakeIntake{cancel: cancel}
	again, log := handle(t, ctx, &intake, objects{"inbox/mail/a": "a", "inbox/mail/b": "too long", "inbox/mail/c": "c"}, message("a"), message("b"), message("c"), message("a"))
	if !slices.Equal(again, []string{"1", "2", "3"}) || len(intake.took) != 2 || strings.Count(log, "not begun") != 2 {
		t.Errorf("again %q, took %d; the log is:\n%s", again, len(intake.took), log)
	}
}

// TestThereIsTimeToSaySo: the mails have less time than the function.
func TestThereIsTimeToSaySo(t *testing.T) {
	end := time.Date(2099, time.January, 1, 0, 0, 0, 0, time.UTC)
	ctx, cancel := context.WithDeadline(t.Context(), end)
	defer cancel()
	var intake fakeIntake
	handle(t, ctx, &intake, objects{"inbox/mail/a": "a"}, message("a"))
	if intake.until.IsZero() || !intake.until.Before(end) {
		t.Errorf("the intake may work until %v, the function until %v", intake.until, end)
	}
}

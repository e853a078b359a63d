package functions_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"

	"sealpost/internal/dkim/dkimtest"
)

const alarmsTopic = "arn:aws:sns:us-east-1:123456789012:Alarms"

// fakeSNS keeps the subjects of what is published.
type fakeSNS struct {
	lock     sync.Mutex
	subjects []string
	fails    bool
}

func (s *fakeSNS) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.lock.Lock()
	defer s.lock.Unlock()
	if s.fails || r.ParseForm() != nil || r.PostForm.Get("TopicArn") != alarmsTopic || r.PostForm.Get("Message") == "" {
		http.Error(w, "<ErrorResponse/>", http.StatusBadRequest)
		return
	}
	s.subjects = append(s.subjects, r.PostForm.Get("Subject"))
	io.WriteString(w, `<PublishResponse><PublishResult><MessageId>1</MessageId></PublishResult></PublishResponse>`) //nolint:errcheck // The client is the test's own.
}

// TestAlerts: people are told once of failures in a mail that is signed, and of
// none that somebody posted. While they cannot be told, the report is kept, and
// the mail comes again.
func TestAlerts(t *testing.T) {
	c, sns := newCloud(t), new(fakeSNS)
	c.host(t)
	server := httptest.NewServer(sns)
	t.Cleanup(server.Close)
	told := []string{"AWS_ENDPOINT_URL_SNS", server.URL, "SEALPOST_ALARMS_TOPIC", alarmsTopic}
	c.intake(t, false, told...).request(t, post(t, report(t)))
	if len(sns.subjects) > 0 {
		t.Errorf("of a report that was posted they are told %q", sns.subjects)
	}
	mails, _ := c.mailIntake(t, told...)
	signed := dkimtest.Sign(t, letter(report(t)), reporter)
	at := dkimtest.SignedAt(t, signed)
	c.put(t, "one", signed)
	for range 2 {
		if again := mails.deliver(t, sent(t, "one", at, "PASS")); len(again) > 0 {
			t.Errorf("%q come again", again)
		}
	}
	if want := []string{"[TLS-RPT] example.com: certificate-expired at mx1.mail.example.com"}; !slices.Equal(sns.subjects, want) {
		t.Errorf("they are told %q, want %q", sns.subjects, want)
	}
	sns.fails = true
	before := len(c.reports(t))
	c.put(t, "other", dkimtest.Sign(t, letter(strings.NewReplacer("certificate-expired", "starttls-not-supported", "2026-11-16-meadow", "other").Replace(report(t))), reporter))
	if again := mails.deliver(t, sent(t, "other", at, "PASS")); !slices.Equal(again, []string{"0"}) || len(c.reports(t)) != before+1 {
		t.Errorf("%q come again, and %d reports are kept more; want the mail, and the report", again, len(c.reports(t))-before)
	}
}

package sesinbox

import (
	"errors"
	"fmt"
	"io/fs"
	"strings"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"sealpost/internal/aws/settings"
)

// notice is what SES says of a mail that it has put into a bucket.
type notice struct {
	bucket, key string
	receivedAt  time.Time
	verdicts    map[string]string // By what was looked for: spam, virus, spf, dkim, dmarc.
}

const (
	virus  = "virus"
	failed = "FAIL"
)

// isUnreadable says whether SES has found a virus in the mail. Only that keeps it
// from being read: a report is data, which nobody runs. GRAY and
// PROCESSING_FAILED say no more than that SES cannot tell, and DISABLED that it
// was told not to look; for either, to leave a report unread would be to lose it.
func (n notice) isUnreadable() bool { return n.verdicts[virus] == failed }

// received is a notification of SES, as far as it matters here
// (https://docs.aws.amazon.com/ses/latest/dg/receiving-email-notifications-contents.html).
type received struct {
	Type    string `json:"notificationType"`
	Receipt struct {
		Action struct {
			Type   string `json:"type"`
			Bucket string `json:"bucketName"`
			Key    string `json:"objectKey"`
		} `json:"action"`
		Spam  verdict `json:"spamVerdict"`
		Virus verdict `json:"virusVerdict"`
		SPF   verdict `json:"spfVerdict"`
		DKIM  verdict `json:"dkimVerdict"`
		DMARC verdict `json:"dmarcVerdict"`
	} `json:"receipt"`
	Mail struct {
		Timestamp time.Time `json:"timestamp"` // When SES received the mail.
	} `json:"mail"`
}

type verdict struct {
	Status string `json:"status"`
}

// envelope is what SNS puts around a message where a queue does not ask for raw
// delivery
// (https://docs.aws.amazon.com/sns/latest/dg/sns-message-and-json-formats.html).
type envelope struct {
	Type    string `json:"Type"`
	Message string `json:"Message"`
}

// read reads the body of a message in the queue, raw or in an envelope.
func read(body string) (notice, error) {
	var e envelope
	if err := unmarshal(body, &e); err != nil {
		return notice{}, fmt.Errorf("the message is not JSON: %w", err)
	}
	if e.Type == "Notification" {
		body = e.Message
	}
	var r received
	if err := unmarshal(body, &r); err != nil {
		return notice{}, fmt.Errorf("the message is no notification of SES: %w", err)
	}
	return r.notice()
}

// unmarshal takes what senders can bring into it: SES repeats the header of the
// mail there, and nothing in that may keep the mail from being found.
func unmarshal(text string, into any) error {
	return json.Unmarshal([]byte(text), into, jsontext.AllowInvalidUTF8(true), jsontext.AllowDuplicateNames(true))
}

func (r received) notice() (notice, error) {
	action := r.Receipt.Action
	switch {
	case r.Type != "Received":
		return notice{}, fmt.Errorf("the message is a notification %.40q of SES, not of a mail that was received", r.Type)
	case action.Type != "S3":
		return notice{}, fmt.Errorf("the notification is of an action %.40q of SES, not of a mail put into a bucket", action.Type)
	case !strings.HasPrefix(action.Key, settings.InboxPrefix) || !fs.ValidPath(action.Key):
		return notice{}, fmt.Errorf("the notification names the object %.200q, which is not below %s", action.Key, settings.InboxPrefix)
	case r.Mail.Timestamp.IsZero():
		return notice{}, errors.New("the notification does not say when the mail was received")
	}
	n := notice{bucket: action.Bucket, key: action.Key, receivedAt: r.Mail.Timestamp, verdicts: make(map[string]string)}
	for name, v := range map[string]verdict{"spam": r.Receipt.Spam, virus: r.Receipt.Virus, "spf": r.Receipt.SPF, "dkim": r.Receipt.DKIM, "dmarc": r.Receipt.DMARC} {
		if v.Status != "" {
			n.verdicts[name] = v.Status
		}
	}
	return n, nil
}

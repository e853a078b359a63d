package sesinbox

import (
	"bytes"
	"context"
	"fmt"
	"iter"
	"path"
	"strings"
	"time"

	"sealpost/internal/aws/s3bucket"
	"sealpost/internal/aws/settings"
	"sealpost/internal/reportintake"
	"sealpost/internal/tlsrpt"
)

// Again takes in again what lies in the inbox, for mails of which no message
// came, or whose messages have ended among the dead letters.
type Again struct {
	Inbox  Listed
	Intake Intake
}

// Listed is a Bucket that tells when its mails were written.
type Listed interface {
	Bucket

	// Objects gives the objects whose keys begin with prefix. It ends after the
	// first error.
	Objects(ctx context.Context, prefix string) iter.Seq2[s3bucket.Object, error]
}

var _ Listed = s3bucket.Bucket{}

// setup is what SES writes into a bucket to try its rights; no mail came.
const setup = "AMAZON_SES_SETUP_NOTIFICATION"

// Since gives the mails that SES has put into the inbox at that time or later.
func (a Again) Since(ctx context.Context, since time.Time) ([]s3bucket.Object, error) {
	var mails []s3bucket.Object
	for object, err := range a.Inbox.Objects(ctx, settings.InboxPrefix) {
		if err != nil {
			return nil, fmt.Errorf("list the inbox: %w", err)
		}
		if path.Base(object.Key) != setup && !object.WrittenAt.Before(since) {
			mails = append(mails, object)
		}
	}
	return mails, nil
}

// TakeIn takes in a mail as of the time at which SES put it there. What was taken
// in before is kept once. There is no receipt for a mail that is left unread,
// since SES has found a virus in it.
func (a Again) TakeIn(ctx context.Context, mail s3bucket.Object) ([]reportintake.Receipt, error) {
	raw, err := a.Inbox.Get(ctx, mail.Key)
	if err != nil {
		return nil, err
	}
	n := notice{key: mail.Key, receivedAt: mail.WrittenAt, verdicts: verdictsIn(raw)}
	if n.isUnreadable() {
		return nil, nil
	}
	return a.Intake.ReceiveMail(ctx, reportintake.Mail{Raw: raw, ReceivedAt: n.receivedAt, Verdicts: n.verdicts})
}

// verdictsIn gives what SES says of a mail in the fields that it puts before all
// others. Below the first of its name, a field is whoever's.
func verdictsIn(raw []byte) map[string]string {
	fields := map[string]string{"x-ses-spam-verdict": "spam", "x-ses-virus-verdict": virus}
	verdicts := make(map[string]string)
	for line := range bytes.Lines(raw[:min(len(raw), tlsrpt.MaxMailHeader)]) {
		text := strings.TrimRight(string(line), "\r\n")
		if text == "" {
			break
		}
		name, value, _ := strings.Cut(text, ":")
		if what, is := fields[strings.ToLower(name)]; is && verdicts[what] == "" {
			verdicts[what] = strings.TrimSpace(value)
		}
	}
	return verdicts
}

package main

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/ses"
	"github.com/aws/aws-sdk-go-v2/service/ses/types"
	"github.com/aws/aws-sdk-go-v2/service/sns"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	sqstypes "github.com/aws/aws-sdk-go-v2/service/sqs/types"
	"github.com/go-json-experiment/json"

	"sealpost/internal/archive"
	"sealpost/internal/aws/route53txt"
	"sealpost/internal/dkim"
	"sealpost/internal/publication"
	"sealpost/internal/tlsrpt"
)

// post does with mails what SES would, once it had received them: nobody needs
// to be able to send mail, nor SES to be asked.
type post struct {
	rules   *ses.Client
	objects *s3.Client
	topics  *sns.Client
	queues  *sqs.Client
	keys    route53txt.Records
	keyZone string // The id of the hosted zone of the domain; empty if no mail is to be signed.
}

const selector = "sealpost-tryout"

// mailSteps are none where the stack takes in no reports by mail.
func (v visit) mailSteps() []step {
	if v.stack.reportsAddress == "" {
		return nil
	}
	var rule *types.S3Action
	steps := []step{{"The active receipt rule set keeps what is mailed to " + v.stack.reportsAddress, func(ctx context.Context) (err error) {
		rule, err = v.post.ruleFor(ctx, v.stack.reportsAddress)
		return err
	}}}
	if v.post.keyZone != "" {
		var key dkimKey
		steps = append(steps,
			step{"The DNS has a key for mails from " + v.domain, func(ctx context.Context) (err error) {
				key, err = v.post.putKey(ctx, v.domain)
				return err
			}},
			step{"A mail with a report, signed by " + v.domain + ", is counted, and by whom it is signed", func(ctx context.Context) error {
				report := mailedReport(v.domain, "signed", v.now)
				mail, err := key.sign(v.domain, mailText(v.domain, v.stack.reportsAddress, report), v.now)
				if err != nil {
					return err
				}
				if _, err := v.post.deliver(ctx, *rule, mail, v.stack.reportsAddress, "PASS", v.now); err != nil {
					return err
				}
				return v.eventually(ctx, func(ctx context.Context) error { return v.isVouchedFor(ctx, report) })
			}},
			step{"The key is taken away again", func(ctx context.Context) error { return v.post.removeKey(ctx, v.domain, key) }},
		)
	}
	unsigned := mailText(v.domain, v.stack.reportsAddress, mailedReport(v.domain, "unsigned", v.now))
	infected := mailText(v.domain, v.stack.reportsAddress, mailedReport(v.domain, "infected", v.now))
	return append(steps,
		step{"A mail that nobody signed is in quarantine, with what SES says of it", func(ctx context.Context) error {
			if _, err := v.post.deliver(ctx, *rule, unsigned, v.stack.reportsAddress, "PASS", v.now); err != nil {
				return err
			}
			return v.eventually(ctx, func(ctx context.Context) error { return v.isUnsigned(ctx, unsigned) })
		}},
		step{"A mail in which SES found a virus is left unread in the inbox", func(ctx context.Context) error {
			key, err := v.post.deliver(ctx, *rule, infected, v.stack.reportsAddress, "FAIL", v.now)
			if err != nil {
				return err
			}
			return v.eventually(ctx, func(ctx context.Context) error { return v.isLeft(ctx, *rule.BucketName, key, infected) })
		}},
		step{"No mail was given up", func(ctx context.Context) error { return v.post.isEmpty(ctx, v.stack.failedMails) }},
	)
}

// ruleFor finds what SES does with a mail, by what is active now.
func (p post) ruleFor(ctx context.Context, address string) (*types.S3Action, error) {
	active, err := p.rules.DescribeActiveReceiptRuleSet(ctx, nil)
	if err != nil {
		return nil, fmt.Errorf("ask for the active receipt rule set: %w", err)
	}
	_, domain, _ := strings.Cut(address, "@")
	for _, rule := range active.Rules {
		if !rule.Enabled || !slices.Contains(rule.Recipients, domain) {
			continue
		}
		for _, action := range rule.Actions {
			if action.S3Action != nil {
				return action.S3Action, nil
			}
		}
	}
	return nil, fmt.Errorf("none of its %d rules does", len(active.Rules))
}

// deliver puts a mail where the rule says, and tells of it as SES does
// (https://docs.aws.amazon.com/ses/latest/dg/receiving-email-notifications-contents.html).
func (p post) deliver(ctx context.Context, rule types.S3Action, mail []byte, address, virus string, now time.Time) (key string, err error) {
	id := strings.ToLower(rand.Text())
	key = aws.ToString(rule.ObjectKeyPrefix) + id
	if _, err := p.objects.PutObject(ctx, &s3.PutObjectInput{Bucket: rule.BucketName, Key: &key, Body: bytes.NewReader(mail)}); err != nil {
		return "", fmt.Errorf("put the mail into the inbox: %w", err)
	}
	at := now.UTC().Format("2006-01-02T15:04:05.000Z")
	verdict := func(status string) map[string]string { return map[string]string{"status": status} }
	notice, err := json.Marshal(map[string]any{
		"notificationType": "Received",
		"receipt": map[string]any{
			"timestamp": at, "processingTimeMillis": 406, "recipients": []string{address},
			"spamVerdict": verdict("PASS"), "virusVerdict": verdict(virus), "spfVerdict": verdict("GRAY"), "dkimVerdict": verdict("GRAY"), "dmarcVerdict": verdict("GRAY"),
			"action": map[string]any{
				"type": "S3", "topicArn": rule.TopicArn, "bucketName": rule.BucketName, "objectKeyPrefix": rule.ObjectKeyPrefix, "objectKey": key,
			},
		},
		"mail": map[string]any{
			"timestamp": at, "source": "tls-reports@sender.example", "messageId": id, "destination": []string{address},
			"headersTruncated": false, "headers": []any{}, "commonHeaders": map[string]any{},
		},
	})
	if err != nil {
		return "", err
	}
	if _, err := p.topics.Publish(ctx, &sns.PublishInput{TopicArn: rule.TopicArn, Message: aws.String(string(notice))}); err != nil {
		return "", fmt.Errorf("tell of the mail: %w", err)
	}
	return key, nil
}

// isEmpty fails while a queue has messages, be they at work or waiting.
func (p post) isEmpty(ctx context.Context, queue string) error {
	asked, err := p.queues.GetQueueAttributes(ctx, &sqs.GetQueueAttributesInput{QueueUrl: &queue, AttributeNames: []sqstypes.QueueAttributeName{
		sqstypes.QueueAttributeNameApproximateNumberOfMessages, sqstypes.QueueAttributeNameApproximateNumberOfMessagesNotVisible,
	}})
	if err != nil {
		return fmt.Errorf("count the messages of %s: %w", queue, err)
	}
	for name, count := range asked.Attributes {
		if count != "0" {
			return fmt.Errorf("%s of %s is %s", name, queue, count)
		}
	}
	return nil
}

// dkimKey signs mails for as long as its public half is in the DNS.
type dkimKey struct {
	private ed25519.PrivateKey
	record  string
}

// putKey replaces nothing.
func (p post) putKey(ctx context.Context, domain string) (dkimKey, error) {
	public, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		return dkimKey{}, fmt.Errorf("make a key: %w", err)
	}
	key := dkimKey{private, "v=DKIM1; k=ed25519; s=tlsrpt; p=" + base64.StdEncoding.EncodeToString(public)}
	there, err := p.keys.Values(ctx, p.placeOf(domain))
	switch {
	case err != nil:
		return dkimKey{}, err
	case len(there) > 0:
		return dkimKey{}, fmt.Errorf("there is one already at %s; remove it if another tryout left it", p.placeOf(domain).Name)
	}
	return key, p.keys.Put(ctx, p.placeOf(domain), key.record)
}

func (p post) removeKey(ctx context.Context, domain string, key dkimKey) error {
	return p.keys.Remove(ctx, p.placeOf(domain), key.record)
}

func (p post) placeOf(domain string) publication.Place {
	return publication.Place{Zone: p.keyZone, Name: selector + "._domainkey." + domain}
}

func (k dkimKey) sign(domain string, mail []byte, now time.Time) ([]byte, error) {
	return dkim.Sign(mail, dkim.Signing{
		Domain: domain, Selector: selector, Key: k.private, At: now,
		Fields: []string{"From", "To", "Subject", "TLS-Report-Domain", "TLS-Report-Submitter", "MIME-Version", "Content-Type"},
	})
}

// mailedReport is a report about a domain that comes in no other way.
func mailedReport(domain, name string, now time.Time) []byte {
	return bytes.Replace(examples(domain, now)[0].text, []byte(`"report-id": "plain-`), []byte(`"report-id": "`+name+`-`), 1)
}

// mailText is a mail with a report (RFC 8460, section 5.3). It comes from the
// domain itself, the only one whose keys we can set.
func mailText(domain, to string, report []byte) []byte {
	text := "From: tls-reports@" + domain + "\nTo: " + to + "\nSubject: Report Domain: " + domain + " Submitter: " + domain + "\nTLS-Report-Domain: " + domain +
		"\nTLS-Report-Submitter: " + domain + "\nMIME-Version: 1.0\nContent-Type: multipart/report; report-type=\"tlsrpt\"; boundary=\"tryout\"\n\n" +
		"--tryout\nContent-Type: text/plain\n\nA report about TLS.\n\n--tryout\nContent-Type: application/tlsrpt+json\n\n" + string(report) + "\n--tryout--\n"
	return []byte(strings.ReplaceAll(text, "\n", "\r\n"))
}

// isVouchedFor reads the line of a report by the index.
func (v visit) isVouchedFor(ctx context.Context, report []byte) error {
	canonical, err := tlsrpt.Canonical(report)
	if err != nil {
		return err
	}
	key, err := v.reports.Get(ctx, "index/v1/"+tlsrpt.Key(canonical))
	if err != nil {
		return err
	}
	line, err := v.readLine(ctx, string(key))
	if err == nil && (line.Channel != archive.ChannelMail || line.Trust != archive.TrustDKIM || line.TrustDomain != v.domain) {
		err = fmt.Errorf("the line says that it came by %s, with the trust %s of %q", line.Channel, line.Trust, line.TrustDomain)
	}
	return err
}

// isUnsigned looks for a mail in quarantine.
func (v visit) isUnsigned(ctx context.Context, mail []byte) error {
	a := archive.Archive{Bucket: v.reports}
	for key, err := range a.InQuarantine(ctx, archive.ReasonUnsigned, v.now) {
		if err != nil {
			return err
		}
		q, err := a.Quarantined(ctx, key)
		if err != nil {
			return err
		}
		if !bytes.Equal(q.Body, mail) {
			continue
		}
		if q.Verdicts["spam"] != "PASS" || q.Verdicts["virus"] != "PASS" || len(q.Problems) == 0 {
			return fmt.Errorf("%s has the verdicts %v and the problems %v", key, q.Verdicts, q.Problems)
		}
		return nil
	}
	return errors.New("the mail is not there")
}

// isLeft: the mail was told of, and nothing but itself is left of it.
func (v visit) isLeft(ctx context.Context, bucket, key string, mail []byte) error {
	if err := v.post.isEmpty(ctx, v.stack.mails); err != nil {
		return err
	}
	inbox := v.reports
	inbox.Name = bucket
	body, err := inbox.Get(ctx, key)
	if err != nil {
		return err
	}
	if !bytes.Equal(body, mail) {
		return fmt.Errorf("%s in the inbox is another mail", key)
	}
	if err := v.isUnsigned(ctx, mail); err == nil {
		return errors.New("it was read: it is in quarantine")
	}
	return nil
}

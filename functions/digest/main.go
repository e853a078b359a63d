// Command digest is the Lambda function that mails the digest of the week that
// its event names, as {"week": "last"} or {"week": "2026-W47"} do.
package main

import (
	"context"
	"encoding/json"
	"os"
	"time"

	"github.com/aws/aws-lambda-go/lambda"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/sesv2"

	"sealpost/internal/archive"
	"sealpost/internal/aws/awsconfig"
	"sealpost/internal/aws/awslog"
	"sealpost/internal/aws/deadline"
	"sealpost/internal/aws/dynamostore"
	"sealpost/internal/aws/s3bucket"
	"sealpost/internal/aws/sesmail"
	"sealpost/internal/aws/settings"
	"sealpost/internal/linesum"
	"sealpost/internal/posture"
	"sealpost/internal/weekly"
)

const callTimeout = 20 * time.Second

func main() {
	log := awslog.New(os.Stdout)
	mail, err := newMail()
	if err != nil {
		log.Error("start", "error", err)
		os.Exit(1)
	}
	lambda.Start(func(ctx context.Context, call json.RawMessage) error {
		ctx, cancel := deadline.Early(ctx)
		defer cancel()
		week, err := mail.Answer(ctx, call)
		if err != nil {
			return err // Lambda logs it, and its alarm counts it.
		}
		log.InfoContext(ctx, "digest sent", "week", week)
		return nil
	})
}

func newMail() (weekly.Mail, error) {
	s, err := settings.DigestFromEnv(os.Getenv)
	if err != nil {
		return weekly.Mail{}, err
	}
	config, err := awsconfig.Load(context.Background(), awsconfig.Patience{Attempts: 5, Connect: 2 * time.Second, Answer: 10 * time.Second})
	if err != nil {
		return weekly.Mail{}, err
	}
	state := dynamostore.State{Client: dynamodb.NewFromConfig(config), Table: s.StateTable, Timeout: callTimeout}
	reports := archive.Archive{Bucket: s3bucket.Bucket{Client: s3.NewFromConfig(config), Name: s.ReportsBucket, Timeout: callTimeout}}
	resolver, _ := posture.Through(s.NameServer)
	return weekly.Mail{
		Digests: weekly.Digests{
			Engine:     linesum.Engine{Reports: reports, Now: time.Now},
			Quarantine: reports,
			Hosting:    weekly.HostingIn(state, resolver),
			Now:        time.Now,
		},
		Mailer:    sesmail.Mailer{Client: sesv2.NewFromConfig(config), ConfigurationSet: s.ConfigurationSet, Timeout: callTimeout},
		Sender:    s.Sender,
		Audiences: []weekly.Audience{{Recipients: s.Recipients}},
	}, nil
}

// Command digest is the Lambda function that mails the digest of the week that
// its event names, as {"week": "last"} or {"week": "2026-W47"} do.
package main

import (
	"context"
	"encoding/json"
	"os"
	"time"

	"github.com/aws/aws-lambda-go/lambda"
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/athena"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/sesv2"

	"sealpost/internal/archive"
	"sealpost/internal/aws/athenasql"
	"sealpost/internal/aws/awsconfig"
	"sealpost/internal/aws/awslog"
	"sealpost/internal/aws/deadline"
	"sealpost/internal/aws/dynamostore"
	"sealpost/internal/aws/s3bucket"
	"sealpost/internal/aws/sesmail"
	"sealpost/internal/aws/settings"
	"sealpost/internal/linesum"
	"sealpost/internal/posture"
	"sealpost/internal/sqlsum"
	"sealpost/internal/weekly"
)

const (
	callTimeout  = 20 * time.Second
	queryTimeout = 4 * time.Minute // Of three queries: the function has a quarter of an hour.
)

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
			Engine:     newEngine(s, config, reports),
			Quarantine: reports,
			Hosting:    weekly.HostingIn(state, resolver),
			Now:        time.Now,
		},
		Mailer:    sesmail.Mailer{Client: sesv2.NewFromConfig(config), ConfigurationSet: s.ConfigurationSet, Timeout: callTimeout},
		Sender:    s.Sender,
		Audiences: []weekly.Audience{{Recipients: s.Recipients}},
	}, nil
}

// newEngine gives the engine that the settings name.
func newEngine(s settings.Digest, config aws.Config, reports archive.Archive) weekly.Engine {
	if s.AthenaWorkgroup == "" {
		return linesum.Engine{Reports: reports, Now: time.Now}
	}
	return sqlsum.Engine{Database: athenasql.Hourly{
		Workgroup: athenasql.Workgroup{
			Client:   athena.NewFromConfig(config),
			Name:     s.AthenaWorkgroup,
			Database: s.AthenaDatabase,
			Now:      time.Now,
			Timeout:  callTimeout,
		},
		Timeout: queryTimeout,
	}}
}

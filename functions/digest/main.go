// Command digest is the Lambda function that mails the digests of the week that
// its event names, as {"week": "last"} or {"week": "2026-W47"} do. It may be
// called as often as one likes: each is mailed once.
package main

import (
	"context"
	"encoding/json"
	"log/slog"
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
	settings.LimitMemory(os.Getenv)
	log := awslog.New(os.Stdout)
	mail, mailer, err := newMail()
	if err != nil {
		log.Error("start", "error", err)
		os.Exit(1)
	}
	lambda.Start(func(ctx context.Context, call json.RawMessage) (weekly.Answer, error) {
		ctx, cancel := deadline.Early(ctx)
		defer cancel()
		answer, err := mail.Answer(ctx, call)
		for _, outcome := range answer.Outcomes {
			awslog.Digest(ctx, log, outcome)
		}
		if len(answer.Outcomes) > 0 {
			answer.Remark = remark(ctx, log, mailer)
		}
		return answer, err // Of an error Lambda calls again, and its alarm counts it.
	})
}

// remark tells of the sandbox, in the log too: whoever looks there for a digest
// that never came finds why.
func remark(ctx context.Context, log *slog.Logger, mailer sesmail.Mailer) string {
	in, err := mailer.InSandbox(ctx)
	switch {
	case err != nil:
		log.WarnContext(ctx, "sandbox not known", "error", err)
		return ""
	case in:
		log.WarnContext(ctx, "sandbox", "means", sesmail.Sandbox)
		return sesmail.Sandbox
	default:
		return ""
	}
}

func newMail() (weekly.Mail, sesmail.Mailer, error) {
	s, err := settings.DigestFromEnv(os.Getenv)
	if err != nil {
		return weekly.Mail{}, sesmail.Mailer{}, err
	}
	audiences, err := settings.Audiences(os.Getenv("LAMBDA_TASK_ROOT"))
	if err != nil {
		return weekly.Mail{}, sesmail.Mailer{}, err
	}
	config, err := awsconfig.Load(context.Background(), awsconfig.Patience{Attempts: 5, Connect: 2 * time.Second, Answer: 10 * time.Second})
	if err != nil {
		return weekly.Mail{}, sesmail.Mailer{}, err
	}
	bucket := s3bucket.Bucket{Client: s3.NewFromConfig(config), Name: s.ReportsBucket, Timeout: callTimeout}
	state := dynamostore.State{Client: dynamodb.NewFromConfig(config), Table: s.StateTable, Timeout: callTimeout}
	reports := archive.Archive{Bucket: bucket}
	resolver, _ := posture.Through(s.NameServer)
	hosting := weekly.HostingIn(state, resolver)
	hosting.Signers, hosting.HTTPSOnly = s.DistrustedSigners, s.HTTPSOnly
	mailer := sesmail.Mailer{Client: sesv2.NewFromConfig(config), ConfigurationSet: s.ConfigurationSet, Timeout: callTimeout}
	return weekly.Mail{
		Digests: weekly.Digests{
			Engine:     newEngine(s, config, reports),
			Quarantine: reports,
			KeptDays:   s.QuarantineDays,
			Hosting:    hosting,
			Now:        time.Now,
		},
		Shelf:       bucket,
		Deliveries:  state,
		Mailer:      mailer,
		Sender:      s.Sender,
		Unsubscribe: s.Unsubscribe,
		Audiences:   audiences,
	}, mailer, nil
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

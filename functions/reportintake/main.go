// Command reportintake is the Lambda function that takes in TLS reports: those
// that come by HTTPS, and the mails that SES tells of through a queue. It is
// deployed once for each.
package main

import (
	"context"
	"log/slog"
	"os"
	"time"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-lambda-go/lambda"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/sns"

	"sealpost/internal/alert"
	"sealpost/internal/archive"
	"sealpost/internal/aws/awsconfig"
	"sealpost/internal/aws/awslog"
	"sealpost/internal/aws/dynamostore"
	"sealpost/internal/aws/lambdahttp"
	"sealpost/internal/aws/s3bucket"
	"sealpost/internal/aws/sesinbox"
	"sealpost/internal/aws/settings"
	"sealpost/internal/aws/snstopic"
	"sealpost/internal/posture"
	"sealpost/internal/publication"
	"sealpost/internal/reportintake"
)

const (
	callTimeout = 5 * time.Second
	mailTimeout = 15 * time.Second // Of a call that has a whole mail to carry.
	keyTimeout  = 5 * time.Second  // To look up the key of a signature, of which a mail may have a few.
	keepDomains = time.Minute      // A new domain's reports come a day later.
)

// event is that of a request, or that of a queue.
type event struct {
	events.APIGatewayV2HTTPRequest
	events.SQSEvent
}

func main() {
	settings.LimitMemory(os.Getenv)
	log := awslog.New(os.Stdout)
	requests, mails, err := newHandlers(log)
	if err != nil {
		log.Error("start", "error", err)
		os.Exit(1)
	}
	serve := lambdahttp.Handler(requests)
	lambda.Start(func(ctx context.Context, e event) (any, error) {
		if e.Records != nil {
			return mails.Handle(ctx, e.SQSEvent)
		}
		return serve(ctx, e.APIGatewayV2HTTPRequest)
	})
}

func newHandlers(log *slog.Logger) (*reportintake.Handler, sesinbox.Handler, error) {
	s, err := settings.ReportIntakeFromEnv(os.Getenv)
	if err != nil {
		return nil, sesinbox.Handler{}, err
	}
	config, err := awsconfig.Load(context.Background(), awsconfig.Patience{Attempts: 5, Connect: time.Second, Answer: 3 * time.Second})
	if err != nil {
		return nil, sesinbox.Handler{}, err
	}
	objects, timeout := s3.NewFromConfig(config), callTimeout
	if s.InboxBucket != "" {
		timeout = mailTimeout
	}
	bucket := s3bucket.Bucket{Client: objects, Name: s.ReportsBucket, Timeout: timeout}
	state := dynamostore.State{Client: dynamodb.NewFromConfig(config), Table: s.StateTable, Timeout: callTimeout}
	hosted := &publication.Recent{Directory: state, Keep: keepDomains, Now: time.Now}
	witness := publication.Witness{Hosted: hosted, Evidence: state}
	var domains reportintake.Domains = hosted
	if s.AcceptAny {
		domains = reportintake.Any{}
	}
	resolver, _ := posture.Through(s.NameServer)
	resolver.Timeout = keyTimeout
	options := []reportintake.Option{reportintake.Resolver(resolver), reportintake.DNSPatience(settings.MailPatience), reportintake.ReportsDomain(s.ReportsDomain),
		reportintake.Distrust(s.DistrustedSigners)}
	if s.AlarmsTopic != "" {
		topic := snstopic.Topic{Client: sns.NewFromConfig(config), ARN: s.AlarmsTopic, Timeout: callTimeout}
		options = append(options, reportintake.Alert(alert.Alerts{Hosted: hosted, Published: state, Days: state, Teller: topic, Now: time.Now}))
	}
	intake := reportintake.New(archive.Archive{Bucket: bucket}, domains, witness, time.Now, options...)
	inbox := s3bucket.Bucket{Client: objects, Name: s.InboxBucket, Timeout: timeout}
	return &reportintake.Handler{Intake: intake, Log: log}, sesinbox.Handler{Intake: intake, Inbox: inbox, Name: s.InboxBucket, Log: log}, nil
}

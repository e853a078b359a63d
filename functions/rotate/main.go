// Command rotate is the Lambda function that announces what is served: for each
// domain that its queue names, it moves the id in the DNS.
package main

import (
	"context"
	"log/slog"
	"os"
	"time"

	"github.com/aws/aws-lambda-go/lambda"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/route53"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/sqs"

	"sealpost/internal/aws/awsconfig"
	"sealpost/internal/aws/awslog"
	"sealpost/internal/aws/dynamostore"
	"sealpost/internal/aws/route53txt"
	"sealpost/internal/aws/s3bucket"
	"sealpost/internal/aws/settings"
	"sealpost/internal/aws/sqsqueue"
	"sealpost/internal/posture"
	"sealpost/internal/publication"
)

const (
	callTimeout = 10 * time.Second
	syncTimeout = 40 * time.Second // Until all name servers of a zone have a record.
)

func main() {
	log := awslog.New(os.Stdout)
	handler, err := newHandler(log)
	if err != nil {
		log.Error("start", "error", err)
		os.Exit(1)
	}
	lambda.Start(handler.Handle)
}

func newHandler(log *slog.Logger) (sqsqueue.Handler, error) {
	s, err := settings.RotateFromEnv(os.Getenv)
	if err != nil {
		return sqsqueue.Handler{}, err
	}
	zones, err := settings.Zones(os.Getenv("LAMBDA_TASK_ROOT"))
	if err != nil {
		return sqsqueue.Handler{}, err
	}
	config, err := awsconfig.Load(context.Background(), awsconfig.Patience{Attempts: 5, Connect: 2 * time.Second, Answer: 5 * time.Second})
	if err != nil {
		return sqsqueue.Handler{}, err
	}
	resolver, policyHosts := posture.Through(s.NameServer)
	state := dynamostore.State{Client: dynamodb.NewFromConfig(config), Table: s.StateTable, Timeout: callTimeout}
	rotator := &publication.Rotator{
		Published:   state,
		History:     state,
		Copies:      s3bucket.Copies{Client: s3.NewFromConfig(config), Name: s.EdgeBucket, Timeout: callTimeout},
		Records:     route53txt.Records{Client: route53.NewFromConfig(config), Timeout: callTimeout, Sync: syncTimeout, Poll: 2 * time.Second},
		Resolver:    resolver,
		PolicyHosts: policyHosts,
		Zones:       zones,
		Journal:     publication.Journal{Statuses: state, Now: time.Now, Tell: awslog.Tell(log)},
		Settle:      settings.Settle,
		Now:         time.Now,
	}
	queue := sqsqueue.Queue{Client: sqs.NewFromConfig(config), URL: s.Rotations, Timeout: callTimeout}
	return sqsqueue.Handler{Rotator: rotator, Queue: queue, Log: log}, nil
}

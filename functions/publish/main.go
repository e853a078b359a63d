// Command publish is the Lambda function that publishes what people edit: it
// reads the stream of the table of policies. Called with {"walk": true}, it
// looks after all domains instead.
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
	"github.com/aws/aws-sdk-go-v2/service/sqs"

	"sealpost/internal/aws/awsconfig"
	"sealpost/internal/aws/awslog"
	"sealpost/internal/aws/deadline"
	"sealpost/internal/aws/dynamostore"
	"sealpost/internal/aws/s3bucket"
	"sealpost/internal/aws/settings"
	"sealpost/internal/aws/sqsqueue"
	"sealpost/internal/policyitem"
	"sealpost/internal/posture"
	"sealpost/internal/publication"
)

const (
	callTimeout = 10 * time.Second
	atOnce      = 8 // Domains of a walk.

	walkSpread = 15 * time.Minute // As long as the queue can wait.
)

type event struct {
	events.DynamoDBEvent
	Walk bool `json:"walk"`
}

func main() {
	log := awslog.New(os.Stdout)
	walk, err := newWalk(log)
	if err != nil {
		log.Error("start", "error", err)
		os.Exit(1)
	}
	stream := dynamostore.Stream{Publisher: walk.Publisher, Log: log}
	lambda.Start(func(ctx context.Context, e event) (any, error) {
		if !e.Walk {
			return stream.Handle(ctx, e.DynamoDBEvent)
		}
		ctx, cancel := deadline.Early(ctx)
		defer cancel()
		summary, err := walk.All(ctx)
		log.InfoContext(ctx, settings.WalkMessage, settings.LogDone, err == nil, "domains", summary.Domains, "failed", summary.Failed,
			"refused", summary.Refused, settings.LogStuck, summary.Stuck, settings.LogBrake, summary.Braked)
		return nil, err
	})
}

func newWalk(log *slog.Logger) (publication.Walk, error) {
	s, err := settings.PublishFromEnv(os.Getenv)
	if err != nil {
		return publication.Walk{}, err
	}
	zones, err := settings.Zones(os.Getenv("LAMBDA_TASK_ROOT"))
	if err != nil {
		return publication.Walk{}, err
	}
	config, err := awsconfig.Load(context.Background(), awsconfig.Patience{Attempts: 5, Connect: 2 * time.Second, Answer: 5 * time.Second})
	if err != nil {
		return publication.Walk{}, err
	}
	resolver, _ := posture.Through(s.NameServer)
	tables := dynamodb.NewFromConfig(config)
	items := dynamostore.Items{Client: tables, Table: s.PoliciesTable, Timeout: callTimeout}
	state := dynamostore.State{Client: tables, Table: s.StateTable, Timeout: callTimeout}
	queue := sqsqueue.Queue{Client: sqs.NewFromConfig(config), URL: s.Rotations, Timeout: callTimeout}
	publisher := &publication.Publisher{
		Read:      policyitem.Read,
		Items:     items,
		Published: state,
		History:   state,
		Copies:    s3bucket.Copies{Client: s3.NewFromConfig(config), Name: s.EdgeBucket, Timeout: callTimeout},
		Guards: publication.Guards{
			Resolver: resolver, Evidence: state, Brake: state, Directory: state,
			Signers: s.DistrustedSigners, HTTPSOnly: s.HTTPSOnly,
		},
		Zones:   zones,
		Journal: publication.Journal{Statuses: state, Now: time.Now, Tell: awslog.Tell(log)},
		Queue:   queue,
		Settle:  settings.Settle,
		Now:     time.Now,
	}
	return publication.Walk{
		Items: items, Statuses: state, Publisher: publisher, Brake: state, Queue: queue,
		Parallel: atOnce, Patience: settings.Writer, Spread: walkSpread, Now: time.Now,
	}, nil
}

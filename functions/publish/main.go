// Command publish is the Lambda function that publishes what people edit: it
// reads the stream of the table of policies.
package main

import (
	"context"
	"os"
	"time"

	"github.com/aws/aws-lambda-go/lambda"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"sealpost/internal/aws/awsconfig"
	"sealpost/internal/aws/awslog"
	"sealpost/internal/aws/dynamostore"
	"sealpost/internal/aws/s3bucket"
	"sealpost/internal/aws/settings"
	"sealpost/internal/policyitem"
	"sealpost/internal/publication"
)

const callTimeout = 10 * time.Second

func main() {
	log := awslog.New(os.Stdout)
	publisher, err := newPublisher()
	if err != nil {
		log.Error("start", "error", err)
		os.Exit(1)
	}
	lambda.Start(dynamostore.Stream{Publisher: publisher, Log: log}.Handle)
}

func newPublisher() (*publication.Publisher, error) {
	s, err := settings.PublishFromEnv(os.Getenv)
	if err != nil {
		return nil, err
	}
	config, err := awsconfig.Load(context.Background(), awsconfig.Patience{Attempts: 5, Connect: 2 * time.Second, Answer: 5 * time.Second})
	if err != nil {
		return nil, err
	}
	state := dynamostore.State{Client: dynamodb.NewFromConfig(config), Table: s.StateTable, Timeout: callTimeout}
	return &publication.Publisher{
		Read:      policyitem.Read,
		Published: state,
		History:   state,
		Copies:    s3bucket.Copies{Client: s3.NewFromConfig(config), Name: s.EdgeBucket, Timeout: callTimeout},
		Statuses:  state,
		Now:       time.Now,
	}, nil
}

// Command policy is the Lambda function that serves the published policies: it
// is the origin of the edge, which asks for /p/<policy host>.
package main

import (
	"context"
	"log/slog"
	"os"
	"time"

	"github.com/aws/aws-lambda-go/lambda"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"sealpost/internal/aws/awsconfig"
	"sealpost/internal/aws/awslog"
	"sealpost/internal/aws/dynamostore"
	"sealpost/internal/aws/lambdahttp"
	"sealpost/internal/aws/settings"
	"sealpost/internal/policyhost"
	"sealpost/internal/publication"
)

// Of the time that settings.Reading gives for all attempts, a first one that
// gets no answer leaves enough for a second.
const (
	attempts = 2
	answer   = 400 * time.Millisecond
)

func main() {
	log := awslog.New(os.Stdout)
	handler, err := newHandler(log)
	if err != nil {
		log.Error("start", "error", err)
		os.Exit(1)
	}
	lambda.Start(lambdahttp.Handler(handler))
}

func newHandler(log *slog.Logger) (policyhost.Edge, error) {
	s, err := settings.PolicyFromEnv(os.Getenv)
	if err != nil {
		return policyhost.Edge{}, err
	}
	config, err := awsconfig.Load(context.Background(), awsconfig.Patience{Attempts: attempts, Connect: answer, Answer: answer})
	if err != nil {
		return policyhost.Edge{}, err
	}
	state := dynamostore.State{Client: dynamodb.NewFromConfig(config), Table: s.StateTable, Timeout: settings.Reading}
	return policyhost.Edge{Handler: policyhost.Handler{Store: publication.Serving{Store: state}, Log: log}}, nil
}

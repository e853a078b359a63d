// Command reportintake is the Lambda function that takes TLS reports by HTTPS.
package main

import (
	"context"
	"os"
	"time"

	"github.com/aws/aws-lambda-go/lambda"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"sealpost/internal/archive"
	"sealpost/internal/aws/awsconfig"
	"sealpost/internal/aws/awslog"
	"sealpost/internal/aws/dynamostore"
	"sealpost/internal/aws/lambdahttp"
	"sealpost/internal/aws/s3bucket"
	"sealpost/internal/aws/settings"
	"sealpost/internal/publication"
	"sealpost/internal/reportintake"
)

const (
	callTimeout = 5 * time.Second
	keepDomains = time.Minute // A new domain's reports come a day later.
)

func main() {
	log := awslog.New(os.Stdout)
	intake, err := newIntake()
	if err != nil {
		log.Error("start", "error", err)
		os.Exit(1)
	}
	lambda.Start(lambdahttp.Handler(&reportintake.Handler{Intake: intake, Log: log}))
}

func newIntake() (*reportintake.Intake, error) {
	s, err := settings.ReportIntakeFromEnv(os.Getenv)
	if err != nil {
		return nil, err
	}
	config, err := awsconfig.Load(context.Background(), awsconfig.Patience{Attempts: 5, Connect: time.Second, Answer: 3 * time.Second})
	if err != nil {
		return nil, err
	}
	bucket := s3bucket.Bucket{Client: s3.NewFromConfig(config), Name: s.ReportsBucket, Timeout: callTimeout}
	state := dynamostore.State{Client: dynamodb.NewFromConfig(config), Table: s.StateTable, Timeout: callTimeout}
	hosted := &publication.Recent{Directory: state, Keep: keepDomains, Now: time.Now}
	witness := publication.Witness{Hosted: hosted, Evidence: state}
	var domains reportintake.Domains = hosted
	if s.AcceptAny {
		domains = reportintake.Any{}
	}
	return reportintake.New(archive.Archive{Bucket: bucket}, domains, witness, time.Now), nil
}

// Command compact is the Lambda function that has days of reports that are over
// brought together in large files, by Athena. Its event is {}, or names a day
// from which on to look again, as {"since": "2026-11-01"} does.
package main

import (
	"context"
	"encoding/json"
	"os"
	"time"

	"github.com/aws/aws-lambda-go/lambda"
	"github.com/aws/aws-sdk-go-v2/service/athena"

	"sealpost/internal/aws/athenasql"
	"sealpost/internal/aws/awsconfig"
	"sealpost/internal/aws/awslog"
	"sealpost/internal/aws/deadline"
	"sealpost/internal/aws/settings"
	"sealpost/internal/compaction"
)

const callTimeout = 20 * time.Second

func main() {
	log := awslog.New(os.Stdout)
	compactor, err := newCompactor()
	if err != nil {
		log.Error("start", "error", err)
		os.Exit(1)
	}
	lambda.Start(func(ctx context.Context, call json.RawMessage) error {
		ctx, cancel := deadline.Early(ctx)
		defer cancel()
		done, err := compactor.Answer(ctx, call)
		if err != nil {
			return err // Lambda logs it, and its alarm counts it.
		}
		log.InfoContext(ctx, "compacted", "from", done.From, "before", done.Before, "oldest", done.Oldest)
		return nil
	})
}

func newCompactor() (compaction.Compactor, error) {
	s, err := settings.CompactFromEnv(os.Getenv)
	if err != nil {
		return compaction.Compactor{}, err
	}
	config, err := awsconfig.Load(context.Background(), awsconfig.Patience{Attempts: 5, Connect: 2 * time.Second, Answer: 10 * time.Second})
	if err != nil {
		return compaction.Compactor{}, err
	}
	return compaction.Compactor{
		Engine: athenasql.Workgroup{
			Client:   athena.NewFromConfig(config),
			Name:     s.Workgroup,
			Database: s.Database,
			Now:      time.Now,
			Timeout:  callTimeout,
		},
		Bucket:   "s3://" + s.Bucket + "/",
		KeepDays: s.ReportDays,
		Now:      time.Now,
	}, nil
}

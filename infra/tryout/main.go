// Command tryout uses a deployed stack as a user and a reporter would, step by
// step, and ends at the first step that goes wrong.
//
// It works where the environment variables of AWS point. It edits policies of
// domains that nobody has and, if reports are given, of their domains unless
// they are there already; in the end it takes its items away again. What it
// leaves are the reports, a digest that was mailed to its recipients, and for a
// day its policies in mode none, as every domain whose item is taken away.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"sealpost/internal/aws/dynamostore"
	"sealpost/internal/aws/s3bucket"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	var files paths
	name := flag.String("stack", "Sealpost", "`name` of the CloudFormation stack")
	wait := flag.Duration("wait", 2*time.Minute, "how long to wait for what takes a while")
	flag.Var(&files, "report", "`file` with a report to send as well, JSON or gzip; may be given again")
	flag.Parse()
	if err := try(ctx, *name, *wait, files); err != nil {
		fmt.Fprintln(os.Stderr, "tryout:", err)
		os.Exit(1)
	}
}

type paths []string

func (p *paths) String() string { return strings.Join(*p, " ") }

func (p *paths) Set(path string) error {
	*p = append(*p, path)
	return nil
}

func try(ctx context.Context, name string, wait time.Duration, files []string) error {
	now := time.Now()
	reports, err := readReports(files)
	if err != nil {
		return err
	}
	loaded, err := config.LoadDefaultConfig(ctx)
	if err != nil {
		return fmt.Errorf("read the configuration of AWS: %w", err)
	}
	s, err := findStack(ctx, cloudformation.NewFromConfig(loaded), name)
	if err != nil {
		return err
	}
	client := s3.NewFromConfig(loaded)
	v := visit{
		functions: functions{lambda.NewFromConfig(loaded)},
		stack:     s,
		items:     dynamodb.NewFromConfig(loaded),
		state:     dynamostore.State{Client: dynamodb.NewFromConfig(loaded), Table: s.stateTable, Timeout: callTimeout},
		copies:    s3bucket.Bucket{Client: client, Name: s.edgeBucket, Timeout: callTimeout},
		reports:   s3bucket.Bucket{Client: client, Name: s.reportsBucket, Timeout: callTimeout},
		now:       now,
		wait:      wait,
	}
	return v.all(ctx, append(examples(now), reports...), digestOf{now: now, mails: os.Getenv("SES_DIR")})
}

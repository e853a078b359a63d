// Command tryout uses a deployed stack as a user and a reporter would, step by
// step, and ends at the first step that goes wrong.
//
// It works where the environment variables of AWS point, in the region of the
// stack. It edits policies of a domain that nobody has and, if reports are given,
// of their domains unless they are there already; in the end it takes its items
// away again. What it leaves are the reports, a digest that was mailed to its
// recipients, and for a day its policies in mode none, as every domain whose item
// is taken away.
//
// Where the stack takes in reports by mail, it does with mails what Amazon SES
// would, from the inbox on. To have one signed, it takes the hosted zone of the
// domain that it tries out.
//
// Given a domain of the stack's configuration that has no policy yet, it tries
// that one out in mode testing, and follows it until senders see the policy and
// the DNS announces it. It leaves its TXT record for a day as well.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/athena"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/route53"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/ses"
	"github.com/aws/aws-sdk-go-v2/service/sns"
	"github.com/aws/aws-sdk-go-v2/service/sqs"

	"sealpost/internal/aws/dynamostore"
	"sealpost/internal/aws/route53txt"
	"sealpost/internal/aws/s3bucket"
	stacks "sealpost/internal/aws/stack"
	"sealpost/internal/mtasts"
	"sealpost/internal/posture"
)

// options are what the command line decides.
type options struct {
	stack, domain, nameServer string
	zone                      string
	wait                      time.Duration
	reports, recipients       list
	absent                    bool
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	var o options
	flag.StringVar(&o.stack, "stack", "Sealpost", "`name` of the CloudFormation stack")
	flag.StringVar(&o.domain, "domain", "", "`domain` of the configuration to try out, which has no policy yet; it is announced in the DNS")
	flag.StringVar(&o.nameServer, "name-server", "", "`address` and port of a name server that knows the domain; the system's if empty")
	flag.StringVar(&o.zone, "zone", "", "`id` of the hosted zone of that domain, where a key for mails is put meanwhile; no mail is signed if it is empty")
	flag.DurationVar(&o.wait, "wait", 2*time.Minute, "how long to wait for what takes a while")
	flag.Var(&o.reports, "report", "`file` with a report to send as well, JSON or gzip; may be given again")
	flag.Var(&o.recipients, "recipient", "`address` that the digest must go to, where mail can be read in the folder SES_DIR; may be given again")
	flag.BoolVar(&o.absent, "absent", false, "try nothing, and make sure that there is no such stack")
	flag.Parse()
	if err := try(ctx, o); err != nil {
		fmt.Fprintln(os.Stderr, "tryout:", err)
		os.Exit(1)
	}
}

// list is a flag that may be given again.
type list []string

func (l *list) String() string { return strings.Join(*l, " ") }

func (l *list) Set(one string) error {
	*l = append(*l, one)
	return nil
}

func try(ctx context.Context, o options) error {
	now := time.Now()
	if name, err := mtasts.ParseDomain(o.domain); o.domain != "" && (err != nil || name != o.domain) {
		return fmt.Errorf("%q is no domain; write it as the configuration does", o.domain)
	}
	if o.zone != "" && o.domain == "" {
		return errors.New("-zone needs the -domain that it is of")
	}
	reports, err := readReports(o.reports)
	if err != nil {
		return err
	}
	loaded, err := config.LoadDefaultConfig(ctx, config.WithRegion(stacks.Region))
	if err != nil {
		return fmt.Errorf("read the configuration of AWS: %w", err)
	}
	if o.absent {
		return absent(ctx, cloudformation.NewFromConfig(loaded), o.stack)
	}
	s, err := findStack(ctx, cloudformation.NewFromConfig(loaded), o.stack)
	if err != nil {
		return err
	}
	client := s3.NewFromConfig(loaded)
	v := visit{
		domain:    nobodys,
		functions: functions{lambda.NewFromConfig(loaded)},
		stack:     s,
		items:     dynamodb.NewFromConfig(loaded),
		athena:    athena.NewFromConfig(loaded),
		state:     dynamostore.State{Client: dynamodb.NewFromConfig(loaded), Table: s.stateTable, Timeout: callTimeout},
		copies:    s3bucket.Bucket{Client: client, Name: s.edgeBucket, Timeout: callTimeout},
		reports:   s3bucket.Bucket{Client: client, Name: s.reportsBucket, Timeout: callTimeout},
		post: post{
			rules:   ses.NewFromConfig(loaded),
			objects: client,
			topics:  sns.NewFromConfig(loaded),
			queues:  sqs.NewFromConfig(loaded),
			keys:    route53txt.Records{Client: route53.NewFromConfig(loaded), Timeout: callTimeout, Sync: o.wait, Poll: 2 * time.Second},
			keyZone: o.zone,
		},
		now:  now,
		wait: o.wait,
	}
	if o.domain != "" {
		resolver, policyHosts := posture.Through(o.nameServer)
		v.domain, v.outside = o.domain, &outside{resolver, policyHosts}
	}
	d := digestOf{domain: v.domain, now: now, mails: os.Getenv("SES_DIR"), recipients: o.recipients}
	return v.all(ctx, append(examples(v.domain, now), reports...), d)
}

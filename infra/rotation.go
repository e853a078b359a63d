package main

import (
	"fmt"
	"slices"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslambda"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslambdaeventsources"
	"github.com/aws/aws-cdk-go/awscdk/v2/awss3"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssqs"
	"github.com/aws/jsii-runtime-go"

	"sealpost/internal/aws/settings"
	"sealpost/internal/mtasts"
	"sealpost/internal/publication"
)

const (
	// rotationReceives is how often a message is tried before it is given up.
	rotationReceives = 5
	// hiddenSeconds is how long nobody else gets a message that was handed to
	// a function. AWS wants six times what the function may take.
	hiddenSeconds = 6 * writerSeconds
	// rotateAtOnce is how many calls run side by side, the fewest there can
	// be: Route 53 takes five requests a second of a whole account.
	rotateAtOnce = 2
)

// newRotations makes the queue of domains whose id may have to move. Messages
// wait in it until what is published has settled.
func newRotations(stack awscdk.Stack, alarms alarms) awssqs.Queue {
	queue := newQueue(stack, "Rotations", awssqs.QueueProps{
		VisibilityTimeout: awscdk.Duration_Seconds(jsii.Number(hiddenSeconds)),
		DeadLetterQueue: &awssqs.DeadLetterQueue{
			MaxReceiveCount: jsii.Number(rotationReceives),
			Queue:           newDeadLetters(stack, "FailedRotations", alarms),
		},
	})
	alarms.watchDelays(queue, "Rotations")
	return queue
}

// newRotate moves the id of a domain in the DNS, once what is published is seen
// from outside.
func newRotate(stack awscdk.Stack, config Config, tables tables, copies awss3.Bucket, rotations awssqs.Queue, functions functions) awslambda.Function {
	rotate := functions.make(task{
		id:          "Rotate",
		program:     rotateFunction,
		description: "Announces in the DNS what is served",
		suffers:     "senders hear later of a policy that changed",
		env: settings.Rotate{
			StateTable: *tables.state.TableName(),
			EdgeBucket: *copies.BucketName(),
			Rotations:  *rotations.QueueUrl(),
		}.Env(),
		memory: 256,
		// The id of a policy that came later is written after it has settled.
		// Who is at work on the id before it is long gone by then, and cannot
		// put it back.
		seconds: writerSeconds,
	})
	tables.state.Grant(rotate, *jsii.Strings("dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:Query")...)
	letRead(rotate, copies, copiesPrefix)
	allow(rotate, objects(copies, copiesPrefix+"*"), "s3:PutObject", "s3:DeleteObject")
	allow(rotate, []string{*rotations.QueueArn()}, "sqs:SendMessage")
	letAnnounce(stack, config, rotate)
	rotate.AddEventSource(awslambdaeventsources.NewSqsEventSource(rotations, &awslambdaeventsources.SqsEventSourceProps{
		// Until all name servers of a zone have a record may take most of a
		// call's time; so each domain gets a call of its own.
		BatchSize:               jsii.Number(1),
		ReportBatchItemFailures: jsii.Bool(true),
		MaxConcurrency:          jsii.Number(rotateAtOnce),
	}))
	return rotate
}

// letAnnounce lets a function write the TXT records of MTA-STS in the zones of
// the configuration, and nothing else there.
func letAnnounce(stack awscdk.Stack, config Config, f awslambda.Function) {
	var all []string
	if zones := config.domainZones(); len(zones) > 0 {
		all = append(all, letWriteTXT(stack, f, zones, mtasts.RecordName("*"))...)
	}
	if service := config.ServiceZone; service != nil {
		every, _ := publication.Zones{Service: service}.Place("*", publication.DNSCNAME)
		all = append(all, letWriteTXT(stack, f, []string{every.Zone}, every.Name)...)
	}
	if len(all) == 0 {
		return
	}
	slices.Sort(all)
	allow(f, slices.Compact(all), "route53:ListResourceRecordSets")
	allow(f, []string{route53ARN(stack, "change", "*")}, "route53:GetChange")
}

// domainZones lists the ids of the zones of the domains, each once.
func (c Config) domainZones() []string {
	var ids []string
	for _, domain := range c.Domains {
		if domain.Zone != nil && !slices.Contains(ids, domain.Zone.ID) {
			ids = append(ids, domain.Zone.ID)
		}
	}
	return ids
}

// letWriteTXT gives the ARNs of the zones. Each condition holds for every
// change of a request.
func letWriteTXT(stack awscdk.Stack, f awslambda.Function, zones []string, names string) []string {
	const key = "route53:ChangeResourceRecordSets"
	var arns []string
	for _, id := range zones {
		arns = append(arns, route53ARN(stack, "hostedzone", id))
	}
	f.AddToRolePolicy(awsiam.NewPolicyStatement(&awsiam.PolicyStatementProps{
		Actions:   jsii.Strings("route53:ChangeResourceRecordSets"),
		Resources: jsii.Strings(arns...),
		Conditions: &map[string]any{
			"ForAllValues:StringEquals": map[string]any{
				key + "RecordTypes": []string{"TXT"},
				key + "Actions":     []string{"UPSERT", "DELETE"},
			},
			"ForAllValues:StringLike": map[string]any{
				key + "NormalizedRecordNames": []string{names},
			},
		},
	}))
	return arns
}

func route53ARN(stack awscdk.Stack, kind, id string) string {
	return fmt.Sprintf("arn:%s:route53:::%s/%s", *stack.Partition(), kind, id)
}

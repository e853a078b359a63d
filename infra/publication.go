package main

import (
	"time"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslambda"
	"github.com/aws/aws-cdk-go/awscdk/v2/awss3"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsscheduler"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssqs"
	"github.com/aws/jsii-runtime-go"

	"sealpost/internal/aws/settings"
)

// failedEditDays is how long an edit is kept that could not be published for
// reasons that are not its own.
const failedEditDays = 30

// writerSeconds is how long a function may run that writes what is served of a
// domain, or its id. What it read when it began may be old when it ends; so it
// must end before anybody counts on its not writing any more.
const writerSeconds = float64(settings.Writer / time.Second)

// newPublication takes each edit of a policy from the stream of the table to
// what is served, and on to the id in the DNS. It gives the function that looks
// after all domains.
func newPublication(stack awscdk.Stack, config Config, tables tables, copies awss3.Bucket, functions functions, alarms alarms) (walk awslambda.Function) {
	rotations := newRotations(stack, alarms)
	rotate := newRotate(stack, config, tables, copies, rotations, functions)

	env := settings.Publish{
		PoliciesTable: *tables.policies.TableName(),
		StateTable:    *tables.state.TableName(),
		EdgeBucket:    *copies.BucketName(),
		Rotations:     *rotations.QueueUrl(),
		EvidenceRules: config.Reports.evidenceRules(),
	}.Env()
	publish := functions.make(task{
		id:          "Publish",
		program:     publishFunction,
		description: "Checks and publishes each edit of a policy",
		suffers:     "edits wait, and senders get the policies before them",
		env:         env,
		memory:      256,
		seconds:     writerSeconds,
	})
	letPublish(publish, tables, copies, rotations)
	edits := readEdits(stack, tables, publish)

	walk = newWalk(stack, env, tables, functions, alarms)
	letPublish(walk, tables, copies, rotations)
	alarms.watchEdits(publish, walk, rotate, *edits.AttrId())
	alarms.watchBrake(publish, walk)
	return walk
}

// newWalk calls publish for all domains. It is a function of its own since it
// has more time; what it writes of a domain, it bounds as strictly by itself.
func newWalk(stack awscdk.Stack, env map[string]string, tables tables, functions functions, alarms alarms) awslambda.Function {
	walk := functions.make(task{
		id:          "Walk",
		program:     publishFunction,
		description: "Looks every hour whether each domain is as its policy says",
		suffers:     "what went wrong with a domain is not made good",
		env:         env,
		memory:      256,
		seconds:     900,
	})
	newSchedule(stack, call{
		id:          "Hourly",
		description: "Looks after all domains",
		at:          awsscheduler.ScheduleExpression_Rate(awscdk.Duration_Hours(jsii.Number(1))),
		function:    walk,
		input:       awsscheduler.ScheduleTargetInput_FromObject(map[string]any{"walk": true}),
		missed:      newDeadLetters(stack, "MissedWalks", alarms),
		hours:       1, // Then there is another.
	})
	walk.ConfigureAsyncInvoke(&awslambda.EventInvokeConfigOptions{
		RetryAttempts: jsii.Number(1),
		MaxEventAge:   awscdk.Duration_Hours(jsii.Number(1)),
	})

	alarms.watchWalk(walk)
	return walk
}

// letPublish lets a function read the items, and write what becomes of them.
func letPublish(f awslambda.Function, tables tables, copies awss3.Bucket, rotations awssqs.Queue) {
	// An item that is not found by its key may be there in another spelling.
	tables.policies.Grant(f, *jsii.Strings("dynamodb:GetItem", "dynamodb:Scan")...)
	tables.state.Grant(f, *jsii.Strings("dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:Query", "dynamodb:Scan")...)
	letRead(f, copies, copiesPrefix)
	allow(f, objects(copies, copiesPrefix+"*"), "s3:PutObject")
	allow(f, []string{*rotations.QueueArn()}, "sqs:SendMessage")
}

// readEdits hands a function what the table of policies tells of each edit.
func readEdits(stack awscdk.Stack, tables tables, publish awslambda.Function) awslambda.CfnEventSourceMapping {
	failed := newBucket(stack, "FailedEdits", awss3.BucketProps{LifecycleRules: &[]*awss3.LifecycleRule{{
		Expiration: awscdk.Duration_Days(jsii.Number(failedEditDays)),
	}}})
	allow(publish, objects(failed, "*"), "s3:PutObject")
	allow(publish, []string{*failed.BucketArn()}, "s3:ListBucket")
	tables.policies.GrantStreamRead(publish)
	return awslambda.NewCfnEventSourceMapping(stack, jsii.String("Edits"), &awslambda.CfnEventSourceMappingProps{
		FunctionName:   publish.FunctionName(),
		EventSourceArn: tables.policies.TableStreamArn(),
		// What was edited while nobody listened is to be published too.
		StartingPosition:           jsii.String("TRIM_HORIZON"),
		BatchSize:                  jsii.Number(10),
		BisectBatchOnFunctionError: jsii.Bool(true),
		FunctionResponseTypes:      jsii.Strings("ReportBatchItemFailures"),
		// The default is to try for ever, and one bad item would hold up all
		// others of its shard for a day.
		MaximumRetryAttempts:      jsii.Number(10_000), // The most there are; the age is to end it.
		MaximumRecordAgeInSeconds: jsii.Number(23 * 60 * 60),
		// A bucket gets the edit itself; a queue would get a pointer into a
		// stream that forgets after a day.
		DestinationConfig: &awslambda.CfnEventSourceMapping_DestinationConfigProperty{
			OnFailure: &awslambda.CfnEventSourceMapping_OnFailureProperty{Destination: failed.BucketArn()},
		},
		MetricsConfig: &awslambda.CfnEventSourceMapping_MetricsConfigProperty{Metrics: jsii.Strings("EventCount")},
	})
}

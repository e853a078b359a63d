package main

import (
	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslambda"
	"github.com/aws/aws-cdk-go/awscdk/v2/awss3"
	"github.com/aws/jsii-runtime-go"

	"sealpost/internal/aws/settings"
)

// failedEditDays is how long an edit is kept that could not be published for
// reasons that are not its own.
const failedEditDays = 30

// newPublication takes each edit of a policy from the stream of the table to
// what is served.
func newPublication(stack awscdk.Stack, tables tables, copies awss3.Bucket, functions functions, alarms alarms) {
	publish := functions.make(task{
		name:        publishFunction,
		description: "Checks and publishes each edit of a policy",
		env:         settings.Publish{StateTable: *tables.state.TableName(), EdgeBucket: *copies.BucketName()}.Env(),
		memory:      256,
		seconds:     60,
	})
	tables.state.Grant(publish, *jsii.Strings("dynamodb:GetItem", "dynamodb:PutItem")...)
	allow(publish, objects(copies, "p/*"), "s3:PutObject", "s3:DeleteObject")

	failed := newBucket(stack, "FailedEdits", awss3.BucketProps{LifecycleRules: &[]*awss3.LifecycleRule{{
		Expiration: awscdk.Duration_Days(jsii.Number(failedEditDays)),
	}}})
	allow(publish, objects(failed, "*"), "s3:PutObject")
	allow(publish, []string{*failed.BucketArn()}, "s3:ListBucket")
	tables.policies.GrantStreamRead(publish)
	edits := awslambda.NewCfnEventSourceMapping(stack, jsii.String("Edits"), &awslambda.CfnEventSourceMappingProps{
		FunctionName:   publish.FunctionName(),
		EventSourceArn: tables.policies.TableStreamArn(),
		// What was edited while nobody listened is to be published too.
		StartingPosition:           jsii.String("TRIM_HORIZON"),
		BatchSize:                  jsii.Number(10),
		BisectBatchOnFunctionError: jsii.Bool(true),
		FunctionResponseTypes:      jsii.Strings("ReportBatchItemFailures"),
		// The default is to try for ever, and one bad item would hold up all
		// others of its shard for a day.
		MaximumRetryAttempts:      jsii.Number(20),
		MaximumRecordAgeInSeconds: jsii.Number(23 * 60 * 60),
		// A bucket gets the edit itself; a queue would get a pointer into a
		// stream that forgets after a day.
		DestinationConfig: &awslambda.CfnEventSourceMapping_DestinationConfigProperty{
			OnFailure: &awslambda.CfnEventSourceMapping_OnFailureProperty{Destination: failed.BucketArn()},
		},
		MetricsConfig: &awslambda.CfnEventSourceMapping_MetricsConfigProperty{Metrics: jsii.Strings("EventCount")},
	})
	alarms.watchPublication(publish, *edits.AttrId())
}

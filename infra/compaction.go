package main

import (
	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslambda"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsscheduler"
	"github.com/aws/jsii-runtime-go"

	"sealpost/internal/aws/settings"
	"sealpost/schemas/athena"
)

// newCompaction has Athena bring days that are over together in large files.
func newCompaction(stack awscdk.Stack, config Config, queries queries, functions functions, alarms alarms) {
	if !config.compacts() {
		return
	}
	function := functions.make(task{
		id:          "Compact",
		program:     compactFunction,
		description: "Has Athena bring days of reports together in large files",
		suffers:     "queries are right, and become slower day by day",
		env: settings.Compact{
			Workgroup:  *queries.workgroup.Ref(),
			Database:   queries.database,
			Bucket:     *queries.bucket.BucketName(),
			ReportDays: config.RetentionDays.Reports,
		}.Env(),
		memory:  128, // It waits.
		seconds: 900,
	})
	queries.letQuery(stack, function)
	queries.letCompact(stack, function)
	// What still runs when the time is over is found by the next attempt.
	function.ConfigureAsyncInvoke(&awslambda.EventInvokeConfigOptions{
		RetryAttempts: jsii.Number(1),
		MaxEventAge:   awscdk.Duration_Hours(jsii.Number(6)),
	})
	newSchedule(stack, call{
		id:          "Daily",
		description: "Compacts the days that are over",
		// So early in an hour that a second attempt is in the same: see compaction.Compactor.
		at: awsscheduler.ScheduleExpression_Cron(&awsscheduler.CronOptionsWithTimezone{
			Minute: jsii.String("10"), Hour: jsii.String("5"), TimeZone: awscdk.TimeZone_ETC_UTC(),
		}),
		function: function,
		input:    awsscheduler.ScheduleTargetInput_FromObject(map[string]any{}),
		missed:   newDeadLetters(stack, "MissedCompactions", alarms),
		hours:    6,
	})
	alarms.watchCompaction(function)
}

func (c Config) compacts() bool { return c.Athena.Enabled && c.Athena.Compaction }

// letCompact lets a function write the table of compacted days, and the one view
// that says which those are.
func (q queries) letCompact(stack awscdk.Stack, f awslambda.Function) {
	f.AddToRolePolicy(awsiam.NewPolicyStatement(&awsiam.PolicyStatementProps{
		Actions:   jsii.Strings("glue:CreateTable", "glue:UpdateTable"),
		Resources: q.catalog(stack, athena.ReportsCompacted, athena.AllReports),
	}))
	allow(f, objects(q.bucket, athena.CompactedPrefix+"*"), "s3:AbortMultipartUpload", "s3:DeleteObject", "s3:ListMultipartUploadParts", "s3:PutObject")
}

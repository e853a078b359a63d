package main

import (
	"fmt"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslambda"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslambdadestinations"
	"github.com/aws/aws-cdk-go/awscdk/v2/awss3"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsscheduler"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsses"
	"github.com/aws/jsii-runtime-go"

	"sealpost/internal/aws/settings"
	"sealpost/internal/weekly"
)

// digest is the weekly mail. The zero value stands for none.
type digest struct {
	function awslambda.Function
	identity awsses.EmailIdentity // Nil if the sender's domain is verified already.
}

func newDigest(stack awscdk.Stack, config Config, zones zones, tables tables, reports awss3.Bucket, queries queries, functions functions, alarms alarms) digest {
	if !config.Digest.Enabled {
		return digest{}
	}
	mail := awsses.NewConfigurationSet(stack, jsii.String("DigestMail"), &awsses.ConfigurationSetProps{
		ReputationMetrics:  jsii.Bool(true),
		SuppressionReasons: awsses.SuppressionReasons_BOUNCES_AND_COMPLAINTS,
	})
	alarms.watchMail(mail)
	missed := newDeadLetters(stack, "MissedDigests", alarms)
	environment := settings.Digest{
		StateTable:       *tables.state.TableName(),
		ReportsBucket:    *reports.BucketName(),
		Sender:           config.Digest.Sender,
		ConfigurationSet: *mail.ConfigurationSetName(),
		QuarantineDays:   config.RetentionDays.Quarantine,
		EvidenceRules:    config.Reports.evidenceRules(),
		Unsubscribe:      config.AlarmsAddress, // Whoever reads that can change the configuration.
	}
	if config.Digest.Engine == engineAthena {
		environment.AthenaWorkgroup, environment.AthenaDatabase = *queries.workgroup.Ref(), queries.database
	}
	function := functions.make(task{
		id:          "Digest",
		program:     digestFunction,
		description: "Mails the digest of a week of reports",
		suffers:     "the digest of the week has not gone out",
		env:         environment.Env(),
		memory:      1024,
		seconds:     900,
	})
	function.ConfigureAsyncInvoke(&awslambda.EventInvokeConfigOptions{
		OnFailure: awslambdadestinations.NewSqsDestination(missed),
		// The function holds each digest to one mail. What is tried again mails
		// what was not mailed, and finds what is in doubt.
		RetryAttempts: jsii.Number(2),
		MaxEventAge:   awscdk.Duration_Hours(jsii.Number(6)),
	})
	tables.state.Grant(function, *jsii.Strings("dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:Query", "dynamodb:Scan")...)
	if config.Digest.Engine == engineAthena {
		queries.letQuery(stack, function)
	} else {
		letRead(function, reports, "reports/v1/")
	}
	letList(function, reports, "quarantine/v1/")
	allow(function, objects(reports, weekly.Prefix+"*"), "s3:PutObject")
	letSend(stack, function, mail, config.Digest.Sender)

	newSchedule(stack, call{
		id:          "Weekly",
		description: "Mails the digest of last week",
		at:          everyWeek(config.Digest),
		function:    function,
		input:       awsscheduler.ScheduleTargetInput_FromObject(map[string]any{"week": weekly.LastWeek}),
		missed:      missed,
		hours:       6,
	})
	alarms.watchDigest(function)
	made := digest{function: function}
	if !config.Digest.SenderVerified {
		made.identity = newIdentity(stack, config, zones, domainOf(config.Digest.Sender), mail)
	}
	return made
}

// letRead lets a function list and read what lies under a prefix.
func letRead(f awslambda.Function, bucket awss3.Bucket, prefix string) {
	allow(f, objects(bucket, prefix+"*"), "s3:GetObject")
	letList(f, bucket, prefix)
}

// letList lets a function list what lies under a prefix. A request for an object
// has no prefix, and it is by this right that S3 says of one that is missing that
// there is none, and not that it is forbidden
// (https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObject.html).
func letList(f awslambda.Function, bucket awss3.Bucket, prefix string) {
	f.AddToRolePolicy(awsiam.NewPolicyStatement(&awsiam.PolicyStatementProps{
		Actions:    jsii.Strings("s3:ListBucket"),
		Resources:  jsii.Strings(*bucket.BucketArn()),
		Conditions: &map[string]any{"StringLikeIfExists": map[string]any{"s3:prefix": prefix + "*"}},
	}))
}

// letSend lets a function send mail from one address, to anybody. While an
// account is in the sandbox, SES wants the right for each recipient too; so it
// is the sender that bounds it, not the identity.
func letSend(stack awscdk.Stack, f awslambda.Function, mail awsses.ConfigurationSet, sender string) {
	part := func(resource, name string) *string {
		return stack.FormatArn(&awscdk.ArnComponents{Service: jsii.String("ses"), Resource: jsii.String(resource), ResourceName: jsii.String(name)})
	}
	f.AddToRolePolicy(awsiam.NewPolicyStatement(&awsiam.PolicyStatementProps{
		Actions:    jsii.Strings("ses:SendEmail", "ses:SendRawEmail"),
		Resources:  &[]*string{part("identity", "*"), part("configuration-set", *mail.ConfigurationSetName())},
		Conditions: &map[string]any{"StringEquals": map[string]any{"ses:FromAddress": sender}},
	}))
	allow(f, []string{"*"}, "ses:GetAccount") // Whether it is in the sandbox. There is no other resource for it.
}

// everyWeek goes by the clock of the configured place, summer and winter. The
// second call finds nothing to do where the first has mailed everything. It mails
// what that could not, and tells of what it broke off, should Lambda not have
// called again by itself.
func everyWeek(config Digest) awsscheduler.ScheduleExpression {
	return awsscheduler.ScheduleExpression_Cron(&awsscheduler.CronOptionsWithTimezone{
		Minute:   jsii.String(fmt.Sprintf("%d,%d", callMinutes[0], callMinutes[1])),
		Hour:     jsii.String(fmt.Sprint(config.Hour)),
		WeekDay:  jsii.String(config.Weekday),
		TimeZone: awscdk.TimeZone_Of(jsii.String(config.TimeZone)),
	})
}

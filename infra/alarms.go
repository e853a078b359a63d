package main

import (
	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awscloudwatch"
	"github.com/aws/aws-cdk-go/awscdk/v2/awscloudwatchactions"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssns"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssnssubscriptions"
	"github.com/aws/jsii-runtime-go"
)

// alarms mail one address when a promise is broken, and when it holds again.
// docs/operations.md says of each alarm what to do.
type alarms struct {
	stack awscdk.Stack
	topic awssns.Topic
}

func newAlarms(stack awscdk.Stack, address string) alarms {
	topic := awssns.NewTopic(stack, jsii.String("Alarms"), &awssns.TopicProps{
		DisplayName: jsii.String("Sealpost alarms"),
		EnforceSSL:  jsii.Bool(true),
	})
	topic.AddSubscription(awssnssubscriptions.NewEmailSubscription(jsii.String(address), nil))
	accept(topic, "AwsSolutions-SNS2", "CloudWatch cannot use the key that SNS has for it, and what goes out by mail is no secret.")
	// A topic with a policy of its own has lost the one that let its account publish.
	topic.AddToResourcePolicy(awsiam.NewPolicyStatement(&awsiam.PolicyStatementProps{
		Principals: &[]awsiam.IPrincipal{awsiam.NewServicePrincipal(jsii.String("cloudwatch.amazonaws.com"), nil)},
		Actions:    jsii.Strings("sns:Publish"),
		Resources:  jsii.Strings(*topic.TopicArn()),
		Conditions: &map[string]any{"StringEquals": map[string]any{"aws:SourceAccount": stack.Account()}},
	}))
	return alarms{stack: stack, topic: topic}
}

// rule is when an alarm goes off. Unless it says otherwise: when the sum of
// five minutes is one or more, and no data are good news.
type rule struct {
	id          string
	description string
	metric      awscloudwatch.IMetric
	threshold   float64
	periods     float64
	breaching   float64 // Of the periods; all where it is 0.
	comparison  awscloudwatch.ComparisonOperator
	missing     awscloudwatch.TreatMissingData
}

func (a alarms) add(r rule) {
	if r.threshold == 0 {
		r.threshold = 1
	}
	if r.periods == 0 {
		r.periods = 1
	}
	if r.breaching == 0 {
		r.breaching = r.periods
	}
	if r.comparison == "" {
		r.comparison = awscloudwatch.ComparisonOperator_GREATER_THAN_OR_EQUAL_TO_THRESHOLD
	}
	if r.missing == "" {
		r.missing = awscloudwatch.TreatMissingData_NOT_BREACHING
	}
	alarm := awscloudwatch.NewAlarm(a.stack, jsii.String(r.id), &awscloudwatch.AlarmProps{
		AlarmDescription:   jsii.String(r.description + " See docs/operations.md, " + r.id + "."),
		Metric:             r.metric,
		Threshold:          jsii.Number(r.threshold),
		EvaluationPeriods:  jsii.Number(r.periods),
		DatapointsToAlarm:  jsii.Number(r.breaching),
		ComparisonOperator: r.comparison,
		TreatMissingData:   r.missing,
	})
	action := awscloudwatchactions.NewSnsAction(a.topic)
	alarm.AddAlarmAction(action)
	alarm.AddOkAction(action)
}

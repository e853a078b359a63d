package main

import (
	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsapigatewayv2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awscertificatemanager"
	"github.com/aws/aws-cdk-go/awscdk/v2/awscloudfront"
	"github.com/aws/aws-cdk-go/awscdk/v2/awscloudwatch"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsdynamodb"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslambda"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslogs"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsses"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssqs"
	"github.com/aws/jsii-runtime-go"

	"sealpost/internal/aws/settings"
	"sealpost/internal/publication"
)

// sum is the sum of each five minutes.
func sum() *awscloudwatch.MetricOptions {
	return &awscloudwatch.MetricOptions{Statistic: jsii.String("Sum")}
}

func (a alarms) watchFunction(f awslambda.Function, id string) {
	a.add(rule{id: id + "Errors", metric: f.MetricErrors(sum()), description: "The function " + id + " failed."})
	a.add(rule{id: id + "Throttles", metric: f.MetricThrottles(sum()), description: "The function " + id + " was called more often than the account allows."})
}

func (a alarms) watchDeadLetters(queue awssqs.Queue, id string) {
	a.add(rule{
		id:          id + "Waiting",
		metric:      queue.MetricApproximateNumberOfMessagesVisible(&awscloudwatch.MetricOptions{Statistic: jsii.String("Maximum")}),
		description: "Something failed for good and waits in the queue " + id + ".",
	})
}

// watchDelays: a message may be told to wait for 15 minutes, and AWS does not
// say whether they count as its age. Ten more are too many.
func (a alarms) watchDelays(queue awssqs.Queue, id string) {
	a.add(rule{
		id:          id + "Behind",
		metric:      queue.MetricApproximateAgeOfOldestMessage(&awscloudwatch.MetricOptions{Statistic: jsii.String("Maximum")}),
		threshold:   (15 + 10) * 60,
		description: "A domain has waited too long in the queue " + id + ".",
	})
}

func (a alarms) watchTable(table awsdynamodb.TableV2, id string) {
	operations := &[]awsdynamodb.Operation{
		awsdynamodb.Operation_GET_ITEM, awsdynamodb.Operation_PUT_ITEM, awsdynamodb.Operation_UPDATE_ITEM,
		awsdynamodb.Operation_QUERY, awsdynamodb.Operation_SCAN,
	}
	a.add(rule{
		id:          id + "Throttled",
		metric:      table.MetricThrottledRequestsForOperations(&awsdynamodb.OperationsMetricOptions{Operations: operations}),
		description: "The table " + id + " refused requests because there were too many.",
	})
	a.add(rule{
		id:          id + "Failing",
		metric:      table.MetricSystemErrorsForOperations(&awsdynamodb.SystemErrorsForOperationsMetricOptions{Operations: operations}),
		description: "The table " + id + " could not answer.",
	})
}

func (a alarms) watchEdge(policy awslambda.Function, distribution awscloudfront.Distribution, certificate awscertificatemanager.ICertificate) {
	a.add(rule{
		id:          "EdgeErrors",
		metric:      distribution.Metric5xxErrorRate(nil),
		threshold:   1,
		description: "Over 1 % of the fetches of policies failed: neither the function nor the copies answer.",
	})
	a.add(rule{
		id:          "PolicyUrlErrors",
		metric:      policy.Metric(jsii.String("Url5xxCount"), sum()),
		description: "The policy function could not answer; the edge serves the copies.",
	})
	// Refusals by Lambda itself are seen nowhere else: the function does not
	// run, and the edge takes the copy.
	a.add(rule{
		id:          "PolicyUrlRefusals",
		metric:      policy.Metric(jsii.String("Url4xxCount"), sum()),
		periods:     3,
		description: "For 15 minutes the policy function refused fetches: a host that is configured has no policy, or the edge lost its right to call.",
	})
	a.watchCertificate(certificate, "Edge")
}

// watchCertificate: a certificate that renews itself does so 45 days before
// its end.
func (a alarms) watchCertificate(certificate awscertificatemanager.ICertificate, id string) {
	a.add(rule{
		id:          id + "CertificateEnds",
		metric:      certificate.MetricDaysToExpiry(&awscloudwatch.MetricOptions{Statistic: jsii.String("Minimum")}),
		threshold:   30,
		comparison:  awscloudwatch.ComparisonOperator_LESS_THAN_THRESHOLD,
		description: "The certificate " + id + "Certificate ends within 30 days and was not renewed.",
	})
}

// How lines are found in what the functions log.
const (
	refusedEdit = `{ $.` + settings.LogState + ` = "` + string(publication.StateRefused) + `" }`
	doneWalk    = `{ $.msg = "` + settings.WalkMessage + `" && $.` + settings.LogDone + ` IS TRUE }`
	stuckWalk   = `{ $.msg = "` + settings.WalkMessage + `" && $.` + settings.LogStuck + ` > 0 }`
	heldBack    = `{ $.` + settings.LogBrake + ` IS TRUE }`
)

// logged counts the lines of functions that a pattern finds.
func (a alarms) logged(name, pattern string, period awscdk.Duration, by ...awslambda.Function) awscloudwatch.IMetric {
	var metric awscloudwatch.IMetric
	for _, f := range by {
		filter := f.LogGroup().AddMetricFilter(jsii.String(name), &awslogs.MetricFilterOptions{
			FilterPattern:   awslogs.FilterPattern_Literal(jsii.String(pattern)),
			MetricNamespace: a.stack.StackName(),
			MetricName:      jsii.String(name),
		})
		metric = filter.Metric(&awscloudwatch.MetricOptions{Statistic: jsii.String("Sum"), Period: period})
	}
	return metric
}

func (a alarms) watchEdits(publish, walk, rotate awslambda.Function, mapping string) {
	a.add(rule{
		id:          "PublishBehind",
		metric:      publish.Metric(jsii.String("IteratorAge"), &awscloudwatch.MetricOptions{Statistic: jsii.String("Maximum")}),
		threshold:   5 * 60 * 1000,
		description: "An edit has waited over five minutes to be published.",
	})
	a.add(rule{
		id:          "EditsFailed",
		metric:      failedEdits(mapping),
		description: "An edit could not be published and was given up; it lies in the bucket FailedEdits.",
	})
	a.add(rule{
		id:          "EditRefused",
		metric:      a.logged("RefusedEdits", refusedEdit, awscdk.Duration_Minutes(jsii.Number(5)), publish, walk, rotate),
		description: "An edit of a policy was refused, or its record in the DNS is somebody else's; what was served is served on. sealpost status says why.",
	})
}

// watchWalk looks at the walk's own line, since a walk that was called may end
// before its time. One hour of three may go without: neither do walks end to
// the second, nor hours begin with them.
func (a alarms) watchWalk(walk awslambda.Function) {
	hour := awscdk.Duration_Hours(jsii.Number(1))
	a.add(rule{
		id:          "WalkNotDone",
		metric:      a.logged("Walks", doneWalk, hour, walk),
		periods:     3,
		comparison:  awscloudwatch.ComparisonOperator_LESS_THAN_THRESHOLD,
		missing:     awscloudwatch.TreatMissingData_BREACHING,
		description: "For three hours nobody looked after the domains to the end.",
	})
	a.add(rule{
		id:          "PublicationStuck",
		metric:      a.logged("StuckWalks", stuckWalk, hour, walk),
		periods:     3,
		breaching:   2,
		description: "For two hours a domain has not come further; sealpost status says what is in the way.",
	})
}

// watchBrake keeps the alarm for as long as walks find the brake on.
func (a alarms) watchBrake(publish, walk awslambda.Function) {
	a.add(rule{
		id:          "BrakeEngaged",
		metric:      a.logged("HeldBack", heldBack, awscdk.Duration_Hours(jsii.Number(1)), publish, walk),
		periods:     2,
		breaching:   1,
		description: "Many policies changed at once; the rest of the changes waits until somebody lets them through.",
	})
}

// failedEdits counts what Lambda gave up, be it kept in the bucket or not.
func failedEdits(mapping string) awscloudwatch.IMetric {
	count := func(name string) awscloudwatch.IMetric {
		return awscloudwatch.NewMetric(&awscloudwatch.MetricProps{
			Namespace:     jsii.String("AWS/Lambda"),
			MetricName:    jsii.String(name),
			DimensionsMap: &map[string]*string{"EventSourceMappingUUID": jsii.String(mapping)},
			Statistic:     jsii.String("Sum"),
		})
	}
	return awscloudwatch.NewMathExpression(&awscloudwatch.MathExpressionProps{
		Expression: jsii.String("FILL(dropped, 0) + FILL(kept, 0)"),
		UsingMetrics: &map[string]awscloudwatch.IMetric{
			"dropped": count("DroppedEventCount"),
			"kept":    count("OnFailureDestinationDeliveredEventCount"),
		},
	})
}

func (a alarms) watchAPI(api awsapigatewayv2.HttpApi) {
	a.add(rule{id: "ReportsNotTaken", metric: api.MetricServerError(sum()), description: "A report could not be stored; its sender was told to send it again."})
}

// watchMail sends on what SES says of mail that did not arrive.
func (a alarms) watchMail(mail awsses.ConfigurationSet) {
	mail.AddEventDestination(jsii.String("ToAlarms"), &awsses.ConfigurationSetEventDestinationOptions{
		Destination: awsses.EventDestination_SnsTopic(a.topic),
		Events: &[]awsses.EmailSendingEvent{
			awsses.EmailSendingEvent_BOUNCE, awsses.EmailSendingEvent_COMPLAINT, awsses.EmailSendingEvent_REJECT,
		},
	})
}

// watchDigest counts the digests of seven days, as far as an alarm can look
// back. What it can see of the eighth counts as good, so a week that is an hour
// longer, as in autumn, is none without a digest.
func (a alarms) watchDigest(f awslambda.Function) {
	a.add(rule{
		id:          "DigestNotRun",
		metric:      f.MetricInvocations(&awscloudwatch.MetricOptions{Statistic: jsii.String("Sum"), Period: awscdk.Duration_Days(jsii.Number(1))}),
		periods:     7,
		comparison:  awscloudwatch.ComparisonOperator_LESS_THAN_THRESHOLD,
		missing:     awscloudwatch.TreatMissingData_BREACHING,
		description: "For over a week no digest was made.",
	})
}

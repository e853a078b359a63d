package main

import (
	"fmt"
	"strings"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsapigatewayv2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awscertificatemanager"
	"github.com/aws/aws-cdk-go/awscdk/v2/awscloudfront"
	"github.com/aws/aws-cdk-go/awscdk/v2/awscloudwatch"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsdynamodb"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsevents"
	"github.com/aws/aws-cdk-go/awscdk/v2/awseventstargets"
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

// watchFunction tells, with what is wrong, who suffers from it.
func (a alarms) watchFunction(f awslambda.Function, id, suffers string) {
	a.add(rule{id: id + "Errors", metric: f.MetricErrors(sum()), description: "The function " + id + " failed: " + suffers + "."})
	a.add(rule{
		id:          id + "Throttles",
		metric:      f.MetricThrottles(sum()),
		description: "The account has as many functions at work at once as AWS allows it, so " + id + " was not run: " + suffers + ".",
	})
}

func (a alarms) watchDeadLetters(queue awssqs.Queue, id string) {
	a.add(rule{
		id:          id + "Waiting",
		metric:      queue.MetricApproximateNumberOfMessagesVisible(&awscloudwatch.MetricOptions{Statistic: jsii.String("Maximum")}),
		description: "Something was tried often, failed, and waits in the queue " + id + " for somebody to look.",
	})
}

// watchDelays: a message may be told to wait for 15 minutes, and AWS does not
// say whether they count as its age. Ten more are too many.
func (a alarms) watchDelays(queue awssqs.Queue, id string) {
	a.add(rule{
		id:          id + "Behind",
		metric:      queue.MetricApproximateAgeOfOldestMessage(&awscloudwatch.MetricOptions{Statistic: jsii.String("Maximum")}),
		threshold:   (15 + 10) * 60,
		description: "A policy is served, and has waited too long in the queue " + id + " to be announced in the DNS: senders go by the one before.",
	})
}

// watchMails: what is well is taken in within seconds, and what fails is tried
// again every six minutes.
func (a alarms) watchMails(queue awssqs.Queue, id string) {
	a.add(rule{
		id:          id + "Behind",
		metric:      queue.MetricApproximateAgeOfOldestMessage(&awscloudwatch.MetricOptions{Statistic: jsii.String("Maximum")}),
		threshold:   15 * 60,
		description: "A mail has waited over 15 minutes in the queue " + id + ": the reports in it are not counted yet.",
	})
}

// watchInfected: a reporter that sends viruses is none, or has one.
func (a alarms) watchInfected(f awslambda.Function) {
	a.add(rule{
		id:          "InfectedMail",
		metric:      a.logged("InfectedMails", infectedMail, awscdk.Duration_Minutes(jsii.Number(5)), f),
		description: "Amazon SES found a virus in a mail to the reports domain. It was not read, and lies in the bucket Inbox.",
	})
}

// watchTable looks at the operations that functions use; each costs as much as
// an alarm does.
func (a alarms) watchTable(table awsdynamodb.TableV2, id, suffers string, operations ...awsdynamodb.Operation) {
	a.add(rule{
		id:          id + "Throttled",
		metric:      inAll(table, "ThrottledRequests", operations),
		description: "The table " + id + " refused requests because there were too many: " + suffers + ".",
	})
	a.add(rule{
		id:          id + "Failing",
		metric:      inAll(table, "SystemErrors", operations),
		description: "The table " + id + " could not answer: " + suffers + ".",
	})
}

// inAll adds up a metric of several operations. Each has data only once
// something went wrong, and a sum of which one part is unknown would be unknown.
func inAll(table awsdynamodb.TableV2, name string, operations []awsdynamodb.Operation) awscloudwatch.IMetric {
	var terms []string
	metrics := make(map[string]awscloudwatch.IMetric)
	for _, operation := range operations {
		key := strings.ToLower(string(operation))
		terms = append(terms, "FILL("+key+", 0)")
		metrics[key] = awscloudwatch.NewMetric(&awscloudwatch.MetricProps{
			Namespace:     jsii.String("AWS/DynamoDB"),
			MetricName:    jsii.String(name),
			DimensionsMap: &map[string]*string{"TableName": table.TableName(), "Operation": operationNames[operation]},
			Statistic:     jsii.String("Sum"),
		})
	}
	return awscloudwatch.NewMathExpression(&awscloudwatch.MathExpressionProps{
		Expression:   jsii.String(strings.Join(terms, " + ")),
		UsingMetrics: &metrics,
	})
}

// operationNames are those that CloudWatch has.
var operationNames = map[awsdynamodb.Operation]*string{
	awsdynamodb.Operation_GET_ITEM: jsii.String("GetItem"),
	awsdynamodb.Operation_PUT_ITEM: jsii.String("PutItem"),
	awsdynamodb.Operation_QUERY:    jsii.String("Query"),
	awsdynamodb.Operation_SCAN:     jsii.String("Scan"),
}

func (a alarms) watchEdge(policy awslambda.Function, distribution awscloudfront.Distribution, certificate awscertificatemanager.ICertificate) {
	a.add(rule{
		id: "EdgeErrors",
		metric: distribution.Metric5xxErrorRate(&awscloudwatch.MetricOptions{
			// CloudFront counts by both; by one alone there is nothing, and an alarm would never go off.
			DimensionsMap: &map[string]*string{"DistributionId": distribution.DistributionId(), "Region": jsii.String("Global")},
		}),
		description: "Of the fetches of policies 1 % or more failed: neither the function nor the copies answered. Senders keep the policy they have, or deliver without one.",
	})
	a.add(rule{
		id:          "PolicyUrlErrors",
		metric:      policy.Metric(jsii.String("Url5xxCount"), sum()),
		description: "The function Policy could not read what is published. Senders get the copies of policies, as long as nothing else fails.",
	})
	// Refusals by Lambda itself are seen nowhere else: the function does not
	// run, and the edge takes the copy.
	a.add(rule{
		id:          "PolicyUrlRefusals",
		metric:      policy.Metric(jsii.String("Url4xxCount"), sum()),
		periods:     3,
		description: "For 15 minutes fetches of policies were refused: a domain of the configuration has no policy, or CloudFront lost its right to call the function Policy, and senders get copies.",
	})
	a.watchCertificate(certificate, "Edge", "no sender can fetch a policy")
}

// watchCertificate: a certificate that renews itself does so 45 days before
// its end.
func (a alarms) watchCertificate(certificate awscertificatemanager.ICertificate, id, suffers string) {
	a.add(rule{
		id:          id + "CertificateEnds",
		metric:      certificate.MetricDaysToExpiry(&awscloudwatch.MetricOptions{Statistic: jsii.String("Minimum")}),
		threshold:   30,
		comparison:  awscloudwatch.ComparisonOperator_LESS_THAN_THRESHOLD,
		description: "The certificate " + id + "Certificate ends within 30 days and was not renewed. When it ends, " + suffers + ".",
	})
	a.watchRenewal(certificate, id)
}

// watchRenewal sends on what ACM says of a certificate that it cannot renew, long
// before the alarm goes off.
func (a alarms) watchRenewal(certificate awscertificatemanager.ICertificate, id string) {
	awsevents.NewRule(a.stack, jsii.String(id+"CertificateNotRenewed"), &awsevents.RuleProps{
		Description: jsii.String("Tells of a certificate that needs somebody to look"),
		EventPattern: &awsevents.EventPattern{
			Source:     jsii.Strings("aws.acm"),
			DetailType: jsii.Strings("ACM Certificate Renewal Action Required", "ACM Certificate Approaching Expiration"),
			Resources:  jsii.Strings(*certificate.CertificateArn()),
		},
		Targets: &[]awsevents.IRuleTarget{awseventstargets.NewSnsTopic(a.topic, &awseventstargets.SnsTopicProps{
			Message: awsevents.RuleTargetInput_FromText(jsii.String(fmt.Sprintf(
				"%s: the certificate %sCertificate. See docs/operations.md, %[2]sCertificateEnds.\n%[3]s",
				*awsevents.EventField_FromPath(jsii.String("$.detail-type")), id, *certificate.CertificateArn()))),
		})},
	})
}

// How lines are found in what the functions log.
const (
	refusedEdit  = `{ $.` + settings.LogState + ` = "` + string(publication.StateRefused) + `" }`
	doneWalk     = `{ $.msg = "` + settings.WalkMessage + `" && $.` + settings.LogDone + ` IS TRUE }`
	stuckWalk    = `{ $.msg = "` + settings.WalkMessage + `" && $.` + settings.LogStuck + ` > 0 }`
	heldBack     = `{ $.` + settings.LogBrake + ` IS TRUE }`
	infectedMail = `{ $.msg = "` + settings.UnreadMessage + `" && $.` + settings.LogVirus + ` = "FAIL" }`
	turnedAway   = `{ $.status = "429" }` // In the log of the API.
	inDoubt      = `{ $.` + settings.LogInDoubt + ` IS TRUE }`
	dueRun       = `{ $.` + settings.LogDueRun + ` IS TRUE }`
)

// logged counts the lines of functions that a pattern finds.
func (a alarms) logged(name, pattern string, period awscdk.Duration, by ...awslambda.Function) awscloudwatch.IMetric {
	var metric awscloudwatch.IMetric
	for _, f := range by {
		metric = a.counted(f.LogGroup(), name, pattern, period)
	}
	return metric
}

// counted counts the lines of a log that a pattern finds.
func (a alarms) counted(logs awslogs.ILogGroup, name, pattern string, period awscdk.Duration) awscloudwatch.IMetric {
	filter := logs.AddMetricFilter(jsii.String(name), &awslogs.MetricFilterOptions{
		FilterPattern:   awslogs.FilterPattern_Literal(jsii.String(pattern)),
		MetricNamespace: a.stack.StackName(),
		MetricName:      jsii.String(name),
	})
	return filter.Metric(&awscloudwatch.MetricOptions{Statistic: jsii.String("Sum"), Period: period})
}

func (a alarms) watchEdits(publish, walk, rotate awslambda.Function, mapping string) {
	a.add(rule{
		id:          "PublishBehind",
		metric:      publish.Metric(jsii.String("IteratorAge"), &awscloudwatch.MetricOptions{Statistic: jsii.String("Maximum")}),
		threshold:   5 * 60 * 1000,
		description: "An edit has waited over five minutes to be published. Senders get the policy before it.",
	})
	a.add(rule{
		id:          "EditsFailed",
		metric:      failedEdits(mapping),
		description: "An edit could not be published for 23 hours and was given up. Senders get the policy before it; the edit lies in the bucket FailedEdits.",
	})
	a.add(rule{
		id:          "EditRefused",
		metric:      a.logged("RefusedEdits", refusedEdit, awscdk.Duration_Minutes(jsii.Number(5)), publish, walk, rotate),
		description: "An edit of a policy was refused, or its record in the DNS is somebody else's. Senders get the policy before it. sealpost status says why.",
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
		description: "For three hours nobody looked after all domains to the end. Edits are published, but what went wrong with one is not made good. A new stack says so for up to an hour.",
	})
	a.add(rule{
		id:          "PublicationStuck",
		metric:      a.logged("StuckWalks", stuckWalk, hour, walk),
		periods:     3,
		breaching:   2,
		description: "For two hours the policy of a domain could not be announced. Senders go by the one before. sealpost status says what is in the way.",
	})
}

// watchBrake keeps the alarm for as long as walks find the brake on.
func (a alarms) watchBrake(publish, walk awslambda.Function) {
	a.add(rule{
		id:          "BrakeEngaged",
		metric:      a.logged("HeldBack", heldBack, awscdk.Duration_Hours(jsii.Number(1)), publish, walk),
		periods:     2,
		breaching:   1,
		description: "Many policies changed at once. The rest of the changes waits until somebody lets them through: sealpost resume does.",
	})
}

// watchCompaction counts the calls of a day; one that fails has an alarm already.
func (a alarms) watchCompaction(f awslambda.Function) {
	a.add(rule{
		id:          "CompactionNotRun",
		metric:      f.MetricInvocations(&awscloudwatch.MetricOptions{Statistic: jsii.String("Sum"), Period: awscdk.Duration_Days(jsii.Number(1))}),
		periods:     2,
		comparison:  awscloudwatch.ComparisonOperator_LESS_THAN_THRESHOLD,
		missing:     awscloudwatch.TreatMissingData_BREACHING,
		description: "For two days no reports were compacted. Queries are right, and become slower. What is older than reports are kept stays. A new stack says so until its first day is over.",
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

// watchAPI counts what was turned away by the API's own log, since its metric of
// refusals counts everybody who asks for something else, too.
func (a alarms) watchAPI(api awsapigatewayv2.HttpApi, logs awslogs.LogGroup) {
	a.add(rule{
		id:          "ReportsNotTaken",
		metric:      api.MetricServerError(sum()),
		description: "A report could not be stored. Its sender was told to send it again; some never do.",
	})
	a.add(rule{
		id:          "ReportsTurnedAway",
		metric:      a.counted(logs, "TurnedAwayReports", turnedAway, awscdk.Duration_Minutes(jsii.Number(5))),
		description: "More reports came at once than are let in. Their senders were told to send them again; some never do.",
	})
}

// watchSilence: any post and any mail counts, since what is wrong with a report
// shows elsewhere. The function for mails is nil where none come.
func (a alarms) watchSilence(hours int, posts, mails awslambda.Function) {
	if hours == 0 {
		return
	}
	hourly := &awscloudwatch.MetricOptions{Statistic: jsii.String("Sum"), Period: awscdk.Duration_Hours(jsii.Number(1))}
	metric := awscloudwatch.IMetric(posts.MetricInvocations(hourly))
	if mails != nil {
		metric = awscloudwatch.NewMathExpression(&awscloudwatch.MathExpressionProps{
			Expression:   jsii.String("FILL(posts, 0) + FILL(mails, 0)"),
			UsingMetrics: &map[string]awscloudwatch.IMetric{"posts": posts.MetricInvocations(hourly), "mails": mails.MetricInvocations(hourly)},
			Period:       hourly.Period,
		})
	}
	a.add(rule{
		id:          "NoReports",
		metric:      metric,
		periods:     float64(hours),
		comparison:  awscloudwatch.ComparisonOperator_LESS_THAN_THRESHOLD,
		missing:     awscloudwatch.TreatMissingData_BREACHING,
		description: fmt.Sprintf("For %d hours no report came. Either nobody sent one, or none reaches us. A new stack says so until the first one.", hours),
	})
}

// watchMail sends on what SES says of mail that did not arrive. SES tries whether
// it may, so the topic's policy comes first.
func (a alarms) watchMail(mail awsses.ConfigurationSet) {
	told := mail.AddEventDestination(jsii.String("ToAlarms"), &awsses.ConfigurationSetEventDestinationOptions{
		Destination: awsses.EventDestination_SnsTopic(a.topic),
		Events: &[]awsses.EmailSendingEvent{
			awsses.EmailSendingEvent_BOUNCE, awsses.EmailSendingEvent_COMPLAINT, awsses.EmailSendingEvent_REJECT,
		},
	})
	told.Node().AddDependency(a.topic)
}

// watchDigest counts the digests of seven days, as far as an alarm can look
// back, that were of the week that was due: a call that fails, or that is about
// an older week, does not end the alarm. One in doubt has its own.
// What it can see of the eighth counts as good, so a week that is an hour
// longer, as in autumn, is none without a digest.
func (a alarms) watchDigest(f awslambda.Function) {
	a.add(rule{
		id:          "DigestNotRun",
		metric:      a.logged("DueDigests", dueRun, awscdk.Duration_Days(jsii.Number(1)), f),
		periods:     7,
		comparison:  awscloudwatch.ComparisonOperator_LESS_THAN_THRESHOLD,
		missing:     awscloudwatch.TreatMissingData_BREACHING,
		description: "For over a week no digest of the week that was due was mailed. A new stack says so until its first one.",
	})
	a.add(rule{
		id:          "DigestInDoubt",
		metric:      a.logged("DigestsInDoubt", inDoubt, awscdk.Duration_Minutes(jsii.Number(5)), f),
		description: "Mailing a digest came to no end that was noted, so nobody knows whether it was mailed, and it is not mailed again by itself. If it has not arrived: sealpost digest -resend.",
	})
}

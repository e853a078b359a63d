package main

import (
	"fmt"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslambda"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslambdaeventsources"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsroute53"
	"github.com/aws/aws-cdk-go/awscdk/v2/awss3"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsses"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssns"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssnssubscriptions"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssqs"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"

	"sealpost/internal/aws/receiptrules"
	"sealpost/internal/aws/settings"
)

const (
	// mailSeconds is how long taking in one mail may take: the DNS is asked for
	// the key of each signature.
	mailSeconds = 60
	// mailReceives is how often a mail is tried before it is given up.
	mailReceives = 5
	// mailsAtOnce is how many are taken in side by side, the fewest there can be:
	// however many come, nothing else in the account waits for them.
	mailsAtOnce = 2
	// inboxDays is longer than all queues keep what tells of a mail.
	inboxDays = 30
	// activatorSeconds is how long the function may take that activates the receipt
	// rules, and activationSeconds how long CloudFormation waits for its answer.
	activatorSeconds  = 60
	activationSeconds = 5 * 60
	// receivers is where SES takes mail in, as an MX record has it.
	receivers = "10 inbound-smtp." + region + ".amazonaws.com"
)

// mailIntake is where reports come in by mail (RFC 8460, section 5.3). The zero
// value stands for none.
type mailIntake struct {
	function awslambda.Function
	inbox    awss3.Bucket
	identity awsses.EmailIdentity // Nil if the domain is verified otherwise.
	address  string               // That reports are mailed to.
}

// newMailIntake has SES put each mail into a bucket and tell of it by a topic and
// a queue: what SES found in the mail is told with it, and stands nowhere else.
//
//	SES -> inbox
//	 '---> topic -> queue -> MailIntake -> reports bucket
func newMailIntake(stack awscdk.Stack, config Config, zones zones, tables tables, reports awss3.Bucket, functions functions, alarms alarms) mailIntake {
	mail := config.Reports.Mail
	if !mail.comes() {
		return mailIntake{}
	}
	inbox := newBucket(stack, "Inbox", awss3.BucketProps{LifecycleRules: &[]*awss3.LifecycleRule{{
		Expiration:                          awscdk.Duration_Days(jsii.Number(inboxDays)),
		AbortIncompleteMultipartUploadAfter: awscdk.Duration_Days(jsii.Number(7)),
	}}})
	topic := awssns.NewTopic(stack, jsii.String("MailReceived"), &awssns.TopicProps{DisplayName: jsii.String("Sealpost mails"), EnforceSSL: jsii.Bool(true)})
	accept(topic, "AwsSolutions-SNS2", "SES cannot use the key that SNS has for it, and what goes through is the head of a mail that came in the clear.")
	mails := newMails(stack, topic, alarms)
	function := newMailFunction(config, tables, inbox, reports, mails, functions, alarms)
	alarms.watchInfected(function)

	rule := newReceiptRule(stack, config, inbox, topic)
	rule.Node().AddDependency(mails) // Else what comes at once is told to nobody.
	var ready constructs.IConstruct = rule
	if mail.activates() {
		ready = newActivation(stack, mail, rule, functions)
	}
	newMX(stack, config, zones, ready)
	intake := mailIntake{function: function, inbox: inbox, address: "reports@" + mail.Domain}
	if !mail.DomainVerified && !config.Digest.proves(mail.Domain) {
		intake.identity = newIdentity(stack, config, zones, mail.Domain, nil)
	}
	return intake
}

// newMails makes the queue of mails that are to be taken in.
func newMails(stack awscdk.Stack, topic awssns.Topic, alarms alarms) awssqs.Queue {
	queue := newQueue(stack, "Mails", awssqs.QueueProps{
		VisibilityTimeout: awscdk.Duration_Seconds(jsii.Number(6 * mailSeconds)), // As AWS wants it.
		DeadLetterQueue: &awssqs.DeadLetterQueue{
			MaxReceiveCount: jsii.Number(mailReceives),
			Queue:           newDeadLetters(stack, "FailedMails", alarms),
		},
	})
	topic.AddSubscription(awssnssubscriptions.NewSqsSubscription(queue, &awssnssubscriptions.SqsSubscriptionProps{
		RawMessageDelivery: jsii.Bool(true), // What SES says, without a wrapping.
	}))
	alarms.watchMails(queue, "Mails")
	return queue
}

// newMailFunction is the program that takes reports in by HTTPS, as a function of
// its own: mail that comes in floods takes nothing away from that, and only this
// one reads mails.
func newMailFunction(config Config, tables tables, inbox, reports awss3.Bucket, mails awssqs.Queue, functions functions, alarms alarms) awslambda.Function {
	function := functions.make(task{
		id:          "MailIntake",
		program:     intakeFunction,
		description: "Judges and keeps the reports in each mail that comes",
		suffers:     "reports that came by mail are not counted yet",
		env: settings.ReportIntake{
			StateTable:    *tables.state.TableName(),
			ReportsBucket: *reports.BucketName(),
			AcceptAny:     config.Reports.AcceptAny,
			InboxBucket:   *inbox.BucketName(),
			ReportsDomain: config.Reports.Mail.Domain,
			AlarmsTopic:   *alarms.topic.TopicArn(),

			DistrustedSigners: config.Reports.evidenceRules().DistrustedSigners,
		}.Env(),
		memory:  1024,
		seconds: mailSeconds,
	})
	letKeepReports(function, tables, reports)
	letCauseEffects(function, tables, alarms)
	letRead(function, reports, "reports/v1/") // Whether a report that is there is signed.
	letRead(function, inbox, settings.InboxPrefix)
	function.AddEventSource(awslambdaeventsources.NewSqsEventSource(mails, &awslambdaeventsources.SqsEventSourceProps{
		BatchSize:               jsii.Number(1), // Each mail has the whole time and memory of a call.
		ReportBatchItemFailures: jsii.Bool(true),
		MaxConcurrency:          jsii.Number(mailsAtOnce),
	}))
	return function
}

// newReceiptRule has SES keep what is mailed to the domain. It comes first in its
// set, and nothing else happens to the mail: what others have set up for all
// mail, such as to bounce it, is not meant for this.
func newReceiptRule(stack awscdk.Stack, config Config, inbox awss3.Bucket, topic awssns.Topic) awsses.CfnReceiptRule {
	mail := config.Reports.Mail
	id, set := "ReceiptRule-"+mail.RuleSet, mail.RuleSet // Under another id, CloudFormation can move it to another set.
	if mail.activates() {
		id, set = "ReceiptRule", config.StackName
	}
	letSES(stack, inbox, topic, set, config.StackName)
	rule := awsses.NewCfnReceiptRule(stack, jsii.String(id), &awsses.CfnReceiptRuleProps{
		RuleSetName: jsii.String(set),
		Rule: &awsses.CfnReceiptRule_RuleProperty{
			Name:        jsii.String(config.StackName),
			Recipients:  jsii.Strings(mail.Domain), // Of one address as of any other: whoever mistypes it still gets through.
			Enabled:     jsii.Bool(true),
			ScanEnabled: jsii.Bool(true),
			TlsPolicy:   jsii.String("Optional"), // Who reports that TLS is broken must get through (RFC 8460, section 5.3).
			Actions: []*awsses.CfnReceiptRule_ActionProperty{
				{S3Action: &awsses.CfnReceiptRule_S3ActionProperty{
					BucketName:      inbox.BucketName(),
					ObjectKeyPrefix: jsii.String(settings.InboxPrefix),
					TopicArn:        topic.TopicArn(),
				}},
				{StopAction: &awsses.CfnReceiptRule_StopActionProperty{Scope: jsii.String("RuleSet")}},
			},
		},
	})
	rule.Node().AddDependency(inbox, topic) // And their policies: SES tries whether it may use them.
	if mail.activates() {
		rule.Node().AddDependency(awsses.NewCfnReceiptRuleSet(stack, jsii.String("ReceiptRules"), &awsses.CfnReceiptRuleSetProps{RuleSetName: jsii.String(set)}))
	}
	return rule
}

// letSES lets SES write mails and tell of them, for this one rule of this account:
// anybody can have a rule that names a bucket and topic of others.
func letSES(stack awscdk.Stack, inbox awss3.Bucket, topic awssns.Topic, set, rule string) {
	allowed := func(action, resource string) awsiam.PolicyStatement {
		return awsiam.NewPolicyStatement(&awsiam.PolicyStatementProps{
			Principals: &[]awsiam.IPrincipal{awsiam.NewServicePrincipal(jsii.String("ses.amazonaws.com"), nil)},
			Actions:    jsii.Strings(action),
			Resources:  jsii.Strings(resource),
			Conditions: &map[string]any{"StringEquals": map[string]any{
				"aws:SourceAccount": stack.Account(),
				"aws:SourceArn": fmt.Sprintf("arn:%s:ses:%s:%s:receipt-rule-set/%s:receipt-rule/%s",
					*stack.Partition(), *stack.Region(), *stack.Account(), set, rule),
			}},
		})
	}
	inbox.AddToResourcePolicy(allowed("s3:PutObject", *inbox.ArnForObjects(jsii.String(settings.InboxPrefix + "*"))))
	topic.AddToResourcePolicy(allowed("sns:Publish", *topic.TopicArn()))
}

// newActivation makes the rule set the one that SES goes by. CloudFormation has no
// way to, so that it takes a function.
func newActivation(stack awscdk.Stack, mail Mail, rule awsses.CfnReceiptRule, functions functions) constructs.IConstruct {
	function := functions.make(task{
		id:          "ReceiptRulesActivator",
		program:     rulesFunction,
		description: "Makes the stack's receipt rule set the active one, when it is deployed",
		suffers:     "the stack can neither be deployed nor taken down",
		memory:      128,
		seconds:     activatorSeconds,
	})
	allow(function, []string{"*"}, "ses:DescribeActiveReceiptRuleSet", "ses:SetActiveReceiptRuleSet") // There is no other resource for them.
	function.ConfigureAsyncInvoke(&awslambda.EventInvokeConfigOptions{
		// Lambda tries again what got no answer, but not what CloudFormation has given up and taken back.
		MaxEventAge: awscdk.Duration_Seconds(jsii.Number(activationSeconds - activatorSeconds)),
	})
	before := newCustomResource(stack, "ReceiptRulesBefore", "Custom::ReceiptRuleSetBefore", function, map[string]any{
		receiptrules.RuleSet: rule.RuleSetName(),
	})
	activation := newCustomResource(stack, "ActiveReceiptRules", "Custom::ActiveReceiptRuleSet", function, map[string]any{
		receiptrules.RuleSet:  rule.RuleSetName(),
		receiptrules.TakeOver: fmt.Sprint(mail.TakeOver),
		receiptrules.Before:   before.Ref(),
	})
	activation.Node().AddDependency(rule)
	return activation
}

// newCustomResource is something that a function of ours makes.
func newCustomResource(stack awscdk.Stack, id, kind string, function awslambda.Function, properties map[string]any) awscdk.CustomResource {
	made := awscdk.NewCustomResource(stack, jsii.String(id), &awscdk.CustomResourceProps{
		ResourceType:   jsii.String(kind),
		ServiceToken:   function.FunctionArn(),
		ServiceTimeout: awscdk.Duration_Seconds(jsii.Number(activationSeconds)), // By default, who gets no answer waits for an hour.
		Properties:     &properties,
	})
	made.Node().AddDependency(function) // And how it is called.
	return made
}

// newMX brings the mail here, where the zone is ours, once it can be taken in.
// Where it is not, the outputs name the record to set.
func newMX(stack awscdk.Stack, config Config, zones zones, ready constructs.IConstruct) {
	domain := config.Reports.Mail.Domain
	zone := zones.of(config.zoneOf(domain))
	if zone == nil {
		return
	}
	mx := awsroute53.NewCfnRecordSet(stack, jsii.String("MX-"+domain), &awsroute53.CfnRecordSetProps{
		HostedZoneId:    zone.HostedZoneId(),
		Name:            absolute(domain),
		Type:            jsii.String("MX"),
		Ttl:             jsii.String(fmt.Sprint(recordSeconds)),
		ResourceRecords: jsii.Strings(receivers),
	})
	mx.Node().AddDependency(ready)
}

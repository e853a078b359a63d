package main

import (
	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/jsii-runtime-go"
)

// region is the only one: the certificate of a distribution must be there, and
// two stacks that share it cannot be changed apart.
const region = "us-east-1"

// newStack is the whole of Sealpost on AWS. The functions lie built in folder.
//
//	policies (edited) -> publish -> policy_state, edge bucket
//	queue, delayed    -> rotate  -> TXT records
//	schedule, hourly  -> walk    -> as publish, for all
//	senders   -> edge -> policy function, or the edge bucket
//	reporters -> API  -> reportintake    -> reports bucket
//	reporters -> SES  -> reportintake    -> reports bucket
//	schedule  ->         digest          -> mail
//	schedule, daily   -> compact -> Athena, over the reports bucket
func newStack(app awscdk.App, config Config, folder string) awscdk.Stack {
	stack := awscdk.NewStack(app, jsii.String(config.StackName), &awscdk.StackProps{
		Description: jsii.String("Sealpost: MTA-STS policy hosting (RFC 8461) and SMTP TLS report intake (RFC 8460)"),
		Env:         &awscdk.Environment{Region: jsii.String(region)},
	})
	// cfn-lint notes each dependency that follows from another; the CDK writes them all.
	stack.TemplateOptions().SetMetadata(&map[string]any{"cfn-lint": map[string]any{"config": map[string]any{"ignore_checks": []string{"W3005"}}}})
	zones := newZones(stack, config)
	alarms := newAlarms(stack, config.AlarmsAddress)
	tables := newTables(stack, alarms)
	functions := functions{stack: stack, folder: folder, logDays: config.RetentionDays.Logs, alarms: alarms}

	edge := newEdge(stack, config, zones, tables, functions, alarms)
	walk := newPublication(stack, config, tables, edge.copies, functions, alarms)
	intake := newIntake(stack, config, zones, tables, functions, alarms)
	newReportRecords(stack, config, zones, intake.ruas)
	queries := newQueries(stack, config, intake.reports)
	newCompaction(stack, config, queries, functions, alarms)
	digest := newDigest(stack, config, zones, tables, intake.reports, queries, functions, alarms)

	newOutputs(stack, config, tables, edge, walk, intake, queries, digest)
	return stack
}

package main

import (
	"path/filepath"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslambda"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslogs"
	"github.com/aws/jsii-runtime-go"
)

// Folders below functions/.
const (
	policyFunction  = "policy"
	publishFunction = "publish"
	rotateFunction  = "rotate"
	intakeFunction  = "reportintake"
	digestFunction  = "digest"
	rulesFunction   = "receiptrules"
	compactFunction = "compact"
)

// functions lists the programs that the stack has.
func (c Config) functions() []string {
	names := []string{policyFunction, publishFunction, rotateFunction, intakeFunction}
	if c.Digest.Enabled {
		names = append(names, digestFunction)
	}
	if c.Reports.Mail.activates() {
		names = append(names, rulesFunction)
	}
	if c.compacts() {
		names = append(names, compactFunction)
	}
	return names
}

// functions makes functions, all alike.
type functions struct {
	stack   awscdk.Stack
	folder  string // Where they lie built, a folder each.
	logDays int
	alarms  alarms
}

// task is what makes a function differ from the others.
type task struct {
	id          string
	program     string // Below functions/.
	description string
	suffers     string // Who does while it fails, and how.
	env         map[string]string
	memory      float64 // MiB; a function's share of a core grows with it.
	seconds     float64
}

// make gives the function a role that can do nothing yet but write its logs.
func (f functions) make(t task) awslambda.Function {
	logs := f.logGroup(t.id + "Logs")
	role := awsiam.NewRole(f.stack, jsii.String(t.id+"Role"), &awsiam.RoleProps{
		AssumedBy: awsiam.NewServicePrincipal(jsii.String("lambda.amazonaws.com"), nil),
	})
	logs.GrantWrite(role)
	accept(role, "AwsSolutions-IAM5", "Objects, and changes of the DNS, get their names as they are made: a right over them ends at a prefix.")
	made := awslambda.NewFunction(f.stack, jsii.String(t.id), &awslambda.FunctionProps{
		Description:   jsii.String(t.description),
		Code:          awslambda.Code_FromAsset(jsii.String(filepath.Join(f.folder, t.program)), nil),
		Runtime:       awslambda.Runtime_PROVIDED_AL2023(),
		Architecture:  awslambda.Architecture_ARM_64(),
		Handler:       jsii.String("bootstrap"),
		MemorySize:    jsii.Number(t.memory),
		Timeout:       awscdk.Duration_Seconds(jsii.Number(t.seconds)),
		Environment:   environment(t.env),
		Role:          role,
		LogGroup:      logs,
		LoggingFormat: awslambda.LoggingFormat_JSON,
	})
	f.alarms.watchFunction(made, t.id, t.suffers)
	return made
}

func (f functions) logGroup(id string) awslogs.LogGroup {
	group := awslogs.NewLogGroup(f.stack, jsii.String(id), nil)
	group.Node().DefaultChild().(awslogs.CfnLogGroup).SetRetentionInDays(jsii.Number(f.logDays))
	return group
}

func environment(values map[string]string) *map[string]*string {
	env := make(map[string]*string)
	for name, value := range values {
		env[name] = jsii.String(value)
	}
	return &env
}

// allow is a right that no Grant method gives as narrowly.
func allow(f awslambda.Function, resources []string, actions ...string) {
	f.AddToRolePolicy(awsiam.NewPolicyStatement(&awsiam.PolicyStatementProps{
		Actions:   jsii.Strings(actions...),
		Resources: jsii.Strings(resources...),
	}))
}

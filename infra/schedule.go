package main

import (
	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslambda"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsscheduler"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsschedulertargets"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssqs"
	"github.com/aws/jsii-runtime-go"
)

// call is a call of a function by the clock.
type call struct {
	id          string
	description string
	at          awsscheduler.ScheduleExpression
	function    awslambda.Function
	input       awsscheduler.ScheduleTargetInput
	missed      awssqs.IQueue // For calls that the function never got.
	hours       float64       // After which a call that it did not get is given up.
}

func newSchedule(stack awscdk.Stack, c call) {
	role := awsiam.NewRole(stack, jsii.String(c.id+"Role"), &awsiam.RoleProps{
		AssumedBy: awsiam.NewServicePrincipal(jsii.String("scheduler.amazonaws.com"), &awsiam.ServicePrincipalOpts{
			Conditions: &map[string]any{"StringEquals": map[string]any{"aws:SourceAccount": stack.Account()}},
		}),
	})
	awsscheduler.NewSchedule(stack, jsii.String(c.id), &awsscheduler.ScheduleProps{
		Description: jsii.String(c.description),
		Schedule:    c.at,
		Target: awsschedulertargets.NewLambdaInvoke(c.function, &awsschedulertargets.ScheduleTargetBaseProps{
			Role:            role,
			Input:           c.input,
			DeadLetterQueue: c.missed,
			RetryAttempts:   jsii.Number(5),
			MaxEventAge:     awscdk.Duration_Hours(jsii.Number(c.hours)),
		}),
	})
	accept(role, "AwsSolutions-IAM5", "The right to call the function covers its versions.")
}

package main

import (
	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssqs"
	"github.com/aws/jsii-runtime-go"
)

// queueDays is as long as a queue can keep a message.
const queueDays = 14

// newQueue makes a queue that no deployment deletes.
func newQueue(stack awscdk.Stack, id string, props awssqs.QueueProps) awssqs.Queue {
	props.Encryption = awssqs.QueueEncryption_SQS_MANAGED
	props.EnforceSSL = jsii.Bool(true)
	props.RetentionPeriod = awscdk.Duration_Days(jsii.Number(queueDays))
	props.RemovalPolicy = awscdk.RemovalPolicy_RETAIN
	return awssqs.NewQueue(stack, jsii.String(id), &props)
}

// newDeadLetters makes a queue for what failed for good. It is watched.
func newDeadLetters(stack awscdk.Stack, id string, alarms alarms) awssqs.Queue {
	queue := newQueue(stack, id, awssqs.QueueProps{})
	accept(queue, "AwsSolutions-SQS3", "This is the queue for what failed.")
	alarms.watchDeadLetters(queue, id)
	return queue
}

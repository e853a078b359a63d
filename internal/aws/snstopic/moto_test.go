package snstopic_test

import (
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/sns"
	"github.com/aws/aws-sdk-go-v2/service/sqs"

	"sealpost/internal/aws/mototest"
	"sealpost/internal/aws/snstopic"
)

// TestSubscribersAreTold, by moto's topics and queues.
func TestSubscribersAreTold(t *testing.T) {
	config := aws.Config{Region: "us-east-1", Credentials: credentials.NewStaticCredentialsProvider("test", "test", ""), BaseEndpoint: aws.String(mototest.Need(t))}
	topics, queues := sns.NewFromConfig(config), sqs.NewFromConfig(config)
	created, err := topics.CreateTopic(t.Context(), &sns.CreateTopicInput{Name: aws.String("Alarms")})
	if err != nil {
		t.Fatal(err)
	}
	queue, err := queues.CreateQueue(t.Context(), &sqs.CreateQueueInput{QueueName: aws.String("Alarms")})
	if err != nil {
		t.Fatal(err)
	}
	_, err = topics.Subscribe(t.Context(), &sns.SubscribeInput{TopicArn: created.TopicArn, Protocol: aws.String("sqs"), Endpoint: aws.String("arn:aws:sqs:us-east-1:123456789012:Alarms")})
	if err != nil {
		t.Fatal(err)
	}
	told := snstopic.Topic{Client: topics, ARN: *created.TopicArn, Timeout: time.Minute}
	if err := told.Tell(t.Context(), strings.Repeat("s", 99), "„so“\nand so\n"); err != nil {
		t.Fatal(err)
	}
	received, err := queues.ReceiveMessage(t.Context(), &sqs.ReceiveMessageInput{QueueUrl: queue.QueueUrl})
	if err != nil || len(received.Messages) != 1 || !strings.Contains(*received.Messages[0].Body, `and so\n`) {
		t.Errorf("received %+v, %v", received, err)
	}
}

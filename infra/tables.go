package main

import (
	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsdynamodb"
	"github.com/aws/aws-cdk-go/awscdk/v2/awss3"
	"github.com/aws/jsii-runtime-go"
)

// tables are the policies that people edit, and what the functions know of
// them. They are two, so that what a function writes never wakes a function.
type tables struct {
	policies awsdynamodb.TableV2
	state    awsdynamodb.TableV2
}

func newTables(stack awscdk.Stack, alarms alarms) tables {
	t := tables{
		policies: newTable(stack, "Policies", awsdynamodb.TablePropsV2{
			PartitionKey: stringKey("domain"),
			DynamoStream: awsdynamodb.StreamViewType_NEW_AND_OLD_IMAGES,
		}),
		state: newTable(stack, "PolicyState", awsdynamodb.TablePropsV2{
			PartitionKey: stringKey("pk"),
			SortKey:      stringKey("sk"),
			// Of policies that were once served, when nobody can hold them any more.
			TimeToLiveAttribute: jsii.String("expires"),
		}),
	}
	alarms.watchTable(t.policies, "Policies", "edits wait",
		awsdynamodb.Operation_GET_ITEM, awsdynamodb.Operation_SCAN)
	alarms.watchTable(t.state, "PolicyState", "senders get the copies of policies, edits wait, and reporters are told to send again",
		awsdynamodb.Operation_GET_ITEM, awsdynamodb.Operation_PUT_ITEM, awsdynamodb.Operation_QUERY, awsdynamodb.Operation_SCAN)
	return t
}

func stringKey(name string) *awsdynamodb.Attribute {
	return &awsdynamodb.Attribute{Name: jsii.String(name), Type: awsdynamodb.AttributeType_STRING}
}

// newTable makes a table that outlives mistakes: it can be set back to any
// second of 35 days, and neither a deployment nor a slip deletes it.
func newTable(stack awscdk.Stack, id string, props awsdynamodb.TablePropsV2) awsdynamodb.TableV2 {
	props.Billing = awsdynamodb.Billing_OnDemand(nil)
	props.PointInTimeRecoverySpecification = &awsdynamodb.PointInTimeRecoverySpecification{PointInTimeRecoveryEnabled: jsii.Bool(true)}
	props.DeletionProtection = jsii.Bool(true)
	props.RemovalPolicy = awscdk.RemovalPolicy_RETAIN
	return awsdynamodb.NewTableV2(stack, jsii.String(id), &props)
}

// newBucket makes a bucket that nobody reads from outside, nor in the clear,
// and that no deployment deletes.
func newBucket(stack awscdk.Stack, id string, props awss3.BucketProps) awss3.Bucket {
	props.BlockPublicAccess = awss3.BlockPublicAccess_BLOCK_ALL()
	props.EnforceSSL = jsii.Bool(true)
	props.MinimumTLSVersion = jsii.Number(1.2)
	props.Encryption = awss3.BucketEncryption_S3_MANAGED
	props.ObjectOwnership = awss3.ObjectOwnership_BUCKET_OWNER_ENFORCED
	props.RemovalPolicy = awscdk.RemovalPolicy_RETAIN
	bucket := awss3.NewBucket(stack, jsii.String(id), &props)
	accept(bucket, "AwsSolutions-S1", "Only functions of this stack use the bucket, and their logs say for what; a bucket of access logs would say no more.")
	return bucket
}

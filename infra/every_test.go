package main

import (
	"reflect"
	"strings"
	"testing"
)

// TestEvery holds each resource of a type, or those whose ids begin as a second
// word says, to what they must have in every stack.
func TestEvery(t *testing.T) {
	type list = []any
	rules := []struct {
		resourceType, path string
		want               any
	}{
		// Nobody calls the function but the edge.
		{"AWS::Lambda::Url", "AuthType", "AWS_IAM"},

		// The edge: two methods, no redirect, no old TLS, no compression.
		{"AWS::CloudFront::Distribution", "DistributionConfig.DefaultCacheBehavior.AllowedMethods", list{"GET", "HEAD"}},
		{"AWS::CloudFront::Distribution", "DistributionConfig.DefaultCacheBehavior.ViewerProtocolPolicy", "https-only"},
		{"AWS::CloudFront::Distribution", "DistributionConfig.DefaultCacheBehavior.Compress", false},
		{"AWS::CloudFront::Distribution", "DistributionConfig.CacheBehaviors", nil},
		{"AWS::CloudFront::Distribution", "DistributionConfig.ViewerCertificate.MinimumProtocolVersion", "TLSv1.2_2021"},
		{"AWS::CloudFront::Distribution", "DistributionConfig.ViewerCertificate.SslSupportMethod", "sni-only"},
		{"AWS::CloudFront::Distribution", "DistributionConfig.HttpVersion", "http2and3"},
		{"AWS::CloudFront::Distribution", "DistributionConfig.IPV6Enabled", true},
		// The copy stands in for all failures, and not for "there is no policy".
		{"AWS::CloudFront::Distribution", "DistributionConfig.OriginGroups.Items.0.FailoverCriteria.StatusCodes.Items", list{403, 429, 500, 502, 503, 504}},
		{"AWS::CloudFront::Distribution", "DistributionConfig.Origins.1.S3OriginConfig.OriginAccessIdentity", ""},
		// No error becomes a page, or a 200.
		{"AWS::CloudFront::Distribution", "DistributionConfig.CustomErrorResponses", list{
			map[string]any{"ErrorCode": 404, "ErrorCachingMinTTL": 60},
			map[string]any{"ErrorCode": 403, "ErrorCachingMinTTL": 1},
			map[string]any{"ErrorCode": 500, "ErrorCachingMinTTL": 1},
			map[string]any{"ErrorCode": 502, "ErrorCachingMinTTL": 1},
			map[string]any{"ErrorCode": 503, "ErrorCachingMinTTL": 1},
			map[string]any{"ErrorCode": 504, "ErrorCachingMinTTL": 1},
		}},
		{"AWS::CloudFront::OriginAccessControl", "OriginAccessControlConfig.SigningBehavior", "always"},
		{"AWS::CloudFront::OriginAccessControl", "OriginAccessControlConfig.SigningProtocol", "sigv4"},
		{"AWS::CloudFront::Function", "FunctionConfig.Runtime", "cloudfront-js-2.0"},
		{"AWS::CloudFront::Function", "AutoPublish", true},

		// The cache key is the path alone, and nothing is kept over a minute.
		{"AWS::CloudFront::CachePolicy", "CachePolicyConfig.MinTTL", 0},
		{"AWS::CloudFront::CachePolicy", "CachePolicyConfig.DefaultTTL", 0},
		{"AWS::CloudFront::CachePolicy", "CachePolicyConfig.MaxTTL", 60},
		{"AWS::CloudFront::CachePolicy", "CachePolicyConfig.ParametersInCacheKeyAndForwardedToOrigin", map[string]any{
			"CookiesConfig":              map[string]any{"CookieBehavior": "none"},
			"HeadersConfig":              map[string]any{"HeaderBehavior": "none"},
			"QueryStringsConfig":         map[string]any{"QueryStringBehavior": "none"},
			"EnableAcceptEncodingBrotli": false,
			"EnableAcceptEncodingGzip":   false,
		}},

		// Tables survive mistakes.
		{"AWS::DynamoDB::GlobalTable", "BillingMode", "PAY_PER_REQUEST"},
		{"AWS::DynamoDB::GlobalTable", "Replicas.0.PointInTimeRecoverySpecification.PointInTimeRecoveryEnabled", true},
		{"AWS::DynamoDB::GlobalTable", "Replicas.0.DeletionProtectionEnabled", true},
		{"AWS::DynamoDB::GlobalTable", "Replicas.1", nil},

		// An edit is tried for a bounded time, alone if need be, and then kept.
		{"AWS::Lambda::EventSourceMapping Edits", "BisectBatchOnFunctionError", true},
		{"AWS::Lambda::EventSourceMapping Edits", "MaximumRetryAttempts", 10000},
		{"AWS::Lambda::EventSourceMapping Edits", "MaximumRecordAgeInSeconds", 82800},
		// What failed of a batch comes again, and only that.
		{"AWS::Lambda::EventSourceMapping", "FunctionResponseTypes", list{"ReportBatchItemFailures"}},
		{"AWS::Lambda::EventSourceMapping Edits", "BatchSize", 10},
		{"AWS::Lambda::EventSourceMapping Rotate", "BatchSize", 1}, // Each domain has the whole time of a call.
		{"AWS::Lambda::EventSourceMapping Rotate", "ScalingConfig.MaximumConcurrency", 2},

		// Mails: each alone, few at once, tried for half an hour and then kept.
		{"AWS::Lambda::EventSourceMapping MailIntake", "BatchSize", 1},
		{"AWS::Lambda::EventSourceMapping MailIntake", "ScalingConfig.MaximumConcurrency", 2},
		{"AWS::SQS::Queue Mails", "RedrivePolicy.maxReceiveCount", 5},
		{"AWS::SNS::Subscription Mails", "RawMessageDelivery", true},
		{"AWS::SNS::Subscription Mails", "Protocol", "sqs"},
		// SES scans, takes mail without TLS too, and encrypts nothing by itself, which the function could not read.
		{"AWS::SES::ReceiptRule", "Rule.Enabled", true},
		{"AWS::SES::ReceiptRule", "Rule.ScanEnabled", true},
		{"AWS::SES::ReceiptRule", "Rule.TlsPolicy", "Optional"},
		{"AWS::SES::ReceiptRule", "Rule.Actions.0.S3Action.ObjectKeyPrefix", "inbox/mail/"},
		{"AWS::SES::ReceiptRule", "Rule.Actions.0.S3Action.KmsKeyArn", nil},
		{"AWS::SES::ReceiptRule", "Rule.Actions.1.StopAction.Scope", "RuleSet"},
		{"AWS::SES::ReceiptRule", "Rule.Actions.2", nil},
		{"AWS::SES::ReceiptRule", "After", nil}, // It comes first.
		{"AWS::S3::Bucket Inbox", "LifecycleConfiguration.Rules.0.ExpirationInDays", 30},
		{"AWS::S3::Bucket Inbox", "LifecycleConfiguration.Rules.0.Prefix", nil}, // Of all that lies there.
		{"AWS::S3::Bucket Inbox", "VersioningConfiguration", nil},
		{"Custom::ActiveReceiptRuleSet", "ServiceTimeout", "300"},

		// Reports: one stage, throttled, logged; requests in the form that the function reads.
		{"AWS::ApiGatewayV2::Integration", "PayloadFormatVersion", "2.0"},
		{"AWS::ApiGatewayV2::Stage", "StageName", "$default"},
		{"AWS::ApiGatewayV2::Stage", "AutoDeploy", true},
		{"AWS::ApiGatewayV2::DomainName", "DomainNameConfigurations.0.SecurityPolicy", "TLS_1_2"},
		{"AWS::ApiGatewayV2::DomainName", "DomainNameConfigurations.0.EndpointType", "REGIONAL"},

		// Functions: built for what they run on; no reservation, which new accounts refuse.
		{"AWS::Lambda::Function", "Runtime", "provided.al2023"},
		{"AWS::Lambda::Function", "Architectures", list{"arm64"}},
		{"AWS::Lambda::Function", "Handler", "bootstrap"},
		{"AWS::Lambda::Function", "LoggingConfig.LogFormat", "JSON"},
		{"AWS::Lambda::Function", "ReservedConcurrentExecutions", nil},

		// Buckets: for nobody else, and never in the clear.
		{"AWS::S3::Bucket", "PublicAccessBlockConfiguration", map[string]any{
			"BlockPublicAcls": true, "BlockPublicPolicy": true, "IgnorePublicAcls": true, "RestrictPublicBuckets": true,
		}},
		{"AWS::S3::Bucket", "BucketEncryption.ServerSideEncryptionConfiguration.0.ServerSideEncryptionByDefault.SSEAlgorithm", "AES256"},
		{"AWS::S3::Bucket", "ObjectLockConfiguration", nil},

		// What failed waits two weeks.
		{"AWS::SQS::Queue", "MessageRetentionPeriod", 14 * 24 * 60 * 60},
		{"AWS::SQS::Queue", "SqsManagedSseEnabled", true},
		{"AWS::Scheduler::Schedule", "FlexibleTimeWindow.Mode", "OFF"},
		{"AWS::Scheduler::Schedule", "Target.RetryPolicy.MaximumRetryAttempts", 5},
		{"AWS::Lambda::EventInvokeConfig Digest", "MaximumEventAgeInSeconds", 6 * 60 * 60},
		{"AWS::Lambda::EventInvokeConfig Digest", "MaximumRetryAttempts", 2},
		{"AWS::Scheduler::Schedule Weekly", "Target.RetryPolicy.MaximumEventAgeInSeconds", 6 * 60 * 60},
		// After an hour there is another walk.
		{"AWS::Lambda::EventInvokeConfig Walk", "MaximumEventAgeInSeconds", 60 * 60},
		{"AWS::Scheduler::Schedule Hourly", "Target.RetryPolicy.MaximumEventAgeInSeconds", 60 * 60},
		{"AWS::Scheduler::Schedule Hourly", "ScheduleExpression", "rate(1 hour)"},
		{"AWS::Scheduler::Schedule Hourly", "Target.Input", `{"walk":true}`},
		{"AWS::Scheduler::Schedule Weekly", "Target.Input", `{"week":"last"}`},
		{"AWS::Scheduler::Schedule Daily", "ScheduleExpression", "cron(10 5 * * ? *)"},
		{"AWS::Scheduler::Schedule Daily", "ScheduleExpressionTimezone", "Etc/UTC"}, // Days of reports are those of UTC.
		{"AWS::Scheduler::Schedule Daily", "Target.Input", `{}`},
		{"AWS::Lambda::EventInvokeConfig Compact", "MaximumRetryAttempts", 1},

		// Athena: whoever queries is bounded, and what is found is encrypted, and goes.
		{"AWS::Athena::WorkGroup", "WorkGroupConfiguration.EnforceWorkGroupConfiguration", true},
		{"AWS::Athena::WorkGroup", "WorkGroupConfiguration.EngineVersion.SelectedEngineVersion", "Athena engine version 3"},
		{"AWS::Athena::WorkGroup", "WorkGroupConfiguration.PublishCloudWatchMetricsEnabled", true},
		{"AWS::Athena::WorkGroup", "WorkGroupConfiguration.ResultConfiguration.EncryptionConfiguration.EncryptionOption", "SSE_S3"},
		{"AWS::Athena::WorkGroup", "RecursiveDeleteOption", true},
		{"AWS::S3::Bucket Athena", "LifecycleConfiguration.Rules.0.Prefix", "results/"},
		{"AWS::S3::Bucket Athena", "LifecycleConfiguration.Rules.0.ExpirationInDays", 7},
		// The files of compacted days go by the table, and never by their age.
		{"AWS::S3::Bucket Athena", "LifecycleConfiguration.Rules.1.ExpirationInDays", nil},
		{"AWS::S3::Bucket Athena", "LifecycleConfiguration.Rules.2", nil},
		{"AWS::Glue::Table ReportsTable", "TableInput.StorageDescriptor.SerdeInfo.SerializationLibrary", "org.apache.hive.hcatalog.data.JsonSerDe"},
		{"AWS::DynamoDB::GlobalTable PolicyState", "TimeToLiveSpecification", map[string]any{"AttributeName": "expires", "Enabled": true}},
		{"AWS::DynamoDB::GlobalTable Policies", "TimeToLiveSpecification", nil}, // What people edit never goes by itself.
	}
	seen := make(map[string]bool)
	eachStack(t, func(t *testing.T, _ Config, stack template) {
		for _, rule := range rules {
			kind, prefix, _ := strings.Cut(rule.resourceType, " ")
			for id, r := range stack.all(kind) {
				if !strings.HasPrefix(id, prefix) {
					continue
				}
				seen[rule.resourceType] = true
				if got := r.at(rule.path); !reflect.DeepEqual(got, asJSON(t, rule.want)) {
					t.Errorf("%s: %s is %v, want %v", id, rule.path, got, rule.want)
				}
			}
		}
	})
	for _, rule := range rules {
		if !seen[rule.resourceType] {
			t.Errorf("no stack has a %s", rule.resourceType)
		}
	}
}

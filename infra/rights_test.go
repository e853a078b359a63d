package main

import (
	"encoding/json"
	"fmt"
	"path"
	"slices"
	"strings"
	"testing"
)

// mayDo lists all rights that a function has, apart from that to write its
// logs, as "<action> <resource>".
var mayDo = map[string][]string{
	"Policy": {
		"dynamodb:GetItem PolicyState",
	},
	"Publish": append([]string{
		"dynamodb:DescribeStream Policies",
		"dynamodb:GetRecords Policies",
		"dynamodb:GetShardIterator Policies",
		"dynamodb:ListStreams Policies",
		"s3:ListBucket FailedEdits",
		"s3:PutObject FailedEdits/*",
	}, mayPublish...),
	"Walk": mayPublish,
	"Rotate": {
		"dynamodb:GetItem PolicyState",
		"dynamodb:PutItem PolicyState",
		"dynamodb:Query PolicyState",
		"s3:DeleteObject Edge/p/*",
		"s3:GetObject Edge/p/*",
		"s3:ListBucket Edge if StringLikeIfExists s3:prefix [p/*]",
		"s3:PutObject Edge/p/*",
		"sqs:ChangeMessageVisibility Rotations",
		"sqs:DeleteMessage Rotations",
		"sqs:GetQueueAttributes Rotations",
		"sqs:GetQueueUrl Rotations",
		"sqs:ReceiveMessage Rotations",
		"sqs:SendMessage Rotations",
	},
	"Hourly": {
		"lambda:InvokeFunction Walk",
		"lambda:InvokeFunction Walk:*",
		"sqs:SendMessage MissedWalks",
	},
	"ReportIntake": {
		"dynamodb:Scan PolicyState",
		"s3:GetObject Reports/index/v1/*",
		"s3:PutObject Reports/index/v1/*",
		"s3:PutObject Reports/quarantine/v1/*",
		"s3:PutObject Reports/reports/v1/*",
	},
	"MailIntake": {
		"dynamodb:GetItem PolicyState",
		"dynamodb:PutItem PolicyState",
		"dynamodb:Scan PolicyState",
		"s3:GetObject Inbox/inbox/mail/*",
		"s3:GetObject Reports/index/v1/*",
		"s3:GetObject Reports/reports/v1/*",
		"s3:ListBucket Inbox if StringLikeIfExists s3:prefix [inbox/mail/*]",
		"s3:ListBucket Reports if StringLikeIfExists s3:prefix [reports/v1/*]",
		"s3:PutObject Reports/index/v1/*",
		"s3:PutObject Reports/quarantine/v1/*",
		"s3:PutObject Reports/reports/v1/*",
		"sns:Publish Alarms",
		"sqs:ChangeMessageVisibility Mails",
		"sqs:DeleteMessage Mails",
		"sqs:GetQueueAttributes Mails",
		"sqs:GetQueueUrl Mails",
		"sqs:ReceiveMessage Mails",
	},
	"ReceiptRulesActivator": {
		"ses:DescribeActiveReceiptRuleSet *",
		"ses:SetActiveReceiptRuleSet *",
	},
	"Digest": {
		"dynamodb:GetItem PolicyState",
		"dynamodb:PutItem PolicyState",
		"dynamodb:Query PolicyState",
		"dynamodb:Scan PolicyState",
		"s3:GetObject Reports/reports/v1/*",
		"s3:ListBucket Reports if StringLikeIfExists s3:prefix [quarantine/v1/*]",
		"s3:ListBucket Reports if StringLikeIfExists s3:prefix [reports/v1/*]",
		"s3:PutObject Reports/digests/*",
		"ses:GetAccount *",
		"ses:SendEmail arn:aws:ses:us-east-1:ACCOUNT:configuration-set/DigestMail if StringEquals ses:FromAddress [SENDER]",
		"ses:SendEmail arn:aws:ses:us-east-1:ACCOUNT:identity/* if StringEquals ses:FromAddress [SENDER]",
		"ses:SendRawEmail arn:aws:ses:us-east-1:ACCOUNT:configuration-set/DigestMail if StringEquals ses:FromAddress [SENDER]",
		"ses:SendRawEmail arn:aws:ses:us-east-1:ACCOUNT:identity/* if StringEquals ses:FromAddress [SENDER]",
		"sqs:GetQueueAttributes MissedDigests",
		"sqs:GetQueueUrl MissedDigests",
		"sqs:SendMessage MissedDigests",
	},
	"Weekly": {
		"lambda:InvokeFunction Digest",
		"lambda:InvokeFunction Digest:*",
		"sqs:SendMessage MissedDigests",
	},
	"Compact": append([]string{
		"glue:CreateTable arn:aws:glue:us-east-1:ACCOUNT:catalog",
		"glue:CreateTable arn:aws:glue:us-east-1:ACCOUNT:database/DATABASE",
		"glue:CreateTable arn:aws:glue:us-east-1:ACCOUNT:table/DATABASE/all_reports",
		"glue:CreateTable arn:aws:glue:us-east-1:ACCOUNT:table/DATABASE/reports_compacted",
		"glue:UpdateTable arn:aws:glue:us-east-1:ACCOUNT:catalog",
		"glue:UpdateTable arn:aws:glue:us-east-1:ACCOUNT:database/DATABASE",
		"glue:UpdateTable arn:aws:glue:us-east-1:ACCOUNT:table/DATABASE/all_reports",
		"glue:UpdateTable arn:aws:glue:us-east-1:ACCOUNT:table/DATABASE/reports_compacted",
		"s3:AbortMultipartUpload Athena/compacted/v1/*",
		"s3:DeleteObject Athena/compacted/v1/*",
		"s3:ListMultipartUploadParts Athena/compacted/v1/*",
		"s3:PutObject Athena/compacted/v1/*",
	}, mayQuery...),
	"Daily": {
		"lambda:InvokeFunction Compact",
		"lambda:InvokeFunction Compact:*",
		"sqs:SendMessage MissedCompactions",
	},
}

// mayQuery is what it takes to query reports.
var mayQuery = []string{
	"athena:GetQueryExecution arn:aws:athena:us-east-1:ACCOUNT:workgroup/Workgroup",
	"athena:GetQueryResults arn:aws:athena:us-east-1:ACCOUNT:workgroup/Workgroup",
	"athena:StartQueryExecution arn:aws:athena:us-east-1:ACCOUNT:workgroup/Workgroup",
	"athena:StopQueryExecution arn:aws:athena:us-east-1:ACCOUNT:workgroup/Workgroup",
	"glue:GetDatabase arn:aws:glue:us-east-1:ACCOUNT:catalog",
	"glue:GetDatabase arn:aws:glue:us-east-1:ACCOUNT:database/DATABASE",
	"glue:GetDatabase arn:aws:glue:us-east-1:ACCOUNT:database/default",
	"glue:GetDatabase arn:aws:glue:us-east-1:ACCOUNT:table/DATABASE/*",
	"glue:GetPartitions arn:aws:glue:us-east-1:ACCOUNT:catalog",
	"glue:GetPartitions arn:aws:glue:us-east-1:ACCOUNT:database/DATABASE",
	"glue:GetPartitions arn:aws:glue:us-east-1:ACCOUNT:table/DATABASE/*",
	"glue:GetTable arn:aws:glue:us-east-1:ACCOUNT:catalog",
	"glue:GetTable arn:aws:glue:us-east-1:ACCOUNT:database/DATABASE",
	"glue:GetTable arn:aws:glue:us-east-1:ACCOUNT:table/DATABASE/*",
	"s3:AbortMultipartUpload Athena/results/*",
	"s3:GetBucketLocation Athena",
	"s3:GetBucketLocation Reports",
	"s3:GetObject Athena/compacted/v1/*",
	"s3:GetObject Athena/results/*",
	"s3:GetObject Reports/reports/v1/*",
	"s3:ListBucket Athena",
	"s3:ListBucketMultipartUploads Athena",
	"s3:ListBucket Reports if StringLikeIfExists s3:prefix [reports/v1/*]",
	"s3:ListMultipartUploadParts Athena/results/*",
	"s3:PutObject Athena/results/*",
}

// mayPublish is what whoever publishes may do.
var mayPublish = []string{
	"dynamodb:GetItem Policies",
	"dynamodb:GetItem PolicyState",
	"dynamodb:PutItem PolicyState",
	"dynamodb:Query PolicyState",
	"dynamodb:Scan Policies",
	"dynamodb:Scan PolicyState",
	"s3:GetObject Edge/p/*",
	"s3:ListBucket Edge if StringLikeIfExists s3:prefix [p/*]",
	"s3:PutObject Edge/p/*",
	"sqs:SendMessage Rotations",
}

// mayAnnounce lists what the function rotate may do in the DNS, by the name of
// the configuration: nothing where no zone is ours, and never another record
// than those of MTA-STS.
var mayAnnounce = map[string][]string{
	"one domain with its zone":    inZones("_mta-sts.*", "Z0EXAMPLE000000000001"),
	"three domains, one by CNAME": append(inZones("_mta-sts.*", "Z0EXAMPLE000000000001"), inZones("*._mta-sts.sts.example.net", "Z0EXAMPLE000000000000")...),
	"mail takes over":             append(inZones("_mta-sts.*", "Z0EXAMPLE000000000001"), inZones("*._mta-sts.sts.example.net", "Z0EXAMPLE000000000000")...),
	"no digest":                   inZones("_mta-sts.*", "Z0EXAMPLE000000000001", "Z0EXAMPLE000000000002"),
}

func inZones(names string, ids ...string) []string {
	rights := []string{"route53:GetChange arn:aws:route53:::change/*"}
	for _, id := range ids {
		rights = append(rights, "route53:ListResourceRecordSets arn:aws:route53:::hostedzone/"+id,
			"route53:ChangeResourceRecordSets arn:aws:route53:::hostedzone/"+id+
				" if ForAllValues:StringEquals route53:ChangeResourceRecordSetsActions [UPSERT DELETE]"+
				" if ForAllValues:StringEquals route53:ChangeResourceRecordSetsRecordTypes [TXT]"+
				" if ForAllValues:StringLike route53:ChangeResourceRecordSetsNormalizedRecordNames ["+names+"]")
	}
	return rights
}

func TestRights(t *testing.T) {
	eachStack(t, func(t *testing.T, config Config, stack template) {
		for id, role := range stack.all("AWS::IAM::Role") {
			if role.at("ManagedPolicyArns") != nil {
				t.Errorf("%s has the rights of %v, which others write", id, role.at("ManagedPolicyArns"))
			}
		}
		for name, want := range mayDo {
			if !config.has(name) {
				continue
			}
			_, policy := stack.like(t, "AWS::IAM::Policy", name+"RoleDefaultPolicy")
			got := rightsIn(t, stack, policy)
			for i := range got {
				got[i] = strings.Replace(got[i], "["+config.Digest.Sender+"]", "[SENDER]", 1)
				got[i] = strings.Replace(got[i], "/"+databaseName(config.StackName), "/DATABASE", 1)
			}
			slices.Sort(got)
			if name == "Rotate" {
				want = append(slices.Clone(want), mayAnnounce[strings.ReplaceAll(path.Base(t.Name()), "_", " ")]...)
			}
			if name == "Digest" && config.Digest.Engine == engineAthena {
				want = append(slices.Clone(want), mayQuery...)
			}
			want = slices.Clone(want)
			slices.Sort(want)
			if want = slices.Compact(want); !slices.Equal(got, want) {
				t.Errorf("%s may\n%s\nwant\n%s", name, strings.Join(got, "\n"), strings.Join(want, "\n"))
			}
		}
		known := 0
		for name := range mayDo {
			if config.has(name) {
				known++
			}
		}
		if policies := stack.all("AWS::IAM::Policy"); len(policies) != known {
			t.Errorf("%d policies give rights, and %d are known", len(policies), known)
		}
	})
}

// has says whether the stack has a role.
func (c Config) has(role string) bool {
	switch role {
	case "Digest", "Weekly":
		return c.Digest.Enabled
	case "Compact", "Daily":
		return c.compacts()
	case "MailIntake":
		return c.Reports.Mail.comes()
	case "ReceiptRulesActivator":
		return c.Reports.Mail.activates()
	default:
		return true
	}
}

type statement struct {
	Effect           string
	Action, Resource any
	Condition        map[string]map[string]any
}

func rightsIn(t *testing.T, stack template, policy resource) []string {
	t.Helper()
	text, err := json.Marshal(policy.at("PolicyDocument.Statement"))
	if err != nil {
		t.Fatal(err)
	}
	var statements []statement
	if err := json.Unmarshal(text, &statements); err != nil {
		t.Fatal(err)
	}
	var rights []string
	for _, s := range statements {
		var conditions []string
		for operator, keys := range s.Condition {
			for key, values := range keys {
				conditions = append(conditions, fmt.Sprint(" if ", operator, " ", key, " ", many(values)))
			}
		}
		slices.Sort(conditions)
		condition := strings.Join(conditions, "")
		for _, action := range many(s.Action) {
			for _, resource := range many(s.Resource) {
				if !strings.HasPrefix(action.(string), "logs:") {
					rights = append(rights, fmt.Sprint(action, " ", readable(stack, resource), condition))
				}
			}
		}
	}
	slices.Sort(rights)
	return rights
}

func many(value any) []any {
	if list, is := value.([]any); is {
		return list
	}
	return []any{value}
}

// readable writes a value of a template with the constructs' own ids in place
// of references.
func readable(stack template, value any) string {
	switch v := value.(type) {
	case string:
		return v
	case map[string]any:
		if join, is := v["Fn::Join"].([]any); is {
			var parts []string
			for _, part := range join[1].([]any) {
				parts = append(parts, readable(stack, part))
			}
			return strings.Join(parts, join[0].(string))
		}
		if attribute, is := v["Fn::GetAtt"].([]any); is {
			return withoutHash(attribute[0].(string))
		}
		switch id := reference(value); id {
		case "AWS::Partition":
			return "aws"
		case "AWS::AccountId":
			return "ACCOUNT"
		default:
			return withoutHash(id)
		}
	}
	return fmt.Sprint(value)
}

// withoutHash takes the eight digits from the end of a logical id.
func withoutHash(id string) string {
	const digits = 8
	if cut := len(id) - digits; cut > 0 && strings.Trim(id[cut:], "0123456789ABCDEF") == "" {
		return id[:cut]
	}
	return id
}

// TestBucketsRefusePlainHTTP, whoever asks.
func TestBucketsRefusePlainHTTP(t *testing.T) {
	eachStack(t, func(t *testing.T, _ Config, stack template) {
		for bucket := range stack.all("AWS::S3::Bucket") {
			_, policy := stack.like(t, "AWS::S3::BucketPolicy", withoutHash(bucket)+"Policy")
			text, err := json.Marshal(policy.at("PolicyDocument"))
			if err != nil {
				t.Fatal(err)
			}
			for _, want := range []string{`"aws:SecureTransport":"false"`, `"Effect":"Deny"`, `"s3:TlsVersion":1.2`} {
				if !strings.Contains(string(text), want) {
					t.Errorf("the policy of %s has no %s", bucket, want)
				}
			}
		}
	})
}

// TestOnlyTheAPICallsIntake, and that on the two routes it has.
func TestOnlyTheAPICallsIntake(t *testing.T) {
	eachStack(t, func(t *testing.T, _ Config, stack template) {
		api, _ := stack.like(t, "AWS::ApiGatewayV2::Api", "")
		var routes []string
		for _, route := range stack.all("AWS::ApiGatewayV2::Route") {
			routes = append(routes, route.at("RouteKey").(string))
		}
		slices.Sort(routes)
		if want := []string{"POST /v1/reports", "PUT /v1/reports"}; !slices.Equal(routes, want) {
			t.Errorf("routes %q, want %q", routes, want)
		}
		for id, permission := range stack.all("AWS::Lambda::Permission") {
			from := readable(stack, permission.at("SourceArn"))
			want := "arn:aws:execute-api:us-east-1:ACCOUNT:" + withoutHash(api) + "/*/*/v1/reports"
			if permission.at("Principal") == "apigateway.amazonaws.com" && from != want {
				t.Errorf("%s lets %s call, want %s", id, from, want)
			}
		}
	})
}

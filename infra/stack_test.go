package main

import (
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"testing"

	"sealpost/internal/publication"
	"sealpost/internal/reportintake"
)

// TestConfigured holds each stack to what its configuration says.
func TestConfigured(t *testing.T) {
	eachStack(t, func(t *testing.T, config Config, stack template) {
		_, api := stack.like(t, "AWS::ApiGatewayV2::Api", "ReportApi")
		if got := api.at("DisableExecuteApiEndpoint"); got != (config.Reports.Domain != "") {
			t.Errorf("the API's own address is disabled: %v; it must be just where it has a name of ours", got)
		}
		_, stage := stack.like(t, "AWS::ApiGatewayV2::Stage", "")
		for path, want := range map[string]int{
			"DefaultRouteSettings.ThrottlingRateLimit":  config.Reports.RatePerSecond,
			"DefaultRouteSettings.ThrottlingBurstLimit": config.Reports.Burst,
		} {
			if got := stage.at(path); got != float64(want) {
				t.Errorf("%s is %v, want %d", path, got, want)
			}
		}
		_, reports := stack.like(t, "AWS::S3::Bucket", "Reports")
		if got := reports.at("LifecycleConfiguration.Rules.0.ExpirationInDays"); got != float64(config.RetentionDays.Reports) {
			t.Errorf("reports are kept for %v days, want %d", got, config.RetentionDays.Reports)
		}
		_, address := stack.like(t, "AWS::SNS::Subscription", "Alarms")
		if got := address.at("Endpoint"); got != config.AlarmsAddress {
			t.Errorf("alarms go to %v, want %s", got, config.AlarmsAddress)
		}
		_, function := stack.like(t, "AWS::Lambda::Function", "ReportIntake")
		if got, want := function.at("Environment.Variables.SEALPOST_ACCEPT"), map[bool]string{false: "hosted", true: "any"}[config.Reports.AcceptAny]; got != want {
			t.Errorf("intake accepts %v, want %s", got, want)
		}
	})
}

func TestDigestIsConfigured(t *testing.T) {
	kinds := map[string]string{
		"AWS::Scheduler::Schedule": "Weekly", "AWS::SES::ConfigurationSet": "", "AWS::SES::EmailIdentity": "Identity", "AWS::SQS::Queue": "MissedDigests",
	}
	eachStack(t, func(t *testing.T, config Config, stack template) {
		if !config.Digest.Enabled {
			for kind, prefix := range kinds {
				for id := range stack.all(kind) {
					if strings.HasPrefix(id, prefix) {
						t.Errorf("without a digest there is no use for %s", id)
					}
				}
			}
			return
		}
		_, schedule := stack.like(t, "AWS::Scheduler::Schedule", "Weekly")
		want := "cron(0,45 " + strconv.Itoa(config.Digest.Hour) + " ? * " + config.Digest.Weekday + " *)"
		if got := schedule.at("ScheduleExpression"); got != want {
			t.Errorf("the digest is made at %v, want %s", got, want)
		}
		if got := schedule.at("ScheduleExpressionTimezone"); got != config.Digest.TimeZone {
			t.Errorf("the clock is that of %v, want %s", got, config.Digest.TimeZone)
		}
		queue, _ := stack.like(t, "AWS::SQS::Queue", "MissedDigests")
		_, invoke := stack.like(t, "AWS::Lambda::EventInvokeConfig", "Digest")
		for from, r := range map[string]any{
			"schedule": schedule.at("Target.DeadLetterConfig.Arn"),
			"function": invoke.at("DestinationConfig.OnFailure.Destination"),
		} {
			if !refersTo(r, queue) {
				t.Errorf("what the %s cannot do goes to %v, want the queue %s", from, r, queue)
			}
		}
		_, function := stack.like(t, "AWS::Lambda::Function", "Digest")
		if got := function.at("Environment.Variables.SEALPOST_UNSUBSCRIBE"); got != config.AlarmsAddress {
			t.Errorf("%v takes recipients off the list, want %s", got, config.AlarmsAddress)
		}
		policy, _ := stack.like(t, "AWS::SNS::TopicPolicy", "Alarms")
		if _, bounces := stack.like(t, "AWS::SES::ConfigurationSetEventDestination", ""); !slices.Contains(bounces.DependsOn, policy) {
			t.Errorf("SES may not tell of bounces yet when it tries to: that waits for %q", bounces.DependsOn)
		}
		if identities := stack.all("AWS::SES::EmailIdentity"); len(identities) == 0 && !config.Digest.SenderVerified {
			t.Error("nobody verifies the sender's domain, so its mails have no DKIM signature")
		}
	})
}

// ofSDK is more than a function takes when it is idle, in bytes.
const ofSDK = 64 << 20

// TestFunctions holds each function to a role of its own, logs that end, and
// a bounded time.
func TestFunctions(t *testing.T) {
	eachStack(t, func(t *testing.T, config Config, stack template) {
		roles := make(map[string]string)
		for id, function := range stack.all("AWS::Lambda::Function") {
			role, err := json.Marshal(function.at("Role"))
			if err != nil {
				t.Fatal(err)
			}
			if other, shared := roles[string(role)]; shared {
				t.Errorf("%s and %s share a role", id, other)
			}
			roles[string(role)] = id
			logs := stack.Resources[reference(function.at("LoggingConfig.LogGroup"))]
			if got := logs.at("RetentionInDays"); got != float64(config.RetentionDays.Logs) {
				t.Errorf("the logs of %s are kept for %v days, want %d", id, got, config.RetentionDays.Logs)
			}
			if function.at("Timeout") == nil || function.at("MemorySize") == nil {
				t.Errorf("%s has no bounds", id)
			}
			takesReports := strings.HasPrefix(id, "ReportIntake") || strings.HasPrefix(id, "MailIntake")
			if memory := int64(function.at("MemorySize").(float64)) << 20; takesReports && memory/8*7 < reportintake.MemoryLimit+ofSDK {
				t.Errorf("%s has %d MiB, too few for the budget of reports", id, memory>>20)
			}
		}
		want := append(config.functions(), "publish for all")
		if config.Reports.Mail.comes() {
			want = append(want, "reportintake for mails")
		}
		if len(roles) != len(want) {
			t.Errorf("there are %d functions, want %q", len(roles), want)
		}
		_, policy := stack.like(t, "AWS::Lambda::Function", "Policy")
		_, distribution := stack.like(t, "AWS::CloudFront::Distribution", "")
		patience := distribution.at("DistributionConfig.Origins.0.CustomOriginConfig.OriginReadTimeout").(float64)
		if policy.at("Timeout").(float64) >= patience || patience > 5 {
			t.Errorf("the policy function may take %v s, the edge waits %v s", policy.at("Timeout"), patience)
		}
	})
}

// TestDataIsKept: nothing that holds data goes with the stack.
func TestDataIsKept(t *testing.T) {
	eachStack(t, func(t *testing.T, config Config, stack template) {
		for _, kind := range []string{"AWS::DynamoDB::GlobalTable", "AWS::S3::Bucket", "AWS::SQS::Queue", "AWS::Logs::LogGroup"} {
			for id, r := range stack.all(kind) {
				if r.DeletionPolicy != "Retain" || r.UpdateReplacePolicy != "Retain" {
					t.Errorf("%s is not retained", id)
				}
			}
		}
		for id, table := range stack.all("AWS::DynamoDB::GlobalTable") {
			streams := table.at("StreamSpecification.StreamViewType")
			if edited := strings.HasPrefix(id, "Policies"); edited && streams != "NEW_AND_OLD_IMAGES" || !edited && streams != nil {
				t.Errorf("%s streams %v: only what people edit does", id, streams)
			}
		}
		_, reports := stack.like(t, "AWS::S3::Bucket", "Reports")
		if reports.at("VersioningConfiguration.Status") != "Enabled" {
			t.Error("the bucket of reports keeps no versions")
		}
		for i, want := range []struct {
			prefix string
			days   float64
		}{
			{"quarantine/v1/trust=none/", float64(config.RetentionDays.Quarantine)},
			{"quarantine/v1/trust=none/reason=not-hosted/", 7},
			{"quarantine/v1/trust=dkim/reason=not-hosted/", 7},
		} {
			rule := fmt.Sprintf("LifecycleConfiguration.Rules.%d.", i+1)
			if prefix, days := reports.at(rule+"Prefix"), reports.at(rule+"ExpirationInDays"); prefix != want.prefix || days != want.days {
				t.Errorf("%v expires after %v days; want %+v", prefix, days, want)
			}
		}
	})
}

// TestSynthesisIsRepeatable: the same configuration and functions give the
// same template, and a change in one function changes that one only.
func TestSynthesisIsRepeatable(t *testing.T) {
	config := mustParse(t, matrix["one domain with its zone"])
	before := synthesize(t, config, stubs(t, config))
	if again := synthesize(t, config, stubs(t, config)); again.text != before.text {
		t.Error("two templates differ")
	}
	folder := stubs(t, config)
	writeStub(t, folder, policyFunction, "changed")
	after := synthesize(t, config, folder)
	var changed []string
	for id, r := range after.Resources {
		if !reflect.DeepEqual(r, before.Resources[id]) {
			changed = append(changed, id)
		}
	}
	if len(changed) != 1 || after.Resources[changed[0]].Type != "AWS::Lambda::Function" || !strings.HasPrefix(changed[0], "Policy") {
		t.Errorf("a change of the policy function changed %q", changed)
	}
}

// TestOneStack: the template leans on no other, and stays far from the limits
// of CloudFormation.
func TestOneStack(t *testing.T) {
	eachStack(t, func(t *testing.T, _ Config, stack template) {
		for id, r := range stack.Resources {
			// Our own function is watched like the others; those that the CDK makes are not.
			isOurs := r.Type == "Custom::ActiveReceiptRuleSet" || r.Type == "Custom::ReceiptRuleSetBefore"
			if custom := strings.HasPrefix(r.Type, "Custom::") || r.Type == "AWS::CloudFormation::CustomResource"; custom && !isOurs {
				t.Errorf("%s is a %s, which needs a function that nobody watches", id, r.Type)
			}
		}
		if strings.Contains(stack.text, "Fn::ImportValue") {
			t.Error("the template imports values")
		}
		if len(stack.Resources) >= 400 || len(stack.text) >= 500_000 {
			t.Errorf("the template has %d resources and %d bytes", len(stack.Resources), len(stack.text))
		}
	})
}

// TestFullStack: the most domains that a configuration may list fit.
func TestFullStack(t *testing.T) {
	config := mustParse(t, matrix["one domain with its zone"])
	domain := config.Domains[0]
	config.Domains = nil
	for i := range maxAliases {
		name := "d" + strconv.Itoa(i) + ".example.com"
		config.Domains = append(config.Domains, Domain{Name: name, Zone: domain.Zone, DNS: publication.DNSRoute53, TLSReports: true})
	}
	if problems := config.check(); len(problems) > 0 {
		t.Fatal(problems)
	}
	stack := synthesize(t, config, stubs(t, config))
	if len(stack.Resources) > 500 || len(stack.text) > 1_000_000 || len(stack.Outputs) > 200 {
		t.Errorf("%d resources, %d bytes, %d outputs: CloudFormation takes 500, 1,000,000, 200", len(stack.Resources), len(stack.text), len(stack.Outputs))
	}
}

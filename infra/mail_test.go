package main

import (
	"reflect"
	"slices"
	"strconv"
	"strings"
	"testing"

	"sealpost/internal/aws/settings"
	"sealpost/internal/tlsrpt"
)

// mailStacks are the configurations by which mail comes: the set that our rule
// is in, and whether ours takes over; nil if nothing is activated.
var mailStacks = map[string]struct {
	set, takesOver any
}{
	"three domains, one by CNAME": {"Sealpost", "false"},
	"no zone of ours":             {"inbound", nil},
	"mail takes over":             {"Sealpost", "true"},
}

func TestMail(t *testing.T) {
	comes := 0
	eachStack(t, func(t *testing.T, config Config, stack template) {
		want, is := mailStacks[nameIn(t, mailStacks)]
		if is != config.Reports.Mail.comes() {
			t.Fatalf("mail comes: %v, want %v", !is, is)
		}
		if !is {
			for _, kind := range []string{"AWS::SES::ReceiptRule", "AWS::SES::ReceiptRuleSet", "Custom::ActiveReceiptRuleSet"} {
				if found := stack.all(kind); len(found) > 0 {
					t.Errorf("without mail there is no use for %v", found)
				}
			}
			return
		}
		comes++
		ruleID, rule := stack.like(t, "AWS::SES::ReceiptRule", "ReceiptRule")
		inbox, _ := stack.like(t, "AWS::S3::Bucket", "Inbox")
		topic, _ := stack.like(t, "AWS::SNS::Topic", "MailReceived")
		if got := rule.at("Rule.Recipients"); !reflect.DeepEqual(got, []any{config.Reports.Mail.Domain}) {
			t.Errorf("the rule is for %v, want the domain %s", got, config.Reports.Mail.Domain)
		}
		if got := rule.at("RuleSetName"); got != want.set {
			t.Errorf("the rule is in the set %v, want %v", got, want.set)
		}
		if !refersTo(rule.at("Rule.Actions.0.S3Action.BucketName"), inbox) || !refersTo(rule.at("Rule.Actions.0.S3Action.TopicArn"), topic) {
			t.Errorf("the rule does %v", rule.at("Rule.Actions"))
		}
		checkSES(t, stack, rule)
		checkOrder(t, stack, ruleID, rule)
		checkActivation(t, stack, ruleID, want.takesOver)
		checkPatience(t, stack)
		identityOf(t, stack, config.Reports.Mail.Domain)
	})
	if comes != len(mailStacks) {
		t.Errorf("mail comes in %d stacks, want %d", comes, len(mailStacks))
	}
}

// identityOf gives the id of what proves a domain; there is one.
func identityOf(t *testing.T, stack template, domain string) (found string) {
	t.Helper()
	for id, identity := range stack.all("AWS::SES::EmailIdentity") {
		if identity.at("EmailIdentity") != domain {
			continue
		}
		if found != "" {
			t.Errorf("%s and %s both prove %s", found, id, domain)
		}
		found = id
	}
	if found == "" {
		t.Errorf("nothing proves %s", domain)
	}
	return found
}

// TestIdentitiesStay: CloudFormation makes what is new before it deletes what is
// old, and Amazon SES has one identity a domain. So it has the same id, whether it
// is for reports, for the sender of digests, or for both.
func TestIdentitiesStay(t *testing.T) {
	const domain = "rpt.example.com"
	both := matrix["mail takes over"]
	var before string
	for _, text := range []string{
		both,
		strings.Replace(both, "digest@"+domain, "digest@example.com", 1),
		strings.Replace(both, `"takeOver": true`, `"takeOver": true, "enabled": false`, 1),
	} {
		config := mustParse(t, text)
		id := identityOf(t, synthesize(t, config, stubs(t, config)), domain)
		if before != "" && id != before {
			t.Errorf("%s becomes %s", before, id)
		}
		before = id
	}
}

// nameIn gives the name by which a table has the stack of a subtest.
func nameIn[T any](t *testing.T, table map[string]T) string {
	for name := range table {
		if strings.HasSuffix(t.Name(), "/"+strings.ReplaceAll(name, " ", "_")) {
			return name
		}
	}
	return ""
}

// checkSES: SES may write mails and tell of them for this rule of this account,
// and nothing else.
func checkSES(t *testing.T, stack template, rule resource) {
	t.Helper()
	_, bucket := stack.like(t, "AWS::S3::BucketPolicy", "Inbox")
	_, topic := stack.like(t, "AWS::SNS::TopicPolicy", "MailReceived")
	source := "arn:aws:ses:us-east-1:ACCOUNT:receipt-rule-set/" + rule.at("RuleSetName").(string) + ":receipt-rule/" + rule.at("Rule.Name").(string)
	for action, policy := range map[string]resource{"s3:PutObject Inbox/inbox/mail/*": bucket, "sns:Publish MailReceived": topic} {
		var allowed []string
		for _, s := range policy.at("PolicyDocument.Statement").([]any) {
			statement := resource{Properties: s.(map[string]any)}
			if statement.at("Effect") != "Allow" {
				continue
			}
			allowed = append(allowed, statement.at("Action").(string)+" "+readable(stack, statement.at("Resource")))
			conditions := statement.at("Condition.StringEquals").(map[string]any)
			if account := readable(stack, conditions["aws:SourceAccount"]); account != "ACCOUNT" || statement.at("Principal.Service") != "ses.amazonaws.com" {
				t.Errorf("%s: %v of the account %s", action, statement.at("Principal"), account)
			}
			if got := readable(stack, conditions["aws:SourceArn"]); got != source {
				t.Errorf("%s: for %s, want %s", action, got, source)
			}
		}
		if !slices.Equal(allowed, []string{action}) {
			t.Errorf("allowed is %q, want %s", allowed, action)
		}
	}
}

// checkOrder: nothing that comes is lost while the stack is made. SES tries the
// bucket and topic when it gets the rule, so their policies come before.
func checkOrder(t *testing.T, stack template, ruleID string, rule resource) {
	t.Helper()
	for kind, prefix := range map[string]string{
		"AWS::S3::BucketPolicy": "Inbox", "AWS::SNS::TopicPolicy": "MailReceived", "AWS::SNS::Subscription": "Mails", "AWS::SQS::QueuePolicy": "MailsPolicy",
	} {
		if id, _ := stack.like(t, kind, prefix); !slices.Contains(rule.DependsOn, id) {
			t.Errorf("the rule does not wait for %s: %q", id, rule.DependsOn)
		}
	}
	ready := ruleID
	for id := range stack.all("Custom::ActiveReceiptRuleSet") {
		ready = id
	}
	for id, record := range stack.all("AWS::Route53::RecordSet") {
		if record.at("Type") == "MX" && !slices.Contains(record.DependsOn, ready) {
			t.Errorf("%s does not wait for %s", id, ready)
		}
	}
}

// checkPatience: a mail whose DNS never answers is out of the queue before an alarm
// of it begins, since anybody can send one.
func checkPatience(t *testing.T, stack template) {
	t.Helper()
	_, queue := stack.like(t, "AWS::SQS::Queue", "Mails")
	_, behind := stack.like(t, "AWS::CloudWatch::Alarm", "MailsBehind")
	pause, tries := queue.at("VisibilityTimeout").(float64), queue.at("RedrivePolicy.maxReceiveCount").(float64)
	last := 0.0 // When the try is that ends the waiting.
	for last <= settings.MailPatience.Seconds() {
		last += pause
	}
	if waits := behind.at("Threshold").(float64); last >= waits || last/pause >= tries {
		t.Errorf("a mail whose DNS does not answer leaves the queue after %v s, in try %v of %v; the alarm is at %v s", last, last/pause+1, tries, waits)
	}
}

// checkActivation: our own set becomes active once the rule is in it, by a
// function of ours. In a set of somebody else nothing is activated.
func checkActivation(t *testing.T, stack template, ruleID string, takesOver any) {
	t.Helper()
	if takesOver == nil {
		for _, kind := range []string{"AWS::SES::ReceiptRuleSet", "Custom::ActiveReceiptRuleSet", "Custom::ReceiptRuleSetBefore"} {
			if found := stack.all(kind); len(found) > 0 {
				t.Errorf("the rule goes into somebody else's set, and there is %v", found)
			}
		}
		return
	}
	set, own := stack.like(t, "AWS::SES::ReceiptRuleSet", "ReceiptRules")
	_, activation := stack.like(t, "Custom::ActiveReceiptRuleSet", "")
	before, remembered := stack.like(t, "Custom::ReceiptRuleSetBefore", "")
	function, made := stack.like(t, "AWS::Lambda::Function", "ReceiptRulesActivator")
	invokeID, invoke := stack.like(t, "AWS::Lambda::EventInvokeConfig", "ReceiptRulesActivator")
	if rule := stack.Resources[ruleID]; !slices.Contains(rule.DependsOn, set) || rule.at("RuleSetName") != own.at("RuleSetName") {
		t.Errorf("the rule does not wait for its set: %q", rule.DependsOn)
	}
	if !slices.Contains(activation.DependsOn, ruleID) {
		t.Errorf("a set without its rule becomes active: that waits for %q", activation.DependsOn)
	}
	if token := activation.at("ServiceToken.Fn::GetAtt").([]any); token[0] != function {
		t.Errorf("it is activated by %v", token)
	}
	if activation.at("RuleSet") != own.at("RuleSetName") || activation.at("TakeOver") != takesOver {
		t.Errorf("what is activated: %v", activation.Properties)
	}
	// What is given back is known to CloudFormation before anything is changed.
	if reference(activation.at("Before")) != before || !slices.Contains(remembered.DependsOn, invokeID) || remembered.at("RuleSet") != own.at("RuleSetName") || remembered.at("Before") != nil {
		t.Errorf("what is given back: %v, %v", activation.at("Before"), remembered.Properties)
	}
	lasts := invoke.at("MaximumEventAgeInSeconds").(float64) + made.at("Timeout").(float64)
	if timeout, err := strconv.ParseFloat(activation.at("ServiceTimeout").(string), 64); err != nil || lasts > timeout {
		t.Errorf("CloudFormation takes back after %v s what may still be made after %v s", timeout, lasts)
	}
}

// TestQueuesOutlastFunctions: nobody else gets a message while a function may
// still be at work on it, and what fails often is kept.
func TestQueuesOutlastFunctions(t *testing.T) {
	eachStack(t, func(t *testing.T, _ Config, stack template) {
		for id, mapping := range stack.all("AWS::Lambda::EventSourceMapping") {
			source, is := mapping.at("EventSourceArn.Fn::GetAtt").([]any)
			if !is || stack.Resources[source[0].(string)].Type != "AWS::SQS::Queue" {
				continue
			}
			queue := stack.Resources[source[0].(string)]
			function := stack.Resources[reference(mapping.at("FunctionName"))]
			hidden, takes := queue.at("VisibilityTimeout").(float64), function.at("Timeout").(float64)
			if hidden < 6*takes {
				t.Errorf("%s: messages are hidden for %v s, and the function may take %v s", id, hidden, takes)
			}
			if queue.at("RedrivePolicy.deadLetterTargetArn") == nil {
				t.Errorf("%s: the queue keeps nothing that fails", id)
			}
		}
	})
}

// TestReportAddressesAreInOrder: mail first, unless that is configured otherwise;
// and the record is one that reporters can read (RFC 8460, section 3).
func TestReportAddressesAreInOrder(t *testing.T) {
	const url, address = "https://reports.example.org/v1/reports", "reports@tlsrpt.example.org"
	for _, test := range []struct {
		name    string
		reports Reports
		mail    mailIntake
		want    []string
	}{
		{"no mail", Reports{HTTPSFirst: true}, mailIntake{}, []string{url}},
		{"mail", Reports{}, mailIntake{address: address}, []string{"mailto:" + address, url}},
		{"mail second", Reports{HTTPSFirst: true}, mailIntake{address: address}, []string{url, "mailto:" + address}},
	} {
		t.Run(test.name, func(t *testing.T) {
			got := ruas(Config{Reports: test.reports}, url, test.mail)
			record, err := tlsrpt.ParseRecord(reportRecord(got))
			if err != nil || !slices.Equal(record.RUAs, test.want) {
				t.Errorf("the record %q is read as %q, %v; want %q", reportRecord(got), record.RUAs, err, test.want)
			}
		})
	}
}

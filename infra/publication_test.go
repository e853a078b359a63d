package main

import (
	"maps"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"sealpost/internal/aws/settings"
)

// TestNothingOlderComesLater: when an id moves, nobody is left who could write
// an older body or an older id, and the edge has forgotten what it had.
func TestNothingOlderComesLater(t *testing.T) {
	eachStack(t, func(t *testing.T, _ Config, stack template) {
		_, cache := stack.like(t, "AWS::CloudFront::CachePolicy", "")
		kept := cache.at("CachePolicyConfig.MaxTTL").(float64)
		for _, name := range []string{"Publish", "Rotate"} {
			_, function := stack.like(t, "AWS::Lambda::Function", name)
			if writes := function.at("Timeout").(float64); writes+kept > settings.Settle.Seconds() {
				t.Errorf("%s writes for %v s, and the edge keeps it for %v s; an id moves after %v", name, writes, kept, settings.Settle)
			}
		}
	})
}

// TestRotationsAreNotLost: nobody gets a message that is being worked on, and
// what fails often is kept where somebody looks.
func TestRotationsAreNotLost(t *testing.T) {
	eachStack(t, func(t *testing.T, _ Config, stack template) {
		id, queue := stack.like(t, "AWS::SQS::Queue", "Rotations")
		failed, _ := stack.like(t, "AWS::SQS::Queue", "FailedRotations")
		_, rotate := stack.like(t, "AWS::Lambda::Function", "Rotate")
		if hidden := queue.at("VisibilityTimeout").(float64); hidden < 6*rotate.at("Timeout").(float64) {
			t.Errorf("a message comes back after %v s while the function may take %v s", hidden, rotate.at("Timeout"))
		}
		if target := queue.at("RedrivePolicy.deadLetterTargetArn"); readable(stack, target) != withoutHash(failed) {
			t.Errorf("what fails goes to %v, want %s", target, failed)
		}
		if receives := queue.at("RedrivePolicy.maxReceiveCount"); receives != 5.0 {
			t.Errorf("a message is tried %v times, want 5", receives)
		}
		_, source := stack.like(t, "AWS::Lambda::EventSourceMapping", "Rotate")
		if got := readable(stack, source.at("EventSourceArn")); got != withoutHash(id) {
			t.Errorf("rotate works off %s, want %s", got, id)
		}
		for _, name := range []string{"Publish", "Walk", "Rotate"} {
			_, function := stack.like(t, "AWS::Lambda::Function", name)
			if got := function.at("Environment.Variables.SEALPOST_ROTATIONS"); !refersTo(got, id) {
				t.Errorf("%s sends to %v, want %s", name, got, id)
			}
		}
	})
}

// TestQueuesRefusePlainHTTP, whoever asks.
func TestQueuesRefusePlainHTTP(t *testing.T) {
	eachStack(t, func(t *testing.T, _ Config, stack template) {
		for queue := range stack.all("AWS::SQS::Queue") {
			_, policy := stack.like(t, "AWS::SQS::QueuePolicy", withoutHash(queue)+"Policy")
			refused := slices.ContainsFunc(policy.at("PolicyDocument.Statement").([]any), func(s any) bool {
				r := resource{Properties: s.(map[string]any)}
				return r.at("Effect") == "Deny" && r.at("Action") == "sqs:*" && r.at("Condition.Bool.aws:SecureTransport") == "false"
			})
			if !refused {
				t.Errorf("the policy of %s lets plain HTTP pass", queue)
			}
		}
	})
}

// TestWalkIsPublish: one program, called for one or for all.
func TestWalkIsPublish(t *testing.T) {
	eachStack(t, func(t *testing.T, _ Config, stack template) {
		_, publish := stack.like(t, "AWS::Lambda::Function", "Publish")
		_, walk := stack.like(t, "AWS::Lambda::Function", "Walk")
		for _, path := range []string{"Code", "Environment"} {
			if got, want := walk.at(path), publish.at(path); !reflect.DeepEqual(got, want) {
				t.Errorf("%s of the walk is %v, want %v", path, got, want)
			}
		}
		if got := walk.at("Timeout"); got != 900.0 {
			t.Errorf("a walk may take %v s, want 900", got)
		}
		_, schedule := stack.like(t, "AWS::Scheduler::Schedule", "Hourly")
		missed, _ := stack.like(t, "AWS::SQS::Queue", "MissedWalks")
		if got := schedule.at("Target.DeadLetterConfig.Arn"); !refersTo(got, missed) {
			t.Errorf("walks that were not called go to %v, want %s", got, missed)
		}
	})
}

// TestZonesAreBesideTwoPrograms: and a change of the zones changes these alone.
func TestZonesAreBesideTwoPrograms(t *testing.T) {
	const text = `{"certificateArn": "arn:aws:acm:us-east-1:123456789012:certificate/00000000-0000-0000-0000-000000000000",
		"domains": [{"name": "example.com", "zone": {"id": "Z0EXAMPLE000000000001"}}, {"name": "example.org"}],
		"digest": {"recipients": ["a@example.com"], "sender": "a@example.com"}, "alarmsAddress": "a@example.com"}`
	code := func(text string) map[string]any {
		config := mustParse(t, text)
		stack := synthesize(t, config, stubs(t, config))
		code := make(map[string]any)
		for id, function := range stack.all("AWS::Lambda::Function") {
			code[withoutHash(id)] = function.at("Code.S3Key")
		}
		return code
	}
	changed := func(text string, before map[string]any) []string {
		var names []string
		for name, key := range code(text) {
			if key != before[name] {
				names = append(names, name)
			}
		}
		slices.Sort(names)
		return names
	}
	before := code(text)
	if again := changed(strings.Replace(text, `"alarmsAddress": "a`, `"alarmsAddress": "b`, 1), before); len(again) > 0 {
		t.Errorf("another address for alarms changed %q", again)
	}
	for what, other := range map[string]string{
		"zone":         strings.Replace(text, "Z0EXAMPLE000000000001", "Z0EXAMPLE000000000002", 1),
		"dns":          strings.Replace(text, `"zone"`, `"dns": "manual", "zone"`, 1),
		"service zone": strings.Replace(text, `"domains"`, `"serviceZone": {"id": "Z0", "name": "sts.example.net"}, "reports": {"mail": {"enabled": false}}, "domains"`, 1),
	} {
		if got, want := changed(other, before), []string{"Publish", "Rotate", "Walk"}; !slices.Equal(got, want) {
			t.Errorf("another %s changed %q, want %q", what, got, want)
		}
	}
}

// TestZonesAreThoseOfTheConfiguration, for each domain with what holds for it.
func TestZonesAreThoseOfTheConfiguration(t *testing.T) {
	config := mustParse(t, matrix["three domains, one by CNAME"])
	for _, name := range []string{"publish", "rotate"} {
		text, err := os.ReadFile(filepath.Join(stubs(t, config), name, "zones.json"))
		if err != nil {
			t.Fatal(err)
		}
		want := `{"service":{"id":"Z0EXAMPLE000000000000","name":"sts.example.net"},"domains":{` +
			`"example.com":{"zone":{"id":"Z0EXAMPLE000000000001","name":"example.com"},"dns":"route53"},` +
			`"example.org":{"dns":"cname"},` +
			`"mail.example.com":{"zone":{"id":"Z0EXAMPLE000000000001","name":"example.com"},"dns":"manual"}}}`
		if string(text) != want {
			t.Errorf("%s has\n%s\nwant\n%s", name, text, want)
		}
	}
}

// TestLinesThatAreLookedFor: alarms count lines that functions write.
func TestLinesThatAreLookedFor(t *testing.T) {
	want := map[string]string{
		"Publish RefusedEdits": `{ $.state = "REFUSED" }`,
		"Publish HeldBack":     `{ $.brake IS TRUE }`,
		"Walk HeldBack":        `{ $.brake IS TRUE }`,
		"Walk StuckWalks":      `{ $.msg = "walk" && $.stuck > 0 }`,
		"Walk Walks":           `{ $.msg = "walk" && $.done IS TRUE }`,
		"Walk RefusedEdits":    `{ $.state = "REFUSED" }`,
		"Rotate RefusedEdits":  `{ $.state = "REFUSED" }`,
		// What the API turned away before the function heard of it.
		"ReportApi TurnedAwayReports": `{ $.status = "429" }`,
	}
	eachStack(t, func(t *testing.T, config Config, stack template) {
		want := maps.Clone(want)
		if config.Reports.Mail.comes() {
			want["MailIntake InfectedMails"] = `{ $.msg = "mail left unread" && $.virus = "FAIL" }`
		}
		if config.Digest.Enabled {
			want["Digest DigestsInDoubt"] = `{ $.in_doubt IS TRUE }`
			want["Digest DueDigests"] = `{ $.due_run IS TRUE }`
		}
		got := make(map[string]string)
		for _, filter := range stack.all("AWS::Logs::MetricFilter") {
			function := strings.TrimSuffix(withoutHash(reference(filter.at("LogGroupName"))), "Logs")
			got[function+" "+filter.at("MetricTransformations.0.MetricName").(string)] = filter.at("FilterPattern").(string)
		}
		if !reflect.DeepEqual(got, want) {
			t.Errorf("got\n%q\nwant\n%q", got, want)
		}
	})
}

// TestReportRecords: where it is asked for, one record asks for reports, in the
// zone that is ours.
func TestReportRecords(t *testing.T) {
	want := map[string][]string{
		"one domain with its zone":    nil,
		"no zone of ours":             nil,
		"three domains, one by CNAME": {"example.org._smtp._tls.sts.example.net. in Z0EXAMPLE000000000000: \"v=TLSRPTv1; rua=mailto:reports@tlsrpt.sts.example.net,https://reports.sts.example.net/v1/reports\""},
		"no digest":                   {"_smtp._tls.example.com. in Z0EXAMPLE000000000001: \"v=TLSRPTv1; rua=ReportApi.ApiEndpoint/v1/reports\""},
	}
	for name := range matrix {
		t.Run(name, func(t *testing.T) {
			_, stack := matrixStack(t, name)
			var got []string
			for _, r := range stack.all("AWS::Route53::RecordSet") {
				if r.at("Type") == "TXT" {
					got = append(got, r.at("Name").(string)+" in "+r.at("HostedZoneId").(string)+": "+withAttributes(stack, r.at("ResourceRecords.0")))
				}
			}
			if !slices.Equal(got, want[name]) {
				t.Errorf("got %q, want %q", got, want[name])
			}
		})
	}
}

// TestAlarmsOfHours: a walk that ends a minute later than the one before must
// neither raise an alarm nor end one.
func TestAlarmsOfHours(t *testing.T) {
	want := map[string][2]float64{ // Of so many hours, how many must be bad.
		"WalkNotDone":      {3, 3},
		"PublicationStuck": {3, 2},
		"BrakeEngaged":     {2, 1},
	}
	eachStack(t, func(t *testing.T, _ Config, stack template) {
		for name, hours := range want {
			_, alarm := stack.like(t, "AWS::CloudWatch::Alarm", name)
			if got := [2]any{alarm.at("EvaluationPeriods"), alarm.at("DatapointsToAlarm")}; got != [2]any{hours[0], hours[1]} {
				t.Errorf("%s looks at %v, want %v", name, got, hours)
			}
		}
	})
}

package main

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/jsii-runtime-go"
)

// TestMain ends the one process that runs the CDK's own code for all tests.
func TestMain(m *testing.M) {
	code := m.Run()
	closeRuntime()
	os.Exit(code)
}

// matrix are the configurations that every rule is held against.
var matrix = map[string]string{
	"one domain with its zone": `{
		"domains": [{"name": "example.com", "zone": {"id": "Z0EXAMPLE000000000001"}}],
		"digest": {"recipients": ["postmaster@example.com"], "sender": "digest@example.com"},
		"alarmsAddress": "postmaster@example.com"}`,
	"three domains, one by CNAME": `{
		"serviceZone": {"id": "Z0EXAMPLE000000000000", "name": "sts.example.net"},
		"certificateArn": "arn:aws:acm:us-east-1:123456789012:certificate/00000000-0000-0000-0000-000000000000",
		"domains": [
			{"name": "example.com", "zone": {"id": "Z0EXAMPLE000000000001"}},
			{"name": "mail.example.com", "zone": {"id": "Z0EXAMPLE000000000001", "name": "example.com"}, "dns": "manual"},
			{"name": "example.org", "tlsReports": true}],
		"digest": {"recipients": ["a@example.com", "b@example.com"], "sender": "digest@sts.example.net",
			"audiences": [{"name": "org", "recipients": ["postmaster@example.org"], "domains": ["example.org"]}],
			"timeZone": "Europe/Berlin", "weekday": "WED", "hour": 7, "engine": "athena"},
		"alarmsAddress": "postmaster@example.com"}`,
	"no zone of ours": `{
		"certificateArn": "arn:aws:acm:us-east-1:123456789012:certificate/00000000-0000-0000-0000-000000000000",
		"domains": [{"name": "example.org"}],
		"reports": {"domain": "reports.example.org", "acceptAny": true, "ratePerSecond": 5, "burst": 50, "silenceHours": 72, "distrustedSigners": ["evil.example", "worse.example"],
			"mail": {"domain": "tlsrpt.example.org", "ruleSet": "inbound"},
			"certificateArn": "arn:aws:acm:us-east-1:123456789012:certificate/00000000-0000-0000-0000-000000000001"},
		"digest": {"recipients": ["postmaster@example.org"], "sender": "digest@example.org"},
		"alarmsAddress": "postmaster@example.org", "retentionDays": {"reports": 30, "logs": 7},
		"athena": {"scanLimitGB": 2, "compaction": false}}`,
	"mail takes over": `{
		"serviceZone": {"id": "Z0EXAMPLE000000000000", "name": "sts.example.net"},
		"domains": [{"name": "example.com", "zone": {"id": "Z0EXAMPLE000000000001"}}],
		"reports": {"silenceHours": 48, "httpsFirst": true, "mail": {"domain": "rpt.example.com", "takeOver": true}},
		"digest": {"recipients": ["postmaster@example.com"], "sender": "digest@rpt.example.com"},
		"alarmsAddress": "postmaster@example.com"}`,
	"no digest": `{
		"stackName": "Sealpost-Test",
		"domains": [
			{"name": "example.com", "zone": {"id": "Z0EXAMPLE000000000001"}, "tlsReports": true},
			{"name": "exam-ple.com", "zone": {"id": "Z0EXAMPLE000000000002"}}],
		"digest": {"enabled": false}, "athena": {"enabled": false},
		"alarmsAddress": "postmaster@example.com"}`,
}

func mustParse(t *testing.T, text string) Config {
	t.Helper()
	config, err := ParseConfig([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return config
}

func newApp() awscdk.App {
	return awscdk.NewApp(&awscdk.AppProps{AnalyticsReporting: jsii.Bool(false)})
}

// stubs stand for the functions where it does not matter what they do.
func stubs(t *testing.T, config Config) string {
	t.Helper()
	folder := t.TempDir()
	for _, name := range config.functions() {
		if err := os.Mkdir(filepath.Join(folder, name), 0o755); err != nil {
			t.Fatal(err)
		}
		writeStub(t, folder, name, name)
	}
	if err := equip(folder, config); err != nil {
		t.Fatal(err)
	}
	return folder
}

func writeStub(t *testing.T, folder, name, content string) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(folder, name, "bootstrap"), []byte(content), 0o755); err != nil {
		t.Fatal(err)
	}
}

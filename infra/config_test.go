package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"sealpost/internal/publication"
	"sealpost/internal/told"
)

const (
	zone        = `"zone": {"id": "Z0EXAMPLE000000000001"}`
	certificate = `"certificateArn": "arn:aws:acm:us-east-1:123456789012:certificate/00000000-0000-0000-0000-000000000000"`
)

// longName is a domain whose Policy Host has 65 characters.
var longName = strings.Repeat("a", 45) + ".example.com"

// with is the smallest configuration, with more keys.
func with(more ...string) string {
	return `{"domains": [{"name": "example.com", ` + zone + `}], "digest": {"enabled": false}, "alarmsAddress": "a@example.com"` +
		strings.Join(append([]string{""}, more...), ", ") + `}`
}

// withDomains is the smallest configuration, with other domains.
func withDomains(domains string, more ...string) string {
	return strings.Replace(with(more...), `{"name": "example.com", `+zone+`}`, domains, 1)
}

// withDigest is the smallest configuration, with a digest.
func withDigest(keys string) string {
	return strings.Replace(with(), `{"enabled": false}`, keys, 1)
}

const audienceA = `{"name": "a", "recipients": ["b@example.com"], "domains": ["example.com"]}`

// withAudience is the smallest configuration, with a digest that has audiences
// besides.
func withAudience(audiences string) string {
	return withDigest(`{"sender": "d@example.com", "recipients": ["a@example.com"], "audiences": [` + audiences + `]}`)
}

func withDomainsAndDigest(domains, digest string) string {
	return strings.Replace(withDomains(domains, certificate), `{"enabled": false}`, digest, 1)
}

// TestAudiences: each has a name, and recipients for all is one that is not
// needed.
func TestAudiences(t *testing.T) {
	all := told.Audience{Name: "all", Recipients: []string{"a@example.com"}}
	some := told.Audience{Name: "a", Recipients: []string{"b@example.com"}, Domains: []string{"example.com"}}
	for text, want := range map[string][]told.Audience{
		withDigest(`{"sender": "d@example.com", "recipients": ["a@example.com"]}`):  {all},
		withDigest(`{"sender": "d@example.com", "audiences": [` + audienceA + `]}`): {some},
		withAudience(audienceA): {all, some},
	} {
		if got := mustParse(t, text).Digest.audiences(); !reflect.DeepEqual(got, want) {
			t.Errorf("%s: %+v; want %+v", text, got, want)
		}
	}
}

// withMail is the smallest configuration, with reports by mail.
func withMail(keys ...string) string {
	return with(`"reports": {"mail": {` + strings.Join(keys, ", ") + `}}`)
}

func TestConfigDefaults(t *testing.T) {
	config := mustParse(t, withDomains(`{"name": "example.com", `+zone+`}, {"name": "example.org"}`, certificate,
		`"serviceZone": {"id": "Z0", "name": "sts.example.net"}`))
	want := Config{
		StackName:      "Sealpost",
		ServiceZone:    &publication.Zone{ID: "Z0", Name: "sts.example.net"},
		CertificateARN: config.CertificateARN,
		Domains: []Domain{
			{Name: "example.com", Zone: &publication.Zone{ID: "Z0EXAMPLE000000000001", Name: "example.com"}, DNS: publication.DNSRoute53},
			{Name: "example.org", DNS: publication.DNSCNAME},
		},
		Reports:       Reports{Domain: "reports.sts.example.net", RatePerSecond: 20, Burst: 40, Mail: Mail{Enabled: true, Domain: "tlsrpt.sts.example.net"}},
		Digest:        Digest{TimeZone: "UTC", Weekday: "TUE", Hour: 8, Engine: "s3"},
		Athena:        Athena{Enabled: true, ScanLimitGB: 10, Compaction: true},
		AlarmsAddress: "a@example.com",
		RetentionDays: Retention{Reports: 400, Quarantine: 30, Logs: 90},
	}
	if !reflect.DeepEqual(config, want) {
		t.Errorf("got\n%+v\nwant\n%+v", config, want)
	}
	alone := mustParse(t, withDomains(`{"name": "example.org"}`, certificate))
	if alone.Domains[0].DNS != publication.DNSManual || alone.Reports.Domain != "" || alone.Reports.Mail.comes() {
		t.Errorf("without zones of ours: %+v", alone)
	}
	off := mustParse(t, with(`"serviceZone": {"id": "Z0", "name": "sts.example.net"}`, `"reports": {"mail": {"enabled": false, "ruleSet": "kept for later"}}`))
	if off.Reports.Mail.comes() {
		t.Errorf("mail comes all the same: %+v", off.Reports.Mail)
	}
}

// TestWrongConfig: the error begins with the key that is wrong.
func TestWrongConfig(t *testing.T) {
	tests := []struct{ name, config, want string }{
		{"unknown key", with(`"digets": {}`), "sealpost.digets: there is no such key"},
		{"unknown key inside", with(`"reports": {"rate": 1}`), "sealpost.reports.rate: there is no such key"},
		{"unknown key in a list", withDomains(`{"name": "example.com", "zoneId": "Z0", ` + zone + `}`), "sealpost.domains[0].zoneId: there is no such key"},
		{"key in other letters", with(`"stackname": "x"`), "sealpost.stackname: there is no such key"},
		{"number for a string", with(`"stackName": 1`), "sealpost.stackName: write a text in quotation marks, not this number"},
		{"string for a number", with(`"retentionDays": {"logs": "90"}`), "sealpost.retentionDays.logs: write a whole number, not a text"},
		{"fraction", with(`"retentionDays": {"logs": 1.5}`), "sealpost.retentionDays.logs: write a whole number, not this number"},
		{"string for a list", withDigest(`{"recipients": "a@example.com", "sender": "d@example.com"}`), "sealpost.digest.recipients: write a list in [ ], not a text"},
		{"object for a list", withDomains(`"example.com"`), "sealpost.domains[0]: write an object in { }, not a text"},
		{"list", `[]`, "sealpost: write an object in { }, not a list"},
		{"no JSON", `{`, "the configuration is not JSON"},
		{"same key twice", with(`"stackName": "a"`, `"stackName": "b"`), "the configuration is not JSON"},

		{"stack name", with(`"stackName": "my stack"`), "sealpost.stackName: "},
		{"no domain", withDomains(""), "sealpost.domains: list at least one"},
		{"no domain, but a host for reports", withDomains("", `"serviceZone": {"id": "Z0", "name": "example.net"}`), "sealpost.domains: list at least one"},
		{"no name", withDomains(`{` + zone + `}`), "sealpost.domains[0].name: "},
		{"upper case", withDomains(`{"name": "Example.com", ` + zone + `}`), `sealpost.domains[0].name: write "Example.com" as example.com`},
		{"U-label", withDomains(`{"name": "bücher.example", ` + zone + `}`), `sealpost.domains[0].name: write "bücher.example" as xn--bcher-kva.example`},
		{"address", withDomains(`{"name": "192.0.2.1", ` + zone + `}`), "sealpost.domains[0].name: "},
		{"domain twice", withDomains(`{"name": "example.com", ` + zone + `}, {"name": "example.com", ` + zone + `}`), "sealpost.domains[1].name: example.com is domains[0] already"},
		{"zone id", withDomains(`{"name": "example.com", "zone": {"id": "/hostedzone/Z1"}}`), "sealpost.domains[0].zone.id: "},
		{"zone without id", withDomains(`{"name": "example.com", "zone": {}}`), "sealpost.domains[0].zone.id: "},
		{"zone of another", withDomains(`{"name": "example.com", "zone": {"id": "Z0", "name": "ample.com"}}`), "sealpost.domains[0].zone.name: example.com does not lie in ample.com"},
		{"no zone, no certificate", withDomains(`{"name": "example.org"}`), "sealpost.domains[0].zone: without the zone no certificate for mta-sts.example.org can be made"},
		{"unknown dns", withDomains(`{"name": "example.com", "dns": "bind", ` + zone + `}`), `sealpost.domains[0].dns: "bind" is unknown`},
		{"route53 without zone", withDomains(`{"name": "example.org", "dns": "route53"}`, certificate), "sealpost.domains[0].dns: route53 needs the domain's zone"},
		{"cname without service zone", withDomains(`{"name": "example.org", "dns": "cname"}`, certificate), "sealpost.domains[0].dns: cname needs a serviceZone"},
		{"reports by hand", withDomains(`{"name": "example.com", "dns": "manual", "tlsReports": true, ` + zone + `}`), "sealpost.domains[0].tlsReports: with dns manual"},
		{"service zone", with(`"serviceZone": {"id": "Z0"}`), "sealpost.serviceZone.name: "},
		{"certificate elsewhere", with(strings.Replace(certificate, "us-east-1", "eu-west-1", 1)), "sealpost.certificateArn: "},
		{"reports elsewhere", with(`"reports": {"domain": "reports.example.org"}`), "sealpost.reports.domain: reports.example.org lies in none of the zones"},
		{"certificate for no reports", with(`"reports": {` + certificate + `}`), "sealpost.reports.certificateArn: it has no use"},
		{"no rate", with(`"reports": {"ratePerSecond": 0}`), "sealpost.reports.ratePerSecond: "},
		{"burst below rate", with(`"reports": {"ratePerSecond": 50}`), "sealpost.reports.burst: "},
		{"digest for nobody", withDigest(`{"sender": "d@example.com"}`), "sealpost.digest.recipients: list who gets the digest"},
		{"audience for nobody", withAudience(`{"name": "a", "domains": ["example.com"]}`), "sealpost.digest.audiences[0].recipients: list who gets this digest"},
		{"audience of nothing", withAudience(`{"name": "a", "recipients": ["b@example.com"]}`), "sealpost.digest.audiences[0].domains: list its domains"},
		{"audience of another domain", withAudience(`{"name": "a", "recipients": ["b@example.com"], "domains": ["example.org"]}`), "sealpost.digest.audiences[0].domains[0]: example.org is none of the domains"},
		{"domain twice in an audience", withAudience(`{"name": "a", "recipients": ["b@example.com"], "domains": ["example.com", "example.com"]}`), "sealpost.digest.audiences[0].domains[1]: example.com is there already"},
		{"audience without a name", withAudience(`{"recipients": ["b@example.com"], "domains": ["example.com"]}`), "sealpost.digest.audiences[0].name: "},
		{"audience with a name like no other", withAudience(`{"name": "A b", "recipients": ["b@example.com"], "domains": ["example.com"]}`), `sealpost.digest.audiences[0].name: "A b" cannot be the name of an audience`},
		{"audience called all", withAudience(`{"name": "all", "recipients": ["b@example.com"], "domains": ["example.com"]}`), "sealpost.digest.audiences[0].name: all is what digest.recipients are called"},
		{"audience twice", withAudience(audienceA + ", " + audienceA), "sealpost.digest.audiences[1].name: a is digest.audiences[0] already"},
		{"audience with a bad address", withAudience(`{"name": "a", "recipients": ["b"], "domains": ["example.com"]}`), "sealpost.digest.audiences[0].recipients[0]: "},
		{"audience with a key too many", withAudience(strings.Replace(audienceA, "{", `{"recipient": "b@example.com", `, 1)), "sealpost.digest.audiences[0].recipient: there is no such key"},
		{"a domain nobody hears of", withDomainsAndDigest(`{"name": "example.com", `+zone+`}, {"name": "example.org"}`, `{"sender": "d@example.com", "audiences": [`+audienceA+`]}`),
			"sealpost.digest.audiences: nobody hears of example.org, domains[1]"},
		{"digest from nobody", withDigest(`{"recipients": ["a@example.com"]}`), "sealpost.digest.sender: "},
		{"recipient with name", withDigest(`{"sender": "d@example.com", "recipients": ["A <a@example.com>"]}`), "sealpost.digest.recipients[0]: "},
		{"two in one", withDigest(`{"sender": "d@example.com", "recipients": ["a@example.com,b@example.com"]}`), "sealpost.digest.recipients[0]: "},
		{"time zone", withDigest(`{"sender": "d@example.com", "recipients": ["a@example.com"], "timeZone": "Berlin"}`), `sealpost.digest.timeZone: "Berlin" is not a time zone`},
		{"time zone of the machine", withDigest(`{"sender": "d@example.com", "recipients": ["a@example.com"], "timeZone": "Local"}`), "sealpost.digest.timeZone: "},
		{"weekday", withDigest(`{"sender": "d@example.com", "recipients": ["a@example.com"], "weekday": "Tuesday"}`), "sealpost.digest.weekday: "},
		{"hour of the clocks", withDigest(`{"sender": "d@example.com", "recipients": ["a@example.com"], "hour": 2}`), "sealpost.digest.hour: 2: write 4 to 23"},
		{"unknown engine", withDigest(`{"sender": "d@example.com", "recipients": ["a@example.com"], "engine": "Athena"}`), `sealpost.digest.engine: "Athena" is unknown: write s3 or athena`},
		{"engine that is turned off", strings.Replace(withDigest(`{"sender": "d@example.com", "recipients": ["a@example.com"], "engine": "athena"}`), "{", `{"athena": {"enabled": false}, `, 1),
			"sealpost.digest.engine: athena needs athena.enabled"},
		{"no address", strings.Replace(with(), "a@example.com", "", 1), "sealpost.alarmsAddress: "},
		{"nothing to be read", with(`"athena": {"scanLimitGB": 0}`), "sealpost.athena.scanLimitGB: write 1 to 100000"},
		{"reports not kept", with(`"retentionDays": {"reports": 7}`), "sealpost.retentionDays.reports: "},
		{"reports kept for ever", with(`"retentionDays": {"reports": 1000000}`), "sealpost.retentionDays.reports: "},
		{"Policy Host", withDomains(`{"name": "mta-sts.example.com", `+zone+`}`, certificate), "sealpost.domains[0].name: mta-sts.example.com is a Policy Host"},
		{"public suffix", withDomains(`{"name": "co.uk", "zone": {"id": "Z0", "name": "co.uk"}}`), "sealpost.domains[0].name: below co.uk everybody can have a domain"},
		{"too long for a certificate", withDomains(`{"name": "` + longName + `", "zone": {"id": "Z0"}}`), "sealpost.domains[0].name: a certificate's first name has at most 64 characters"},
		{"zone with two names", withDomains(`{"name": "example.com", ` + zone + `}, {"name": "example.org", ` + zone + `}`), "sealpost.domains[1].zone.name: the zone Z0EXAMPLE000000000001 is called example.com above"},
		{"zone with two ids", withDomains(`{"name": "example.com", ` + zone + `}, {"name": "a.example.com", "zone": {"id": "Z0", "name": "example.com"}}`), "sealpost.domains[1].zone.id: the zone example.com has the id Z0EXAMPLE000000000001 above"},
		{"reports at a domain", with(`"reports": {"domain": "example.com"}`), "sealpost.reports.domain: example.com stands for something else: take a host of its own, such as reports.example.com"},
		{"reports at a domain below a zone", withDomains(`{"name": "a.example.com", "zone": {"id": "Z0", "name": "example.com"}}`, `"reports": {"domain": "a.example.com"}`), "sealpost.reports.domain: a.example.com stands for something else"},
		{"reports at a zone", withDomains(`{"name": "a.example.com", "zone": {"id": "Z0", "name": "example.com"}}`, `"reports": {"domain": "example.com"}`), "sealpost.reports.domain: example.com stands for something else"},
		{"reports at a Policy Host", with(`"reports": {"domain": "mta-sts.example.com"}`), "sealpost.reports.domain: mta-sts.example.com stands for something else"},
		{"reports at the edge", with(`"reports": {"domain": "policies.example.net"}`, `"serviceZone": {"id": "Z0", "name": "example.net"}`), "sealpost.reports.domain: policies.example.net stands for something else"},
		{"reports at the service zone", with(`"reports": {"domain": "example.net"}`, `"serviceZone": {"id": "Z0", "name": "example.net"}`), "sealpost.reports.domain: example.net stands for something else"},
		{"reports too long for a certificate", with(`"reports": {"domain": "` + longName + `.example.com"}`), "sealpost.reports.domain: a certificate's name has at most 64 characters"},
		{"a distrusted signer that is no domain", with(`"reports": {"distrustedSigners": ["good.example", "com"]}`), `sealpost.reports.distrustedSigners[1]: "com" is not a domain`},
		{"a distrusted signer in capitals", with(`"reports": {"distrustedSigners": ["Evil.Example"]}`), `sealpost.reports.distrustedSigners[0]: write "Evil.Example" as evil.example`},
		{"a distrusted signer twice", with(`"reports": {"distrustedSigners": ["evil.example", "evil.example"]}`), `sealpost.reports.distrustedSigners[1]: evil.example is listed above already`},
		{"too many distrusted signers", with(`"reports": {"distrustedSigners": [` + manySigners() + `]}`), `sealpost.reports.distrustedSigners: the list of distrusted signers has `},
		{"silence of a year", with(`"reports": {"silenceHours": 8760}`), "sealpost.reports.silenceHours: write 1 to 168"},
		{"mail to a domain", withMail(`"domain": "example.com"`), "sealpost.reports.mail.domain: example.com stands for something else, whose mail would go to Amazon SES from now on: take a domain of its own, such as tlsrpt.example.com"},
		{"mail to a Policy Host", withMail(`"domain": "mta-sts.example.com"`), "sealpost.reports.mail.domain: mta-sts.example.com stands for something else"},
		{"mail to a zone", withDomains(`{"name": "a.example.com", "zone": {"id": "Z0", "name": "example.com"}}`, `"reports": {"mail": {"domain": "example.com"}}`), "sealpost.reports.mail.domain: example.com stands for something else"},
		{"mail to where reports are posted", with(`"reports": {"domain": "reports.example.com", "mail": {"domain": "reports.example.com"}}`), "sealpost.reports.mail.domain: reports.example.com stands for something else"},
		{"mail to the edge", with(`"serviceZone": {"id": "Z0", "name": "example.net"}`, `"reports": {"mail": {"domain": "policies.example.net"}}`), "sealpost.reports.mail.domain: policies.example.net stands for something else"},
		{"mail to an address", withMail(`"domain": "reports@example.com"`), "sealpost.reports.mail.domain: "},
		{"mail to capitals", withMail(`"domain": "TLSRPT.example.com"`), `sealpost.reports.mail.domain: write "TLSRPT.example.com" as tlsrpt.example.com`},
		{"a rule set without a domain", withMail(`"ruleSet": "inbound"`), "sealpost.reports.mail.ruleSet: it has no use without reports.mail.domain"},
		{"nothing to take over with", withMail(`"takeOver": true`), "sealpost.reports.mail.takeOver: it has no use without reports.mail.domain"},
		{"nothing is verified", withMail(`"domainVerified": true`), "sealpost.reports.mail.domainVerified: it has no use without reports.mail.domain"},
		{"no name of a rule set", withMail(`"domain": "tlsrpt.example.com"`, `"ruleSet": "all mail"`), `sealpost.reports.mail.ruleSet: "all mail" is not the name of a receipt rule set`},
		{"our own rule set", withMail(`"domain": "tlsrpt.example.com"`, `"ruleSet": "Sealpost"`), "sealpost.reports.mail.ruleSet: Sealpost is what the stack's own rule set is called"},
		{"a rule set, and taken over", withMail(`"domain": "tlsrpt.example.com"`, `"ruleSet": "inbound"`, `"takeOver": true`), "sealpost.reports.mail.takeOver: the rule goes into inbound, so nothing is taken over"},
		{"alarms nobody reads", strings.Replace(withMail(`"domain": "tlsrpt.example.com"`), "a@example.com", "a@tlsrpt.example.com", 1), "sealpost.alarmsAddress: what is mailed to tlsrpt.example.com is taken for reports, and nobody reads it"},
		{"a digest nobody reads", strings.Replace(withMail(`"domain": "tlsrpt.example.com"`), `{"enabled": false}`, `{"sender": "d@example.com", "recipients": ["a@example.com", "a@tlsrpt.example.com"]}`, 1), "sealpost.digest.recipients[1]: what is mailed to tlsrpt.example.com"},
		{"hyphen at the end", with(`"stackName": "Mail-"`), "sealpost.stackName: "},
		{"empty certificate", with(`"certificateArn": ""`), "sealpost.certificateArn: it is empty"},
		{"empty address", with(`"reports": {"domain": ""}`), "sealpost.reports.domain: it is empty"},
		{"sender in Greek", withDigest(`{"sender": "δ@example.com", "recipients": ["a@example.com"]}`), `sealpost.digest.sender: "δ@example.com" has other letters than ASCII`},
		{"recipient twice", withDigest(`{"sender": "d@example.com", "recipients": ["a@example.com", "a@example.com"]}`), "sealpost.digest.recipients[1]: a@example.com is digest.recipients[0] already"},
		{"Monday in Tokyo", withDigest(`{"sender": "d@example.com", "recipients": ["a@example.com"], "weekday": "MON", "timeZone": "Asia/Tokyo"}`), "sealpost.digest.hour: weeks end on Sunday at midnight UTC, and on Monday at 8:00 in Asia/Tokyo it is still Sunday"},
		{"Monday in summer in Sydney", withDigest(`{"sender": "d@example.com", "recipients": ["a@example.com"], "weekday": "MON", "hour": 10, "timeZone": "Australia/Sydney"}`), "sealpost.digest.hour: weeks end on Sunday"},
		{"quarantine", with(`"retentionDays": {"quarantine": 0}`), "sealpost.retentionDays.quarantine: "},
		{"logs", with(`"retentionDays": {"logs": 100}`), "sealpost.retentionDays.logs: 100 is not on offer"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := ParseConfig([]byte(tt.config))
			if err == nil {
				t.Fatal("no error")
			}
			message := strings.TrimPrefix(err.Error(), "the configuration is wrong (docs/configuration.md lists every key):\n")
			if !strings.HasPrefix(message, tt.want) {
				t.Errorf("got %q, want %q", message, tt.want)
			}
			if lines := strings.Count(message, "\n"); lines > 0 {
				t.Errorf("one mistake gives several lines: %q", message)
			}
		})
	}
}

// TestEveryMistakeIsNamed: a user mends all in one go.
func TestEveryMistakeIsNamed(t *testing.T) {
	_, err := ParseConfig([]byte(`{"domains": [{"name": "example.org"}, "example.net", {"name": 1}], "stackName": "1", "digets": {}, "retentionDays": {"logs": "90"},
		"reports": {"burst": true}}`))
	for _, key := range []string{
		"digets", "domains[1]", "domains[2].name", "retentionDays.logs", "reports.burst",
		"stackName", "domains[0].zone", "digest.recipients", "digest.sender", "alarmsAddress",
	} {
		if err == nil || strings.Count(err.Error(), "\nsealpost."+key+": ") != 1 {
			t.Errorf("%s is not named once in: %v", key, err)
		}
	}
}

// TestMondaysThatAreOver: at these hours last week is over in UTC, too.
func TestMondaysThatAreOver(t *testing.T) {
	for _, place := range []string{`"hour": 9, "timeZone": "Asia/Tokyo"`, `"hour": 11, "timeZone": "Australia/Sydney"`, `"hour": 4, "timeZone": "America/Lima"`, `"hour": 4`} {
		mustParse(t, withDigest(`{"sender": "d@example.com", "recipients": ["a@example.com"], "weekday": "MON", `+place+`}`))
	}
}

// TestConfigIsFound where it is nearest: on the command line, in a file of its
// own, in cdk.json.
func TestConfigIsFound(t *testing.T) {
	named := func(name string) string { return with(`"stackName": "` + name + `"`) }
	quoted, err := json.Marshal(named("Line"))
	if err != nil {
		t.Fatal(err)
	}
	inFile, onLine := `{"sealpost": `+named("Tracked")+`}`, `{"sealpost": `+string(quoted)+`}`
	for _, test := range []struct {
		name, own, context string
		stack, from        string
	}{
		{"on the line", named("Own"), onLine, "Line", "-c sealpost"},
		{"on the line alone", "", onLine, "Line", "-c sealpost"},
		{"in its own file", named("Own"), inFile, "Own", "sealpost.json"},
		{"in its own file alone", named("Own"), "", "Own", "sealpost.json"},
		{"in cdk.json", "", inFile, "Tracked", "cdk.json"},
	} {
		t.Run(test.name, func(t *testing.T) {
			config, from, err := findConfig(rootWith(t, test.own), test.context)
			if err != nil || config.StackName != test.stack || from != test.from {
				t.Errorf("got %s of %s, %v; want %s of %s", config.StackName, from, err, test.stack, test.from)
			}
		})
	}
	for _, test := range []struct{ own, context, want string }{
		{"", "", "there is no configuration: write one to sealpost.json"},
		{"", `{"other": 1}`, "there is no configuration"},
		{"{", inFile, "sealpost.json: the configuration is not JSON"},
		{`{"x": 1}`, inFile, "sealpost.json: the configuration is wrong"},
		{"", `{"sealpost": "{"}`, "-c sealpost: the configuration is not JSON"},
	} {
		if _, _, err := findConfig(rootWith(t, test.own), test.context); err == nil || !strings.HasPrefix(err.Error(), test.want) {
			t.Errorf("%q, %q: %v; want %s", test.own, test.context, err, test.want)
		}
	}
}

// rootWith gives a folder with a configuration of its own, if there is one.
func rootWith(t *testing.T, own string) string {
	t.Helper()
	root := t.TempDir()
	if own != "" {
		if err := os.WriteFile(filepath.Join(root, "sealpost.json"), []byte(own), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return root
}

// TestExampleIsWhole: cdk.json comes with a configuration that synthesizes.
func TestExampleIsWhole(t *testing.T) {
	text, err := os.ReadFile("../cdk.json")
	if err != nil {
		t.Fatal(err)
	}
	var project struct {
		App     string
		Context map[string]json.RawMessage
	}
	if err := json.Unmarshal(text, &project); err != nil {
		t.Fatal(err)
	}
	if project.App != "go run ./infra" {
		t.Errorf("the app is %q", project.App)
	}
	config, err := ParseConfig(project.Context[contextKey])
	if err != nil {
		t.Fatal(err)
	}
	synthesize(t, config, stubs(t, config))
}

// TestExamplesAreRight: so is every example of the documentation.
func TestExamplesAreRight(t *testing.T) {
	text, err := os.ReadFile("../docs/configuration.md")
	if err != nil {
		t.Fatal(err)
	}
	blocks := strings.Split(string(text), "```json\n")[1:]
	if len(blocks) == 0 {
		t.Error("there is no example")
	}
	for _, block := range blocks {
		example, _, _ := strings.Cut(block, "```")
		mustParse(t, example)
	}
}

// TestEveryKeyIsDocumented, with its default.
func TestEveryKeyIsDocumented(t *testing.T) {
	text, err := os.ReadFile("../docs/configuration.md")
	if err != nil {
		t.Fatal(err)
	}
	rows := make(map[string]string) // Cells of defaults, by key.
	for line := range strings.Lines(string(text)) {
		if cells := strings.Split(line, " | "); strings.HasPrefix(line, "| `") && len(cells) == 3 {
			rows[strings.Trim(cells[0], "| `")] = cells[1]
		}
	}
	for _, key := range keys("", reflect.ValueOf(defaults())) {
		row, documented := rows[key.name]
		if !documented {
			t.Errorf("docs/configuration.md has no line for %s", key.name)
		}
		if key.value != "" && row != "`"+key.value+"`" {
			t.Errorf("docs/configuration.md gives %s the default %s, want `%s`", key.name, row, key.value)
		}
		delete(rows, key.name)
	}
	for key := range rows {
		t.Errorf("docs/configuration.md has a line for %s, which is no key", key)
	}
}

// key is a key of the configuration, and its default as JSON; "" for none.
type key struct{ name, value string }

func keys(prefix string, value reflect.Value) []key {
	var found []key
	for i := range value.NumField() {
		tag, _, _ := strings.Cut(value.Type().Field(i).Tag.Get("json"), ",")
		name := prefix + tag
		field := value.Field(i)
		switch inner := field.Type(); {
		case inner.Kind() == reflect.Struct:
			found = append(found, keys(name+".", field)...)
		case inner.Kind() == reflect.Pointer:
			found = append(found, keys(name+".", reflect.Zero(inner.Elem()))...)
		case inner.Kind() == reflect.Slice && inner.Elem().Kind() == reflect.Struct:
			found = append(found, keys(name+"[].", reflect.Zero(inner.Elem()))...)
		default:
			found = append(found, key{name, defaultOf(field)})
		}
	}
	return found
}

func defaultOf(field reflect.Value) string {
	if field.IsZero() && field.Kind() != reflect.Bool {
		return ""
	}
	text, err := json.Marshal(field.Interface())
	if err != nil {
		panic(err)
	}
	return string(text)
}

// manySigners is a list that does not fit into the environment of a function.
func manySigners() string {
	var list []string
	for i := range 200 {
		list = append(list, fmt.Sprintf(`"signer%d.example"`, i))
	}
	return strings.Join(list, ", ")
}

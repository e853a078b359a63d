package main

import (
	"encoding/json"
	"os"
	"reflect"
	"strings"
	"testing"

	"sealpost/internal/publication"
)

const (
	zone        = `"zone": {"id": "Z0EXAMPLE000000000001"}`
	certificate = `"certificateArn": "arn:aws:acm:us-east-1:123456789012:certificate/00000000-0000-0000-0000-000000000000"`
)

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
		Reports:       Reports{Domain: "reports.sts.example.net", RatePerSecond: 20, Burst: 40},
		Digest:        Digest{TimeZone: "UTC", Weekday: "TUE", Hour: 8},
		AlarmsAddress: "a@example.com",
		RetentionDays: Retention{Reports: 400, Logs: 90},
	}
	if !reflect.DeepEqual(config, want) {
		t.Errorf("got\n%+v\nwant\n%+v", config, want)
	}
	alone := mustParse(t, withDomains(`{"name": "example.org"}`, certificate))
	if alone.Domains[0].DNS != publication.DNSManual || alone.Reports.Domain != "" {
		t.Errorf("without zones of ours: %+v", alone)
	}
}

// TestWrongConfig: the error begins with the key that is wrong.
func TestWrongConfig(t *testing.T) {
	tests := []struct{ name, config, want string }{
		{"unknown key", with(`"digets": {}`), "sealpost.digets: there is no such key"},
		{"unknown key inside", with(`"reports": {"rate": 1}`), "sealpost.reports.rate: there is no such key"},
		{"unknown key in a list", withDomains(`{"name": "example.com", "zoneId": "Z0"}`), "sealpost.domains[0].zoneId: there is no such key"},
		{"key in other letters", with(`"stackname": "x"`), "sealpost.stackname: there is no such key"},
		{"number for a string", with(`"stackName": 1`), "sealpost.stackName: a number of this kind cannot stand here"},
		{"string for a number", with(`"retentionDays": {"logs": "90"}`), "sealpost.retentionDays.logs: a string cannot stand here"},
		{"fraction", with(`"retentionDays": {"logs": 1.5}`), "sealpost.retentionDays.logs: a number of this kind cannot stand here"},
		{"string for a list", withDigest(`{"recipients": "a@example.com"}`), "sealpost.digest.recipients: a string cannot stand here"},
		{"object for a list", withDomains(`"example.com"`), "sealpost.domains[0]: a string cannot stand here"},
		{"list", `[]`, "sealpost: a list cannot stand here"},
		{"no JSON", `{`, "the context key sealpost is not JSON"},
		{"same key twice", with(`"stackName": "a"`, `"stackName": "b"`), "the context key sealpost is not JSON"},

		{"stack name", with(`"stackName": "my stack"`), "sealpost.stackName: "},
		{"no domain", withDomains(""), "sealpost.domains: list at least one"},
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
		{"digest from nobody", withDigest(`{"recipients": ["a@example.com"]}`), "sealpost.digest.sender: "},
		{"recipient with name", withDigest(`{"sender": "d@example.com", "recipients": ["A <a@example.com>"]}`), "sealpost.digest.recipients[0]: "},
		{"two in one", withDigest(`{"sender": "d@example.com", "recipients": ["a@example.com,b@example.com"]}`), "sealpost.digest.recipients[0]: "},
		{"time zone", withDigest(`{"sender": "d@example.com", "recipients": ["a@example.com"], "timeZone": "Berlin"}`), `sealpost.digest.timeZone: "Berlin" is not a time zone`},
		{"time zone of the machine", withDigest(`{"sender": "d@example.com", "recipients": ["a@example.com"], "timeZone": "Local"}`), "sealpost.digest.timeZone: "},
		{"weekday", withDigest(`{"sender": "d@example.com", "recipients": ["a@example.com"], "weekday": "Tuesday"}`), "sealpost.digest.weekday: "},
		{"hour of the clocks", withDigest(`{"sender": "d@example.com", "recipients": ["a@example.com"], "hour": 2}`), "sealpost.digest.hour: 2: write 4 to 23"},
		{"no address", strings.Replace(with(), "a@example.com", "", 1), "sealpost.alarmsAddress: "},
		{"reports not kept", with(`"retentionDays": {"reports": 7}`), "sealpost.retentionDays.reports: "},
		{"logs", with(`"retentionDays": {"logs": 100}`), "sealpost.retentionDays.logs: 100 is not on offer"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := ParseConfig(tt.config)
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
	_, err := ParseConfig(`{"domains": [{"name": "example.org"}], "stackName": "1"}`)
	for _, key := range []string{"stackName", "domains[0].zone", "digest.recipients", "digest.sender", "alarmsAddress"} {
		if err == nil || !strings.Contains(err.Error(), "\nsealpost."+key+": ") {
			t.Errorf("%s is not named in: %v", key, err)
		}
	}
	if _, err := ParseConfig(nil); err == nil || !strings.Contains(err.Error(), "cdk.json has no key sealpost") {
		t.Errorf("without configuration: %v", err)
	}
}

// TestExampleIsWhole: cdk.json comes with a configuration that synthesizes.
func TestExampleIsWhole(t *testing.T) {
	text, err := os.ReadFile("../cdk.json")
	if err != nil {
		t.Fatal(err)
	}
	var project struct {
		App     string
		Context map[string]any
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
		name := prefix + value.Type().Field(i).Tag.Get("json")
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

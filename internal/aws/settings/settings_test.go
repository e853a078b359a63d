package settings_test

import (
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
	"testing"

	"sealpost/internal/aws/settings"
	"sealpost/internal/trust"
)

// function is one type of settings with its way back.
type function struct {
	settings interface{ Env() map[string]string }
	fromEnv  func(getenv func(string) string) (any, error)
}

// reading hides which settings fromEnv reads.
func reading[T any](fromEnv func(func(string) string) (T, error)) func(func(string) string) (any, error) {
	return func(getenv func(string) string) (any, error) { return fromEnv(getenv) }
}

var (
	anySigners       = must(trust.Distrust("evil.example", "worse.example"))
	anyEvidenceRules = settings.EvidenceRules{DistrustedSigners: anySigners, HTTPSOnly: true}
)

func must[T any](value T, err error) T {
	if err != nil {
		panic(err)
	}
	return value
}

const anyNameServer = "192.0.2.53:53"

var functions = map[string]function{
	"policy": {settings.Policy{StateTable: "state"}, reading(settings.PolicyFromEnv)},
	"publish": {settings.Publish{PoliciesTable: "policies", StateTable: "state", EdgeBucket: "edge", Rotations: "https://sqs.example/rotations", NameServer: anyNameServer, EvidenceRules: anyEvidenceRules},
		reading(settings.PublishFromEnv)},
	"rotate": {settings.Rotate{StateTable: "state", EdgeBucket: "edge", Rotations: "https://sqs.example/rotations", NameServer: anyNameServer}, reading(settings.RotateFromEnv)},
	"report intake": {settings.ReportIntake{StateTable: "state", ReportsBucket: "reports", InboxBucket: "inbox", ReportsDomain: "rpt.example.net",
		AlarmsTopic: "arn:aws:sns:us-east-1:123456789012:Alarms", NameServer: anyNameServer, DistrustedSigners: anySigners},
		reading(settings.ReportIntakeFromEnv)},
	"report intake of any": {settings.ReportIntake{StateTable: "state", ReportsBucket: "reports", AcceptAny: true, InboxBucket: "inbox", ReportsDomain: "rpt.example.net",
		AlarmsTopic: "arn:aws:sns:us-east-1:123456789012:Alarms", NameServer: anyNameServer, DistrustedSigners: anySigners}, reading(settings.ReportIntakeFromEnv)},
	"digest": {settings.Digest{
		StateTable: "state", ReportsBucket: "reports", Sender: "Sealpost <digest@example.com>", ConfigurationSet: "digest", Unsubscribe: "postmaster@example.com", QuarantineDays: 30,
		NameServer:      anyNameServer,
		EvidenceRules:   anyEvidenceRules,
		AthenaWorkgroup: "Sealpost", AthenaDatabase: "sealpost",
	}, reading(settings.DigestFromEnv)},
	"compact": {settings.Compact{Workgroup: "Sealpost", Database: "sealpost", Bucket: "athena", ReportDays: 400}, reading(settings.CompactFromEnv)},
}

// optional are the variables that may be left out.
var optional = []string{"SEALPOST_NAME_SERVER", "SEALPOST_INBOX_BUCKET", "SEALPOST_REPORTS_DOMAIN", "SEALPOST_ALARMS_TOPIC", "SEALPOST_DISTRUSTED_SIGNERS", "SEALPOST_REPORTS_BY_HTTPS_ONLY"}

func getenv(env map[string]string) func(string) string {
	return func(name string) string { return env[name] }
}

func TestWhatIsWrittenIsRead(t *testing.T) {
	for name, f := range functions {
		t.Run(name, func(t *testing.T) {
			got, err := f.fromEnv(getenv(f.settings.Env()))
			if err != nil || !reflect.DeepEqual(got, f.settings) {
				t.Errorf("got %+v, %v; want %+v", got, err, f.settings)
			}
		})
	}
}

func TestWhatIsMissingIsNamed(t *testing.T) {
	for name, f := range functions {
		t.Run(name, func(t *testing.T) {
			for missing := range f.settings.Env() {
				if slices.Contains(optional, missing) {
					continue
				}
				env := f.settings.Env()
				delete(env, missing)
				if _, err := f.fromEnv(getenv(env)); err == nil || !strings.Contains(err.Error(), missing) {
					t.Errorf("without %s: %v; want an error that names it", missing, err)
				}
			}
		})
	}
}

// TestNothingIsLeftUnset fills every field, so that a field that Env forgets,
// or leaves empty, is noticed.
func TestNothingIsLeftUnset(t *testing.T) {
	for name, f := range functions {
		for variable, value := range f.settings.Env() {
			if value == "" || !strings.HasPrefix(variable, "SEALPOST_") {
				t.Errorf("%s: %s=%q", name, variable, value)
			}
		}
		fields := len(slices.DeleteFunc(reflect.VisibleFields(reflect.TypeOf(f.settings)), func(f reflect.StructField) bool { return f.Anonymous || f.PkgPath != "" }))
		if variables := slices.Sorted(maps.Keys(f.settings.Env())); len(variables) != fields {
			t.Errorf("%s: %d fields, and the variables %q", name, fields, variables)
		}
	}
}

// TestTokensPass: while the stack is described, names are not known yet, and
// tokens stand for them.
func TestTokensPass(t *testing.T) {
	const token = "${Token[TOKEN.42]}"
	for variable, value := range (settings.Publish{PoliciesTable: token, StateTable: token, EdgeBucket: token, Rotations: token}).Env() {
		if value != token {
			t.Errorf("%s=%q; want the token", variable, value)
		}
	}
}

func TestAcceptIsChecked(t *testing.T) {
	env := settings.ReportIntake{StateTable: "state", ReportsBucket: "reports"}.Env()
	env["SEALPOST_ACCEPT"] = "all"
	_, err := settings.ReportIntakeFromEnv(getenv(env))
	if want := `SEALPOST_ACCEPT is "all"; it takes any or hosted`; err == nil || !strings.Contains(err.Error(), want) {
		t.Errorf("%v; want %q", err, want)
	}
}

// TestNameServerIsOptional: the stack leaves it out.
func TestNameServerIsOptional(t *testing.T) {
	s := settings.Rotate{StateTable: "state", EdgeBucket: "edge", Rotations: "https://sqs.example/rotations"}
	if value, is := s.Env()["SEALPOST_NAME_SERVER"]; is {
		t.Errorf("the name server is %q; want it left out", value)
	}
	if got, err := settings.RotateFromEnv(getenv(s.Env())); err != nil || got != s {
		t.Errorf("got %+v, %v; want %+v", got, err, s)
	}
	s.NameServer = "dns.example:53"
	_, err := settings.RotateFromEnv(getenv(s.Env()))
	if want := `SEALPOST_NAME_SERVER is "dns.example:53"; it takes an address and a port, such as 192.0.2.53:53`; err == nil || !strings.Contains(err.Error(), want) {
		t.Errorf("%v; want %q", err, want)
	}
}

// TestDigestWithoutAthena: then the function reads the reports itself.
func TestDigestWithoutAthena(t *testing.T) {
	s := settings.Digest{StateTable: "state", ReportsBucket: "reports", Sender: "digest@example.com", ConfigurationSet: "digest", Unsubscribe: "postmaster@example.com", QuarantineDays: 30}
	for variable := range s.Env() {
		if strings.Contains(variable, "ATHENA") {
			t.Errorf("there is %s; want it left out", variable)
		}
	}
	if got, err := settings.DigestFromEnv(getenv(s.Env())); err != nil || got != s {
		t.Errorf("got %+v, %v; want %+v", got, err, s)
	}
}

func TestDaysAreChecked(t *testing.T) {
	for _, days := range []string{"many", "0", "-1", "1.5"} {
		env := settings.Compact{Workgroup: "Sealpost", Database: "sealpost", Bucket: "athena", ReportDays: 400}.Env()
		env["SEALPOST_REPORT_DAYS"] = days
		_, err := settings.CompactFromEnv(getenv(env))
		if want := fmt.Sprintf("SEALPOST_REPORT_DAYS is %q; it takes a number of days", days); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v; want %q", err, want)
		}
	}
}

// TestMailIsOptional: where reports come by HTTPS alone, there is no inbox.
func TestMailIsOptional(t *testing.T) {
	s := settings.ReportIntake{StateTable: "state", ReportsBucket: "reports"}
	for _, name := range optional {
		if value, is := s.Env()[name]; is {
			t.Errorf("%s=%q; want it left out", name, value)
		}
	}
	if got, err := settings.ReportIntakeFromEnv(getenv(s.Env())); err != nil || got != s {
		t.Errorf("got %+v, %v; want %+v", got, err, s)
	}
}

func TestWrongSigners(t *testing.T) {
	env := settings.ReportIntake{StateTable: "state", ReportsBucket: "reports"}.Env()
	env["SEALPOST_DISTRUSTED_SIGNERS"] = "evil.example,com"
	_, err := settings.ReportIntakeFromEnv(getenv(env))
	if want := `SEALPOST_DISTRUSTED_SIGNERS: "com" is not a domain`; err == nil || !strings.Contains(err.Error(), want) {
		t.Errorf("%v; want %s", err, want)
	}
}

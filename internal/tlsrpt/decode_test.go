package tlsrpt_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"sealpost/internal/tlsrpt"
)

func TestDecodeExample(t *testing.T) {
	want := tlsrpt.Report{
		OrganizationName: "Northwind Post",
		DateRange: tlsrpt.DateRange{
			Start: time.Date(2026, time.November, 16, 0, 0, 0, 0, time.UTC),
			End:   time.Date(2026, time.November, 16, 23, 59, 59, 0, time.UTC),
		},
		ContactInfo: "tls-reports@northwind.example",
		ReportID:    "2026-11-16-meadow",
		Policies: []tlsrpt.PolicyResult{{
			Policy: tlsrpt.Policy{
				Type:    tlsrpt.PolicySTS,
				Strings: []string{"version: STSv1", "mode: testing", "mx: *.mail.meadow.example", "max_age: 604800"},
				Domain:  "meadow.example",
				MXHosts: []string{"*.mail.meadow.example"},
			},
			Summary: tlsrpt.Summary{TotalSuccessfulSessionCount: 811, TotalFailureSessionCount: 47},
			FailureDetails: []tlsrpt.FailureDetails{{
				ResultType:          tlsrpt.ResultCertificateExpired,
				SendingMTAIP:        "2001:db8:17:4::1",
				ReceivingMXHostname: "mx1.mail.meadow.example",
				FailedSessionCount:  40,
			}, {
				ResultType:            tlsrpt.ResultSTARTTLSNotSupported,
				SendingMTAIP:          "198.51.100.7",
				ReceivingMXHostname:   "mx2.mail.meadow.example",
				ReceivingMXHelo:       "mx2.mail.meadow.example",
				ReceivingIP:           "203.0.113.20",
				FailedSessionCount:    4,
				AdditionalInformation: "https://northwind.example/tls/2026-11-16#2",
			}, {
				ResultType:          tlsrpt.ResultValidationFailure,
				SendingMTAIP:        "198.51.100.8",
				ReceivingMXHostname: "backup.mail.meadow.example",
				ReceivingIP:         "203.0.113.21",
				FailedSessionCount:  3,
				FailureReasonCode:   "X509_V_ERR_PATH_LENGTH_EXCEEDED",
			}},
		}},
	}
	got := decode(t, example(t))
	if !reflect.DeepEqual(got.Report, want) {
		t.Errorf("got  %+v\nwant %+v", got.Report, want)
	}
	if len(got.Deviations) > 0 {
		t.Errorf("deviations %v of a report that has none", got.Deviations)
	}
}

func TestTolerances(t *testing.T) {
	for _, test := range tolerances {
		t.Run(test.name, func(t *testing.T) {
			decoded := decode(t, edited(t, test.old, test.new))
			if !reflect.DeepEqual(decoded.Deviations, test.deviations) {
				t.Errorf("deviations %v\nwant %v", decoded.Deviations, test.deviations)
			}
			if test.see == nil {
				return
			}
			if got := test.see(decoded.Report); !reflect.DeepEqual(got, test.want) {
				t.Errorf("got %#v, want %#v", got, test.want)
			}
		})
	}
}

// TestEveryCode reads the source, so that no code is without a meaning and a case.
func TestEveryCode(t *testing.T) {
	seen := map[tlsrpt.Code]bool{ // Given by those who know how the report came.
		tlsrpt.DeviationPolicyDomainFromName:    true,
		tlsrpt.DeviationPolicyDomainFromHeader:  true,
		tlsrpt.DeviationPolicyDomainFromSubject: true,
		tlsrpt.DeviationAboutReports:            true,
	}
	for _, test := range tolerances {
		for _, deviation := range test.deviations {
			seen[deviation.Code] = true
		}
	}
	codes := declaredCodes(t)
	for _, code := range codes {
		if !seen[code] {
			t.Errorf("no case gives %q", code)
		}
		if code.Meaning() == "" {
			t.Errorf("%q has no meaning", code)
		}
	}
	for code := range seen {
		if !slices.Contains(codes, code) {
			t.Errorf("%q is no code", code)
		}
	}
}

func declaredCodes(t *testing.T) []tlsrpt.Code {
	t.Helper()
	source, err := os.ReadFile("deviation.go")
	if err != nil {
		t.Fatal(err)
	}
	file, err := parser.ParseFile(token.NewFileSet(), "deviation.go", source, parser.SkipObjectResolution)
	if err != nil {
		t.Fatal(err)
	}
	var codes []tlsrpt.Code
	ast.Inspect(file, func(n ast.Node) bool {
		spec, ok := n.(*ast.ValueSpec)
		if !ok || !strings.HasPrefix(spec.Names[0].Name, "Deviation") {
			return true
		}
		literal := spec.Values[0].(*ast.BasicLit).Value
		codes = append(codes, tlsrpt.Code(strings.Trim(literal, `"`)))
		return false
	})
	if len(codes) < 30 {
		t.Fatalf("found only %d codes in deviation.go", len(codes))
	}
	return codes
}

func TestDeviationsAreCountedOnce(t *testing.T) {
	text := strings.NewReplacer("2026-11-16T00:00:00Z", "2026-11-16T00:00:00", "2026-11-16T23:59:59Z", "2026-11-16T23:59:59").Replace(example(t))
	want := []tlsrpt.Deviation{{Code: tlsrpt.DeviationDateWithoutZone, Path: "/date-range/start-datetime", Count: 2}}
	if got := decode(t, text).Deviations; !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

func TestTypesAreKnown(t *testing.T) {
	for _, r := range tlsrpt.ResultTypes() {
		if !r.Known() {
			t.Errorf("%q is not known", r)
		}
	}
	if got := len(tlsrpt.ResultTypes()); got != 11 {
		t.Errorf("%d result types; RFC 8460, section 4.3, has 11", got)
	}
	for _, unknown := range []tlsrpt.ResultType{"", "Other", "Certificate-Expired"} {
		if unknown.Known() {
			t.Errorf("%q is known", unknown)
		}
	}
	if tlsrpt.PolicyType("STS").Known() || !tlsrpt.PolicyNotFound.Known() {
		t.Error("policy types: STS is known, or no-policy-found is not")
	}
}

// TestConversionIsBounded keeps Punycode, which is dear, to a few names.
func TestConversionIsBounded(t *testing.T) {
	const entry = `{"policy": {"policy-type": "sts", "policy-domain": "bücher.example"}, "summary": {}}`
	text := edited(t, `"policies": [`, `"policies": [`+strings.Repeat(entry+",", 101))
	results := decode(t, text).Report.Policies
	if first, last := results[99].Policy.Domain, results[100].Policy.Domain; first != "xn--bcher-kva.example" || last != "bücher.example" {
		t.Errorf("the hundredth is %s, the next %s", first, last)
	}
}

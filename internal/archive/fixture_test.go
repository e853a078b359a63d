package archive_test

import (
	"crypto/sha256"
	"encoding/hex"
	"reflect"
	"testing"
	"time"

	"sealpost/internal/archive"
)

var noon = time.Date(2026, time.November, 17, 12, 0, 0, 0, time.UTC)

// lineReceived is a line with every member filled. Its key depends on the name
// alone, as the key of a report depends on its text.
func lineReceived(at time.Time, name string) archive.Line {
	sum := sha256.Sum256([]byte(name))
	return archive.Line{
		SchemaVersion:    archive.SchemaVersion,
		ReportKey:        hex.EncodeToString(sum[:]),
		ReceivedAt:       at.UTC(),
		Channel:          archive.ChannelMail,
		Trust:            archive.TrustDKIM,
		TrustDomain:      "reports.heron.example",
		OrganizationName: "Heron Post “Ltd”",
		ContactInfo:      "tls@heron.example",
		ReportID:         name,
		StartDatetime:    time.Date(2026, time.November, 16, 0, 0, 0, 0, time.UTC),
		EndDatetime:      time.Date(2026, time.November, 16, 23, 59, 59, 0, time.UTC),
		Policies: []archive.PolicyResult{{
			PolicyType:                  "sts",
			PolicyString:                []string{"version: STSv1", "mode: testing", "mx: *.example.com", "max_age: 86400"},
			PolicyDomain:                "example.com",
			MXHost:                      []string{"*.example.com"},
			TotalSuccessfulSessionCount: 1 << 53,
			TotalFailureSessionCount:    7,
			FailureDetails: []archive.FailureDetails{{
				ResultType:            "certificate-expired",
				SendingMTAIP:          "2001:db8::19",
				ReceivingMXHostname:   "mx1.example.com",
				ReceivingMXHelo:       "mx1.example.com",
				ReceivingIP:           "192.0.2.25",
				FailedSessionCount:    7,
				AdditionalInformation: "https://heron.example/why?a=1&b=<2>",
				FailureReasonCode:     "X509_V_ERR_CERT_HAS_EXPIRED",
			}},
		}},
		Deviations: []string{"mx-host-string"},
		ReportJSON: `{"organization-name":"Heron Post “Ltd”","report-id":"` + name + `","unknown":{"kept":[1,null]}}`,
	}
}

func wantLine(t *testing.T, a archive.Archive, want archive.Line) {
	t.Helper()
	got, err := a.Get(t.Context(), want.ReportKey)
	if err != nil {
		t.Fatal(err)
	}
	if !sameLine(got, want) {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
}

// sameLine compares lines in which every list has an element: an empty one and
// none are the same at rest.
func sameLine(a, b archive.Line) bool { return reflect.DeepEqual(a, b) }

package main

import (
	"fmt"
	"io"
	"strings"
	"time"

	"sealpost/internal/digest"
	"sealpost/internal/tlsrpt"
	"sealpost/internal/wrap"
)

// explainReport says in words what a report says, and which domain signed it; ""
// for none.
func explainReport(w io.Writer, decoded tlsrpt.Decoded, signer string) {
	report := decoded.Report
	say := func(label, text string) {
		wrap.Hang(w, fmt.Sprintf("  %-10s ", label), digest.Readable(text, maxShown))
	}
	if signer == "" {
		say("From", digest.UnauthenticatedReporter(report.OrganizationName))
	} else {
		say("From", digest.SignedReporter(signer, report.OrganizationName))
	}
	if report.ContactInfo != "" {
		say("Contact", report.ContactInfo)
	}
	say("Report-ID", report.ReportID)
	say("Covers", span(report.DateRange))
	for _, result := range report.Policies {
		explainPolicy(w, result)
	}
	if len(decoded.Deviations) > 0 {
		fmt.Fprintf(w, "\n  Differs from RFC 8460, and is read all the same:\n")
	}
	for _, deviation := range decoded.Deviations {
		wrap.Hang(w, "    ", fmt.Sprintf("%s: %s%s", deviation.Code, deviation.Code.Meaning(), where(deviation)))
	}
	fmt.Fprintln(w)
}

func span(r tlsrpt.DateRange) string {
	return r.Start.Format(time.RFC3339) + " to " + r.End.Format(time.RFC3339)
}

func where(d tlsrpt.Deviation) string {
	place := digest.Readable(d.Path, maxShown)
	switch {
	case d.Path == "":
		return ""
	case d.Count > 1:
		return fmt.Sprintf(" (%s and %d more)", place, d.Count-1)
	default:
		return fmt.Sprintf(" (%s)", place)
	}
}

var policyNames = map[tlsrpt.PolicyType]string{
	tlsrpt.PolicySTS:      "MTA-STS",
	tlsrpt.PolicyTLSA:     "DANE",
	tlsrpt.PolicyNotFound: "no policy found",
}

func explainPolicy(w io.Writer, result tlsrpt.PolicyResult) {
	domain := result.Policy.Domain
	if domain == "" {
		domain = "(no domain named)"
	}
	name, known := policyNames[result.Policy.Type]
	if !known {
		name = "policy type " + digest.Readable(string(result.Policy.Type), maxShown)
	}
	good := result.Summary.TotalSuccessfulSessionCount
	sessions := "sessions"
	if good == 1 {
		sessions = "session"
	}
	fmt.Fprintf(w, "\n  %s, %s: %d %s good, %d failed\n", digest.Readable(domain, maxShown), name, good, sessions, result.Summary.TotalFailureSessionCount)
	for _, line := range result.Policy.Strings {
		fmt.Fprintf(w, "      %s\n", digest.Readable(strings.TrimSpace(line), maxShown))
	}
	for _, details := range result.FailureDetails {
		explainFailure(w, result.Policy.Domain, details)
	}
}

func explainFailure(w io.Writer, domain string, f tlsrpt.FailureDetails) {
	resultType := string(f.ResultType)
	if resultType == "" {
		resultType = "(no result type)"
	}
	fmt.Fprintf(w, "    %d failed: %s\n", f.FailedSessionCount, digest.Readable(resultType, maxShown))
	meaning := digest.MeaningOf(string(f.ResultType)).For(domain)
	wrap.Hang(w, "      ", meaning.What)
	wrap.Hang(w, "      ", meaning.Do)
	for _, fact := range []struct{ label, value string }{
		{"MX", f.ReceivingMXHostname},
		{"its address", f.ReceivingIP},
		{"its greeting", f.ReceivingMXHelo},
		{"seen from", f.SendingMTAIP},
		{"reason", f.FailureReasonCode},
		{"more", f.AdditionalInformation},
	} {
		if fact.value != "" {
			wrap.Hang(w, fmt.Sprintf("      %-12s ", fact.label), digest.Readable(fact.value, maxShown))
		}
	}
}

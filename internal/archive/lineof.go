package archive

import (
	"sealpost/internal/tlsrpt"
)

// LineOf gives the line of a report, but for how it was received.
func LineOf(decoded tlsrpt.Decoded) Line {
	report := decoded.Report
	line := Line{
		SchemaVersion:    SchemaVersion,
		ReportKey:        decoded.Key,
		ReportJSON:       decoded.JSON,
		OrganizationName: report.OrganizationName,
		ContactInfo:      report.ContactInfo,
		ReportID:         report.ReportID,
		StartDatetime:    report.DateRange.Start.UTC(),
		EndDatetime:      report.DateRange.End.UTC(),
		Policies:         make([]PolicyResult, len(report.Policies)),
		Deviations:       make([]string, len(decoded.Deviations)),
	}
	for i, result := range report.Policies {
		line.Policies[i] = policyResultOf(result)
	}
	for i, deviation := range decoded.Deviations {
		line.Deviations[i] = string(deviation.Code)
	}
	return line
}

func policyResultOf(result tlsrpt.PolicyResult) PolicyResult {
	details := make([]FailureDetails, len(result.FailureDetails))
	for i, f := range result.FailureDetails {
		details[i] = FailureDetails{
			ResultType:            string(f.ResultType),
			SendingMTAIP:          f.SendingMTAIP,
			ReceivingMXHostname:   f.ReceivingMXHostname,
			ReceivingMXHelo:       f.ReceivingMXHelo,
			ReceivingIP:           f.ReceivingIP,
			FailedSessionCount:    f.FailedSessionCount,
			AdditionalInformation: f.AdditionalInformation,
			FailureReasonCode:     f.FailureReasonCode,
		}
	}
	return PolicyResult{
		PolicyType:                  string(result.Policy.Type),
		PolicyString:                result.Policy.Strings,
		PolicyDomain:                result.Policy.Domain,
		MXHost:                      result.Policy.MXHosts,
		TotalSuccessfulSessionCount: result.Summary.TotalSuccessfulSessionCount,
		TotalFailureSessionCount:    result.Summary.TotalFailureSessionCount,
		FailureDetails:              details,
	}
}

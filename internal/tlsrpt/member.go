package tlsrpt

// member is a name that a report may use: those of RFC 8460, section 4.4, and
// the other spellings that occur.
type member uint8

const (
	unknownMember member = iota

	organizationName
	dateRange
	startDatetime
	endDatetime
	contactInfo
	reportID
	policies

	policy
	policyType
	policyString
	policyDomain
	mxHost
	mxHostPattern
	summary
	totalSuccessfulSessionCount
	totalFailureSessionCount
	failureDetails

	resultType
	sendingMTAIP
	receivingMXHostname
	receivingMXHostName
	receivingMXHelo
	receivingIP
	failedSessionCount
	additionalInformation
	additionalInfoURI
	failureReasonCode
)

var memberNames = [...]string{
	organizationName: "organization-name",
	dateRange:        "date-range",
	startDatetime:    "start-datetime",
	endDatetime:      "end-datetime",
	contactInfo:      "contact-info",
	reportID:         "report-id",
	policies:         "policies",

	policy:                      "policy",
	policyType:                  "policy-type",
	policyString:                "policy-string",
	policyDomain:                "policy-domain",
	mxHost:                      "mx-host",
	mxHostPattern:               "mx-host-pattern",
	summary:                     "summary",
	totalSuccessfulSessionCount: "total-successful-session-count",
	totalFailureSessionCount:    "total-failure-session-count",
	failureDetails:              "failure-details",

	resultType:            "result-type",
	sendingMTAIP:          "sending-mta-ip",
	receivingMXHostname:   "receiving-mx-hostname",
	receivingMXHostName:   "receiving-mx-host-name",
	receivingMXHelo:       "receiving-mx-helo",
	receivingIP:           "receiving-ip",
	failedSessionCount:    "failed-session-count",
	additionalInformation: "additional-information",
	additionalInfoURI:     "additional-info-uri",
	failureReasonCode:     "failure-reason-code",
}

var membersByName = func() map[string]member {
	byName := make(map[string]member, len(memberNames))
	for m, name := range memberNames {
		byName[name] = member(m)
	}
	delete(byName, memberNames[unknownMember])
	return byName
}()

// memberSet is the set of members that an object had.
type memberSet uint32

func (s *memberSet) add(m member)     { *s |= 1 << m }
func (s memberSet) has(m member) bool { return s&(1<<m) != 0 }

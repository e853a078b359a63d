package tlsrpt

// Code names one way in which reports differ from RFC 8460 and are read all
// the same. Codes are kept with the report and must not change their meaning.
type Code string

// The deviations, each with a reporter that has it or had it, where one is known.
const (
	DeviationByteOrderMark           Code = "byte-order-mark"
	DeviationPoliciesObject          Code = "policies-object"
	DeviationPoliciesEmpty           Code = "policies-empty"
	DeviationDateWithoutZone         Code = "date-without-zone" // Microsoft in 2023 and 2024.
	DeviationDateRangeReverse        Code = "date-range-reverse"
	DeviationContactInfoMissing      Code = "contact-info-missing" // Stalwart: null.
	DeviationContactInfoNotAddress   Code = "contact-info-not-address"
	DeviationPolicyTypeCase          Code = "policy-type-case"
	DeviationPolicyTypeUnknown       Code = "policy-type-unknown"
	DeviationPolicyDomainMissing     Code = "policy-domain-missing" // Google in 2019, Postfix up to 2025.
	DeviationPolicyDomainFromName    Code = "policy-domain-from-filename"
	DeviationPolicyDomainFromHeader  Code = "policy-domain-from-header"
	DeviationPolicyDomainFromSubject Code = "policy-domain-from-subject"
	DeviationPolicyDomainNotALabel   Code = "policy-domain-not-a-label"
	DeviationPolicyStringMissing     Code = "policy-string-missing"      // Mail.ru, and Microsoft after a failed fetch.
	DeviationPolicyStringText        Code = "policy-string-string"       // Halon.
	DeviationPolicyStringNestedArray Code = "policy-string-nested-array" // Microsoft, for TLSA records.
	DeviationMXHostMissing           Code = "mx-host-missing"            // Microsoft, Mail.ru, Google up to 2022.
	DeviationMXHostString            Code = "mx-host-string"             // RFC 8460, appendix B itself; erratum 6241.
	DeviationMXHostPattern           Code = "mx-host-pattern"
	DeviationCountMissing            Code = "count-missing" // Google in 2019.
	DeviationCountNull               Code = "count-null"
	DeviationCountString             Code = "count-string"
	DeviationFailureDetailsMissing   Code = "failure-details-missing"
	DeviationFailureDetailsNull      Code = "failure-details-null" // mox.
	DeviationFailureDetailsLeftOut   Code = "failure-details-left-out"
	DeviationResultTypeMissing       Code = "result-type-missing" // sys4's reporter, for codes it does not know.
	DeviationResultTypeUnknown       Code = "result-type-unknown" // Stalwart: "Other".
	DeviationAddressNotIP            Code = "address-not-ip"
	DeviationReceivingMXHostName     Code = "receiving-mx-host-name"  // SocketLabs.
	DeviationReceivingMXHeloLines    Code = "receiving-mx-helo-lines" // Postfix.
	DeviationAdditionalInfoURI       Code = "additional-info-uri"
	DeviationAdditionalInfoNotURI    Code = "additional-information-not-uri" // sys4's reporter.
	DeviationEmptyInsteadOfAbsent    Code = "empty-text"                     // mox.
	DeviationNullInsteadOfAbsent     Code = "null-member"                    // Stalwart.
	DeviationTextCut                 Code = "text-cut"
	DeviationAboutReports            Code = "about-report-delivery"
)

// meanings says of each code what the report does, and how it was read.
var meanings = map[Code]string{
	DeviationByteOrderMark:           "a byte order mark stands before the JSON; it is passed over",
	DeviationPoliciesObject:          "policies is one object, not an array; it is read as an array of one",
	DeviationPoliciesEmpty:           "policies is empty, so the report says nothing",
	DeviationDateWithoutZone:         "a date has no time zone (RFC 3339 asks for one); it is read as UTC",
	DeviationDateRangeReverse:        "the range of dates ends before it starts",
	DeviationContactInfoMissing:      "contact-info is missing, null or empty",
	DeviationContactInfoNotAddress:   "contact-info is not a plain mail address",
	DeviationPolicyTypeCase:          "policy-type is not in lower case; it is read as if it were",
	DeviationPolicyTypeUnknown:       "policy-type is none of tlsa, sts and no-policy-found; it is kept as sent",
	DeviationPolicyDomainMissing:     "policy-domain is missing",
	DeviationPolicyDomainFromName:    "policy-domain is missing; the one in the file's name is taken",
	DeviationPolicyDomainFromHeader:  "policy-domain is missing; the one in the mail's TLS-Report-Domain is taken",
	DeviationPolicyDomainFromSubject: "policy-domain is missing; the one in the mail's subject is taken",
	DeviationPolicyDomainNotALabel:   "policy-domain is not in A-labels (xn--); it is read as if it were",
	DeviationPolicyStringMissing:     "policy-string is missing or empty under sts or tlsa",
	DeviationPolicyStringText:        "policy-string is one text, not an array; it is read as an array of one",
	DeviationPolicyStringNestedArray: "policy-string holds a JSON array as a text; it is unpacked",
	DeviationMXHostMissing:           "mx-host is missing or empty under sts",
	DeviationMXHostString:            "mx-host is one text, not an array (erratum 6241); it is read as an array of one",
	DeviationMXHostPattern:           "mx-host-pattern stands for mx-host",
	DeviationCountMissing:            "a count is missing; it is read as 0",
	DeviationCountNull:               "a count is null; it is read as 0",
	DeviationCountString:             "a count is a text; it is read as a number",
	DeviationFailureDetailsMissing:   "failures are counted, and none is described",
	DeviationFailureDetailsNull:      "failure-details is null; it is read as empty",
	DeviationFailureDetailsLeftOut:   "an element of failure-details cannot be understood; it is left out",
	DeviationResultTypeMissing:       "result-type is missing",
	DeviationResultTypeUnknown:       "result-type is not in the IANA registry; it is kept as sent",
	DeviationAddressNotIP:            "an IP address is none; it is kept as sent",
	DeviationReceivingMXHostName:     "receiving-mx-host-name stands for receiving-mx-hostname",
	DeviationReceivingMXHeloLines:    "receiving-mx-helo has several lines: the whole answer to EHLO",
	DeviationAdditionalInfoURI:       "additional-info-uri stands for additional-information",
	DeviationAdditionalInfoNotURI:    "additional-information is not a URI",
	DeviationEmptyInsteadOfAbsent:    "a member is an empty text; it is read as missing",
	DeviationNullInsteadOfAbsent:     "a member is null; it is read as missing",
	DeviationTextCut:                 "a text is longer than 4096 bytes; it is cut, and whole in the report as sent",
	DeviationAboutReports:            "the report is about mail to the domain that takes reports in: it tells of the delivery of reports",
}

// Meaning says what a report with this deviation does, and how it was read.
func (c Code) Meaning() string { return meanings[c] }

// Deviation is one code with the place where it was met first.
type Deviation struct {
	Code  Code   `json:"code"`
	Path  string `json:"path"` // JSON Pointer (RFC 6901).
	Count int    `json:"count"`
}

// deviations keeps one entry a code, in the order of their first meeting.
type deviations []Deviation

func (ds *deviations) note(code Code, path func() string) {
	for i := range *ds {
		if (*ds)[i].Code == code {
			(*ds)[i].Count++
			return
		}
	}
	*ds = append(*ds, Deviation{Code: code, Path: path(), Count: 1})
}

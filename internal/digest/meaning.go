package digest

import (
	"strings"

	"sealpost/internal/tlsrpt"
)

// Meaning is a result type in plain words.
type Meaning struct {
	What string // What the sender saw.
	Do   string // What to do about it.
}

// For names the domain that the meaning is about, where that is known.
func (m Meaning) For(domain string) Meaning {
	if domain != "" {
		m.Do = strings.ReplaceAll(m.Do, anyDomain, Readable(domain, nameLength))
	}
	return m
}

// anyDomain stands for the domain in what is to be done.
const anyDomain = "<domain>"

// MeaningOf explains a result type, be it registered, unknown or missing.
func MeaningOf(resultType string) Meaning {
	if resultType == "" {
		return Meaning{
			"The report does not say what failed.",
			"See the reason code; without one, only the reporter can tell.",
		}
	}
	if meaning, known := meanings[tlsrpt.ResultType(resultType)]; known {
		return meaning
	}
	return Meaning{
		"The reporter's own name for a failure: RFC 8460 does not define it.",
		"See the reason code, or ask the reporter what it means.",
	}
}

var meanings = map[tlsrpt.ResultType]Meaning{
	// Negotiation, RFC 8460, section 4.3.1.
	tlsrpt.ResultSTARTTLSNotSupported: {
		"The MX did not offer STARTTLS, so the sender could not encrypt.",
		"Check that STARTTLS is switched on, and that no firewall or proxy in front of the MX removes the offer.",
	},
	tlsrpt.ResultCertificateHostMismatch: {
		"The certificate of the MX does not fit the policy, most often because it does not name the MX.",
		"Compare the names in the certificate with the MX's host name, and that with the policy's mx lines.",
	},
	tlsrpt.ResultCertificateExpired: {
		"The MX presented a certificate that has expired.",
		"Renew the certificate, and make sure that the mail server has loaded the new one.",
	},
	tlsrpt.ResultCertificateNotTrusted: {
		"The sender could not trust the MX's certificate: for example its authority is unknown, or the chain is incomplete.",
		"Check that the server sends the whole chain, up to an authority that senders know. The reason code may say more.",
	},

	// DANE, section 4.3.2.1.
	tlsrpt.ResultTLSAInvalid: {
		"None of the MX's TLSA records was found valid.",
		"Compare the TLSA records with the certificate that the MX presents now; a renewed key needs a new record.",
	},
	tlsrpt.ResultDNSSECInvalid: {
		"The sender's resolver returned no valid records, as when DNSSEC signatures do not hold.",
		"Check the DNSSEC signatures of the domain's zone and of the MX's zone.",
	},
	tlsrpt.ResultDANERequired: {
		"The sender insists on DANE for all MX hosts of the domain, and found no TLSA records secured by DNSSEC for this one.",
		"Publish signed TLSA records for the MX, or ask the reporter not to require them.",
	},

	// MTA-STS, section 4.3.2.2.
	tlsrpt.ResultSTSPolicyFetchError: {
		"The sender could not fetch the MTA-STS policy.",
		"Fetch https://mta-sts.<domain>/.well-known/mta-sts.txt from outside: it must answer 200, as text/plain, without a redirect, and within two seconds, since some senders wait no longer.",
	},
	tlsrpt.ResultSTSPolicyInvalid: {
		"The sender read the MTA-STS policy and found it invalid.",
		"Check the policy as it is served: sealpost policy lint tells what senders make of it.",
	},
	tlsrpt.ResultSTSWebPKIInvalid: {
		"The sender could not authenticate the policy host by its certificate.",
		"Check that the certificate of mta-sts.<domain> names it, has not expired, and comes with its chain.",
	},

	// Everything else, section 4.3.3.
	tlsrpt.ResultValidationFailure: {
		"TLS failed for a reason that has no name of its own.",
		"See the reason code; without one, only the reporter can tell.",
	},
}

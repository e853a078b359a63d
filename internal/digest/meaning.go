package digest

import "sealpost/internal/tlsrpt"

// Meaning is a result type in plain words.
type Meaning struct {
	What string // What the sender saw.
	Do   string // What to do about it.
}

// MeaningOf explains a result type, be it registered, unknown or missing.
func MeaningOf(resultType string) Meaning {
	switch t := tlsrpt.ResultType(resultType); t {
	case "":
		return Meaning{
			"The report does not say what failed.",
			"See the reason code; without one, only the reporter can tell.",
		}
	case tlsrpt.ResultSTARTTLSNotSupported,
		tlsrpt.ResultCertificateHostMismatch,
		tlsrpt.ResultCertificateExpired,
		tlsrpt.ResultCertificateNotTrusted:
		return negotiationMeaning(t)
	case tlsrpt.ResultTLSAInvalid, tlsrpt.ResultDNSSECInvalid, tlsrpt.ResultDANERequired:
		return daneMeaning(t)
	case tlsrpt.ResultSTSPolicyFetchError, tlsrpt.ResultSTSPolicyInvalid, tlsrpt.ResultSTSWebPKIInvalid:
		return stsMeaning(t)
	case tlsrpt.ResultValidationFailure:
		return Meaning{
			"TLS failed for a reason that has no name of its own.",
			"See the reason code; without one, only the reporter can tell.",
		}
	default:
		return Meaning{
			"The reporter's own name for a failure: RFC 8460 does not define it.",
			"See the reason code, or ask the reporter what it means.",
		}
	}
}

// negotiationMeaning explains RFC 8460, section 4.3.1.
func negotiationMeaning(t tlsrpt.ResultType) Meaning {
	switch t {
	case tlsrpt.ResultSTARTTLSNotSupported:
		return Meaning{
			"The MX did not offer STARTTLS, so the sender could not encrypt.",
			"Check that STARTTLS is switched on, and that no firewall or proxy in front of the MX removes the offer.",
		}
	case tlsrpt.ResultCertificateHostMismatch:
		return Meaning{
			"The certificate of the MX does not fit the policy, most often because it does not name the MX.",
			"Compare the names in the certificate with the MX's host name, and that with the policy's mx lines.",
		}
	case tlsrpt.ResultCertificateExpired:
		return Meaning{
			"The MX presented a certificate that has expired.",
			"Renew the certificate, and make sure that the mail server has loaded the new one.",
		}
	default: // tlsrpt.ResultCertificateNotTrusted
		return Meaning{
			"The sender could not trust the MX's certificate: for example its authority is unknown, or the chain is incomplete.",
			"Check that the server sends the whole chain, up to an authority that senders know. The reason code may say more.",
		}
	}
}

// daneMeaning explains RFC 8460, section 4.3.2.1.
func daneMeaning(t tlsrpt.ResultType) Meaning {
	switch t {
	case tlsrpt.ResultTLSAInvalid:
		return Meaning{
			"None of the MX's TLSA records was found valid.",
			"Compare the TLSA records with the certificate that the MX presents now; a renewed key needs a new record.",
		}
	case tlsrpt.ResultDNSSECInvalid:
		return Meaning{
			"The sender's resolver returned no valid records, as when DNSSEC signatures do not hold.",
			"Check the DNSSEC signatures of the domain's zone and of the MX's zone.",
		}
	default: // tlsrpt.ResultDANERequired
		return Meaning{
			"The sender insists on DANE for all MX hosts of the domain, and found no TLSA records secured by DNSSEC for this one.",
			"Publish signed TLSA records for the MX, or ask the reporter not to require them.",
		}
	}
}

// stsMeaning explains RFC 8460, section 4.3.2.2.
func stsMeaning(t tlsrpt.ResultType) Meaning {
	switch t {
	case tlsrpt.ResultSTSPolicyFetchError:
		return Meaning{
			"The sender could not fetch the MTA-STS policy.",
			"Fetch https://mta-sts.<domain>/.well-known/mta-sts.txt from outside: it must answer 200, as text/plain, without a redirect, and within two seconds, since some senders wait no longer.",
		}
	case tlsrpt.ResultSTSPolicyInvalid:
		return Meaning{
			"The sender read the MTA-STS policy and found it invalid.",
			"Check the policy as it is served: sealpost policy lint tells what senders make of it.",
		}
	default: // tlsrpt.ResultSTSWebPKIInvalid
		return Meaning{
			"The sender could not authenticate the policy host by its certificate.",
			"Check that the certificate of mta-sts.<domain> names it, has not expired, and comes with its chain.",
		}
	}
}

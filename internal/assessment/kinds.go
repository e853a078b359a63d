package assessment

import (
	"maps"
	"slices"

	"sealpost/internal/mtasts"
)

// kind is what is the same for all problems of a code.
type kind struct {
	severity Severity
	what     string
	mend     string
	effect   string // Of it alone; else that of its severity.
}

// severityIn is what a problem costs by the mode that the policy is in.
func (c Code) severityIn(mode mtasts.Mode) Severity {
	if c == traitCode(mtasts.TraitMXTrailingDot) && mode == mtasts.ModeEnforce { // There is a sender that keeps to it, and finds no host that it allows.
		return CostsMail
	}
	return kinds[c].severity
}

// Codes lists all there are.
func Codes() []Code {
	return slices.Sorted(maps.Keys(kinds))
}

var kinds = kindsOfAll()

func kindsOfAll() map[Code]kind {
	all := make(map[Code]kind)
	for _, some := range []map[Code]kind{recordKinds, policyKinds, mxKinds, reportKinds} {
		maps.Copy(all, some)
	}
	for prefix, severity := range map[string]Severity{"mx": CostsMail, "policy": CostsProtection} {
		for fault, k := range certificateKinds {
			if k.severity == "" {
				k.severity = severity
			}
			all[certificateCode(prefix, fault)] = k
		}
	}
	for trait, k := range traitKinds {
		if k.severity == "" {
			k.severity = CostsProtection
		}
		all[traitCode(trait)] = k
	}
	return all
}

var recordKinds = map[Code]kind{
	RecordMissing: {CostsProtection, "no MTA-STS record announces a policy",
		"First serve a policy in mode testing at the Policy Host, then set the TXT record.", ""},
	RecordSeveral: {CostsProtection, "several MTA-STS records",
		"Keep the one with the id of the policy that is served, and take the others out.", "Several records count as none (RFC 8461, section 3.1): senders go on as if there were no policy, save those that hold one from before."},
	RecordSyntax: {CostsProtection, "the MTA-STS record cannot be read",
		`Write it as "v=STSv1; id=20260101T000000;", with an id of 1 to 32 letters and digits, a new one whenever the policy changes.`, ""},
	RecordSecondID: {CostsProtection, "the MTA-STS record has more than one id",
		"Leave the id of the policy that is served, and take the others out.", ""},
	RecordLoop: {CostsProtection, "CNAMEs lead in a circle",
		"Point the CNAME at the name that has the TXT record.", ""},
	RecordDangling: {CostsProtection, "a CNAME leads to no MTA-STS record",
		"Set the TXT record at the name that the CNAME leads to, or have the CNAME lead to the name that has it.", ""},
}

var policyKinds = map[Code]kind{
	PolicyNoAddress: {CostsProtection, "the Policy Host has no address",
		"Give the Policy Host an address, or a CNAME to whoever serves the policy.", ""},
	PolicyLoop: {CostsProtection, "CNAMEs lead in a circle",
		"Point the CNAME at whoever serves the policy, or give the Policy Host an address.", ""},
	PolicyNotPublic: {CostsProtection, "the Policy Host has an address that the Internet does not reach",
		"Take that address out of the public DNS, or put the public one in its place.", ""},
	PolicyUnreachable: {CostsProtection, "the Policy Host cannot be connected to",
		"Have a web server answer there, and let everybody through to it; or take the address out of the DNS.", ""},
	PolicyTLSFailed: {CostsProtection, "the Policy Host does not speak TLS as senders do",
		"Mend the web server's TLS: with version 1.2 or 1.3, and a certificate for this name.", ""},
	PolicyTLSOld: {CostsProtection, "the Policy Host speaks no TLS newer than 1.1",
		"Switch TLS 1.2 and 1.3 on. Versions before 1.2 are not to be used (RFC 8996), and hardly any sender does.", ""},
	PolicyOldCipher: {CostsProtection, "the Policy Host takes only cipher suites that newer programs do not offer",
		"Switch TLS 1.3 on, or for TLS 1.2 cipher suites with ECDHE and AES-GCM.", "Programs made with Go 1.23 or later do not offer what it takes, unless told to. They go on as if there were no policy, save one from before."},
	PolicyNoCommon: {CostsProtection, "the Policy Host takes no cipher suite that programs made with Go have",
		"Switch TLS 1.3 on, or for TLS 1.2 cipher suites with ECDHE.", "Senders that are made with Go, of the known ones mox, maddy, chasquid and postfix-tlspol, go on as if there were no policy, save one from before. What others do could not be told."},
	PolicyOldGroups: {CostsProtection, "the Policy Host breaks off TLS with programs that offer a newer exchange of keys",
		"Bring the web server, and any firewall before it, up to date: what they do not know in an offer they must pass over (RFC 8446, section 9.3).", "Programs made with Go 1.24 or OpenSSL 3.5, or later, offer it, unless told not to. They go on as if there were no policy, save one from before."},
	PolicyRedirect: {CostsProtection, "the Policy Host redirects",
		"Serve the policy at this very address, without a redirect.", "No sender follows a redirect (RFC 8461, section 3.3): they go on as if there were no policy, save those that hold one from before."},
	PolicyStatus: {CostsProtection, "the Policy Host does not answer 200 OK",
		"Serve the policy there with 200 OK.", "Senders take a policy only with 200 OK (RFC 8461, section 3.3), and go on as if there were none, save those that hold one from before."},
	PolicyMediaType: {CostsProtection, "the policy does not come as text/plain",
		"Have the web server send Content-Type: text/plain; charset=utf-8 for it.", ""},
	PolicyTooLarge: {CostsProtection, "what the Policy Host serves is larger than senders read",
		"Serve the policy alone, in at most 10 KiB.", ""},
	PolicyCutOff: {CostsProtection, "the answer of the Policy Host ends before it is whole",
		"Look into the web server's log; something ends the connection early.", ""},
	PolicySlow: {CostsProtection, "the Policy Host is too slow for some senders",
		"Have it answer within 2 seconds from everywhere, also when nobody has asked for a while.", ""},
	PolicyTimeout: {CostsProtection, "the Policy Host does not answer in time",
		"Have it answer within 2 seconds from everywhere, also when nobody has asked for a while.", "Senders that have given up by then go on as if there were no policy, save one from before."},
	PolicyDiffers: {CostsProtection, "the addresses of the Policy Host serve different policies",
		"Have all of them serve the same, and only then announce a new id.", "Each sender gets the one or the other, and keeps it for its max_age."},
	PolicyAdvice: {CostsNothing, "the policy could be better",
		"Change the policy as said, and then the id.", "Senders take it as it is."},
	PolicyNotOurs: {CostsProtection, "what is served is not what is published here",
		"See sealpost status for what is in the way. If another host serves the policy, point the Policy Host at yours.", "Senders go by what is served."},
	IDNotOfPolicy: {CostsProtection, "the announced id is not that of the policy",
		"See sealpost status for what is in the way: the id moves by itself once the policy is seen from outside.", "Senders that hold an older policy keep to it, until its max_age is over or the id changes."},
}

var mxKinds = map[Code]kind{
	DomainNotFound: {CostsMail, "the domain does not exist",
		"Look whether the name is right, and whether the domain is still registered.", "Nobody can send mail to it."},
	MXNone: {CostsMail, "the domain takes no mail: it has neither MX records nor an address",
		"Set MX records that name the hosts that take its mail.", "Nobody can send mail to it."},
	MXNull: {CostsProtection, "the domain takes no mail, so its policy protects nothing",
		"Retire the policy by mode none, or replace the null MX by the hosts that take its mail.", "Senders deliver nothing to it (RFC 7505)."},
	MXNullBeside: {CostsMail, "a null MX stands beside MX hosts",
		"Take the null MX out; or, if the domain is to take no mail, the others.", "It says that the domain takes no mail, and must stand alone (RFC 7505, section 3). Some senders send mail back for it, in any mode; others pass it over."},
	MXImplicit: {CostsNothing, "there is no MX record, and the domain itself stands in for one",
		"Set an MX record that names the host.", "Senders try the address of the domain itself (RFC 5321, section 5.1). Not all hold it to the policy."},
	MXLoop: {CostsMail, "CNAMEs lead in a circle",
		"Point the CNAME at a name with records, or set MX records in its place.", "Nobody can find out where to send mail."},
	MXNotCovered: {CostsMail, "the policy does not allow this MX host",
		"Add it to the policy, then change the id. Or take it out of the MX records.", ""},
	MXPatternUnused: {CostsNothing, "the policy allows a host that is no MX",
		"Take it out, unless it is to become one, or stood there until lately.", "Senders don't mind."},
	MXNotCoveredKept: {CostsMail, "a policy from before, which senders may still hold, does not allow this MX host",
		"Keep an MX host that the older policy allows, until then.", "Senders that hold the older policy do not deliver to this host, whatever the new one says."},
	MXNoAddress: {CostsMail, "the MX host has no address",
		"Give the host an address, or take it out of the MX records.", "No sender can deliver to this host, in any mode. They try the others, if there are any."},
	MXIsAddress: {CostsMail, "the MX record names an address in the place of a host",
		"Name a host in the MX record, and give that host the address (RFC 1035, section 3.3.9).", "To senders it is the name of a host that has no address (RFC 5321, section 5.1): none can deliver to it, in any mode. They try the others, if there are any."},
	MXNotPublic: {CostsMail, "the MX host has an address that the Internet does not reach",
		"Take that address out of the public DNS, or put the public one in its place.", "No sender can deliver to this address, in any mode. They try the others, if there are any."},
	MXAlias: {CostsNothing, "the MX host is an alias",
		"Name the host itself in the MX record, and in the policy.", "An MX is not to name a CNAME (RFC 5321, section 5.1). Most senders follow it, and hold the alias to the policy, not the host."},
	MXNoStartTLS: {CostsMail, "the host does not offer STARTTLS",
		"Switch TLS on in the mail server, with a certificate for this name.", ""},
	MXStripped: {CostsMail, "something on the way takes STARTTLS out",
		"Switch off the inspection of SMTP in the firewall before the host (fixup, esmtp inspection); or it is on the way from here, then try from elsewhere.", ""},
	MXRefusesTLS: {CostsMail, "the host offers STARTTLS, and then refuses it",
		"Look into the mail server's log. Often its certificate or key cannot be read.", ""},
	MXTLSFailed: {CostsMail, "the handshake of TLS fails",
		"Look into the mail server's log. Often its certificate and key do not belong together, or it has no version that others have.", ""},
	MXTLSOld: {CostsMail, "the host speaks no TLS newer than 1.1",
		"Switch TLS 1.2 and 1.3 on. Versions before 1.2 are not to be used (RFC 8996), and large senders refuse them.", ""},
	MXOldCipher: {CostsMail, "the host takes only cipher suites that newer programs do not offer",
		"Switch TLS 1.3 on, or for TLS 1.2 cipher suites with ECDHE and AES-GCM.", "Senders that are made with Go 1.23 or later do not offer what it takes, unless told to. In mode enforce they do not deliver to this host. Others may."},
	MXNoCommon: {CostsMail, "the host takes no cipher suite that programs made with Go have",
		"Switch TLS 1.3 on, or for TLS 1.2 cipher suites with ECDHE.", "Senders that are made with Go, such as mox, maddy and chasquid, cannot speak TLS with it. In mode enforce they do not deliver to this host. What others do could not be told."},
	MXOldGroups: {CostsMail, "the host breaks off TLS with senders that offer a newer exchange of keys",
		"Bring the mail server, and any firewall before it, up to date: what they do not know in an offer they must pass over (RFC 8446, section 9.3).", "Senders that are made with Go 1.24 or OpenSSL 3.5, or later, offer it, unless told not to. In mode enforce they do not deliver to this host. Others may."},
}

var reportKinds = map[Code]kind{
	TLSRPTMissing: {CostsReports, "no TLSRPT record asks for reports",
		`Set a TXT record such as "v=TLSRPTv1; rua=mailto:tls-reports@reports.example.com".`, ""},
	TLSRPTSeveral: {CostsReports, "several TLSRPT records",
		"Put all addresses into one record, with commas, and take the others out.", "Several records count as none (RFC 8460, section 3): no sender reports."},
	TLSRPTSyntax: {CostsReports, "the TLSRPT record cannot be read",
		`Write it as "v=TLSRPTv1; rua=mailto:tls-reports@reports.example.com".`, ""},
	TLSRPTLoop: {CostsReports, "CNAMEs lead in a circle",
		"Point the CNAME at the name that has the TXT record.", ""},
	TLSRPTDangling: {CostsReports, "a CNAME leads to no TLSRPT record",
		"Set the TXT record at the name that the CNAME leads to, or have the CNAME lead to the name that has it.", ""},
	RUANoMail: {CostsReports, "reports are to go to a domain that takes no mail",
		"Mend the address in rua, or set MX records for its domain.", "Reports to this address are lost."},
	RUAUnreachable: {CostsReports, "the place for reports cannot be connected to",
		"Mend the URI in rua, or what should answer there.", "Reports to this URI are lost."},
	RUACertificate: {CostsReports, "the place for reports has no valid certificate",
		"Renew or replace the certificate.", "Reporters may send reports all the same (RFC 8460, section 3), or not at all."},
	RUATLSOld: {CostsReports, "the place for reports speaks no TLS newer than 1.1",
		"Switch TLS 1.2 and 1.3 on.", "Reporters may not send there."},
	RUAFails: {CostsReports, "the place for reports answers with a failure",
		"Look into its log.", "Reports to this URI may be lost."},
	RUAStatus: {CostsNothing, "the place for reports answers as if it took none",
		"Look whether it takes a POST there (RFC 8460, section 5.4), by which reports come: this check sends none.", "To a POST it may answer otherwise."},
}

func certificateCode(prefix string, f fault) Code { return Code(prefix + "-certificate-" + string(f)) }

func traitCode(trait mtasts.Trait) Code { return Code("policy-" + string(trait)) }

// fault is what is wrong with a certificate.
type fault string

const (
	expired          fault = "expired"
	notYetValid      fault = "not-yet-valid"
	expiring         fault = "expiring"
	otherName        fault = "name"
	selfSigned       fault = "self-signed"
	unknownAuthority fault = "unknown-authority"
	incomplete       fault = "incomplete-chain"
	authorityExpired fault = "authority-expired"
	invalid          fault = "invalid"
)

var certificateKinds = map[fault]kind{
	expired: {"", "the certificate has expired",
		"Renew the certificate, and make sure that the server has loaded the new one.", ""},
	notYetValid: {"", "the certificate is not valid yet",
		"Install a certificate that is valid now. Is the clock right where it was made?", ""},
	expiring: {CostsSoon, "the certificate expires soon",
		"Renew it now, and find out why that has not happened by itself.", "Senders take it until then, and not a minute longer."},
	otherName: {"", "the certificate is for another name",
		"Install a certificate that has this name among its DNS names. The name that a CNAME leads to does not count.", ""},
	selfSigned: {"", "the certificate is signed by itself",
		"Install a certificate of an authority that everybody knows, such as Let's Encrypt.", ""},
	unknownAuthority: {"", "no authority that senders know vouches for the certificate",
		"Have the server send its intermediate certificates too, or install a certificate of an authority that everybody knows, such as Let's Encrypt.", ""},
	incomplete: {"", "the server leaves out an intermediate certificate",
		"Have the server send the whole chain (with Let's Encrypt: fullchain.pem, not cert.pem). Browsers fetch what is missing, and so hide it; mail servers do not.", ""},
	authorityExpired: {"", "an intermediate certificate is not valid now",
		"Have the server send the chain that came with its present certificate.", ""},
	invalid: {"", "the certificate is not valid",
		"Install another certificate.", ""},
}

var traitKinds = map[mtasts.Trait]kind{
	mtasts.TraitSyntax:           {what: "the policy cannot be read", mend: "Mend the policy, then change the id. sealpost policy lint tries a text before it is served."},
	mtasts.TraitByteOrderMark:    {what: "the policy begins with a byte order mark", mend: "Save the file as UTF-8 without one, then change the id."},
	mtasts.TraitCROnly:           {what: "the lines of the policy end in CR alone", mend: "End them in LF or CRLF, then change the id."},
	mtasts.TraitBlankLine:        {what: "the policy has a blank line", mend: "Take the line out, also at the end of the file, then change the id."},
	mtasts.TraitComment:          {what: "the policy has a comment", mend: "Take it out, then change the id. Policies have no comments."},
	mtasts.TraitSpaceBeforeColon: {what: "the policy has a space before a colon", mend: "Take the space out, then change the id."},
	mtasts.TraitMXTrailingDot:    {what: "an mx of the policy ends in a dot", mend: "Take the dot off, then change the id."},
	mtasts.TraitColonInExtension: {what: "an extension field of the policy has a colon in its value", mend: "Take the field out, then change the id. No extension is defined yet."},
	mtasts.TraitRepeatedField:    {what: "a field of the policy is there twice, with two values", mend: "Take the wrong one out, then change the id."},
	mtasts.TraitRepeatedInvalid:  {what: "a field of the policy is there twice, the second time with a value that it cannot have", mend: "Take the second one out, then change the id."},
	mtasts.TraitNoneWithoutMX:    {what: "the policy has mode none and lists no mx", mend: "List the hosts in mode none too, then change the id."},
	mtasts.TraitMaxAgeZero:       {what: "the max_age of the policy is 0", mend: "Write at least 86400 (a day), then change the id."},
	mtasts.TraitMaxAgeUnusual:    {severity: CostsNothing, what: "the max_age of the policy is outside of what some senders take", mend: "Write 86400 (a day) to 31536000 (365 days), then change the id."},
	mtasts.TraitMaxAgeTooLong:    {what: "the max_age of the policy is longer than a year", mend: "Write 31536000 (365 days) or less, then change the id."},
	mtasts.TraitOver10KiB:        {what: "the policy is over 10 KiB long", mend: "Shorten it: *.example.com stands for many hosts."},
}

// effectIn says what senders do, by the mode that the policy is in.
func (k kind) effectIn(mode mtasts.Mode) string {
	switch {
	case k.effect != "":
		return k.effect
	case k.severity == CostsProtection:
		return "Senders go on as if there were no policy, save those that hold one from before."
	case k.severity == CostsReports:
		return "No sender reports, so nobody says when TLS fails."
	case mode == mtasts.ModeEnforce:
		return "Senders that keep to the policy do not deliver to this host: they try the others, hold the mail back, and bounce it after some days (RFC 8461, section 5)."
	case mode == mtasts.ModeTesting:
		return "Senders deliver all the same, and report it. In mode enforce they would not deliver to this host."
	default:
		return "Without a policy in force senders deliver all the same, if need be unprotected. In mode enforce they would not deliver to this host."
	}
}

package digest

import (
	"slices"

	"sealpost/internal/tlsrpt"
)

// Notes says how to read the numbers; each note stands only where it applies.
func (d Digest) Notes() []string {
	notes := []struct {
		applies bool
		text    string
	}{
		{
			d.Running,
			"The week is not over: more reports will come.",
		},
		{
			d.anyStanding(Failing) || d.anyStanding(SaidToFail),
			"A failed session is not always a delayed mail: under an MTA-STS policy in mode testing senders deliver all the same. In mode enforce, and under DANE, mail may wait or bounce. The mode beside a domain is that of now; before a change, senders went by the one before.",
		},
		{
			d.anyFailure(),
			"The sessions by cause need not add up to the failed sessions: one session may count under several causes. Each report counts on the day on which its range begins.",
		},
		{
			d.any(isOf(tlsrpt.PolicySTS)) && d.any(isOf(tlsrpt.PolicyTLSA)),
			"MTA-STS and DANE may count the same sessions: don't add them.",
		},
		{
			d.any(isOf(tlsrpt.PolicyNotFound)),
			"No policy found: the sender applied neither MTA-STS nor DANE to these sessions.",
		},
		{
			d.Unauthenticated > 0,
			"Unauthenticated reports carry no proof of their sender: whoever knows the address can send one. Their numbers stand apart.",
		},
		{
			d.anyReporter(func(r Reporter) bool { return r.Distrusted }),
			"Distrusted: the report is signed, and its signer is listed in the configuration as distrusted. It counts as unauthenticated.",
		},
		{
			d.anyStanding(NoReport),
			"No report is not \"no failure\". If mail came in and you expect reports, check the TXT record at _smtp._tls.<domain>.",
		},
		{
			d.Copies > 0,
			"Left out: " + amount(d.Copies, "repeated report") + ", since each report counts once.",
		},
		{
			d.Late > 0,
			"Since the digest before, " + amount(d.Late, "report") + " came about earlier weeks.",
		},
		{
			d.OtherDomains,
			"Left out: what reports say about domains without a policy here.",
		},
	}
	var texts []string
	for _, n := range notes {
		if n.applies {
			texts = append(texts, n.text)
		}
	}
	return texts
}

func (d Digest) anyStanding(s Standing) bool {
	return slices.ContainsFunc(d.Domains, func(d Domain) bool { return d.Standing == s })
}

func (d Digest) anyFailure() bool {
	return slices.ContainsFunc(d.Domains, func(d Domain) bool { return d.has(KindFailure) })
}

func (d Digest) any(of func(Result) bool) bool {
	return slices.ContainsFunc(d.Domains, func(d Domain) bool {
		return slices.ContainsFunc(d.Results, of)
	})
}

func (d Digest) anyReporter(is func(Reporter) bool) bool {
	return d.any(func(r Result) bool { return slices.ContainsFunc(r.Reporters, is) })
}

func isOf(t tlsrpt.PolicyType) func(Result) bool {
	return func(r Result) bool { return r.PolicyType == string(t) }
}

package digest

import (
	"fmt"
	"slices"

	"sealpost/internal/archive"
)

// unreadable finds reports that lie in the archive and do not count, since they
// cannot be read.
func (s *Sums) unreadable() []Finding {
	if len(s.damaged) == 0 {
		return nil
	}
	return []Finding{{
		Kind:    KindUnreadable,
		Urgency: Look,
		What:    amount(len(s.damaged), "stored report") + " cannot be read, such as " + Readable(slices.Min(s.damaged), textLength) + ".",
		Do:      "Take it from a backup, or move it away.",
	}}
}

// quarantined finds what came in and does not count.
func quarantined(counts map[archive.Reason]int) []Finding {
	var findings []Finding
	for _, reason := range archive.Reasons() {
		if n := counts[reason]; n > 0 {
			what, do := reasonWords(reason, n)
			findings = append(findings, Finding{Kind: KindInQuarantine, Urgency: Know, What: what, Do: do})
		}
	}
	return findings
}

// expiring finds what is in quarantine for a week at most.
func expiring(e Expiring) []Finding {
	if e.Entries == 0 {
		return nil
	}
	return []Finding{{
		Kind: KindInQuarantine, Urgency: Know,
		What: fmt.Sprintf("Quarantine: %s within a week, from %s on, below %s.",
			expires(e.Entries), e.First.UTC().Format("2 January 2006"), archive.UnauthenticatedPrefix),
		Do: fmt.Sprintf("They are unauthenticated, and are kept for %d days (option -quarantine-days; on AWS retentionDays.quarantine). "+
			"sealpost replay counts those that are good now. It does not keep the others: copy what you want to keep.", e.KeptDays),
	}}
}

func expires(n int) string {
	if n == 1 {
		return "1 entry expires"
	}
	return grouped(int64(n)) + " entries expire"
}

func reasonWords(reason archive.Reason, n int) (what, do string) {
	const again = "sealpost replay judges them again"
	switch reason {
	case archive.ReasonInvalid:
		return fmt.Sprintf("In quarantine, as invalid: %s that cannot be understood.", amount(n, "report")),
			"Why is noted beside each. After an upgrade, " + again + "."
	case archive.ReasonNotHosted:
		return fmt.Sprintf("In quarantine, as not-hosted: %s about domains that have no policy here, of those not yet %d days old.", amount(n, "report"), archive.NotHostedDays),
			"If one of the domains is yours, give it a policy; then " + again + "."
	case archive.ReasonUnsigned:
		return fmt.Sprintf("In quarantine, as unsigned: %s with a report that nothing vouches for.", amount(n, "mail")),
			"By RFC 8460 such a mail does not count. Once its signer's key is in the DNS, " + again + "."
	case archive.ReasonDNSFailed:
		return fmt.Sprintf("In quarantine, as dns-failed: %s with a report. The DNS did not answer for the key of the signature.", amount(n, "mail")),
			"Once it does, sealpost replay -reason dns-failed judges them again. If several reporters that you know are among them, the fault is not theirs: see why the DNS does not answer here."
	default:
		return fmt.Sprintf("In quarantine, as %s: %s without a report.", reason, amount(n, "mail")), ""
	}
}

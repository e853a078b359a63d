package digest

import (
	"strings"

	"sealpost/internal/mtasts"
)

// Policy is what is known of a domain's policy besides what reports say. Texts
// are for people; they may quote others.
type Policy struct {
	Mode       mtasts.Mode // Of what is served; empty where nothing is.
	Refused    []string    // Why its item is not published.
	Gone       bool        // Its item is gone, so what is refused is no edit.
	Waiting    []string    // Why it is not published yet, where that passes by itself.
	Obstacle   string      // What is in the way of what is served.
	NotAllowed string      // Of one in mode enforce: which MX hosts of the domain it does not allow, and what to do.

	// BeforeEnforce is what would keep it from enforce now, in mode testing.
	BeforeEnforce []string
}

// maxTold is more than any problem needs.
const maxTold = 600

func (p Policy) findings() []Finding {
	var findings []Finding
	find := func(kind Kind, urgency Urgency, what, do string) {
		findings = append(findings, Finding{Kind: kind, Urgency: urgency, What: what, Do: do})
	}
	served := "What was published before is served on."
	if p.Mode == "" {
		served = "Nothing is served for this domain."
	}
	if len(p.Refused) > 0 {
		what, do := "The last edit of its policy is refused. ", "Fix it; sealpost status shows how. "
		if p.Gone {
			what, do = "Its policy is on hold, and its item is gone. ", ""
		}
		find(KindRefused, Act, what+told(p.Refused), do+served)
	}
	if len(p.Waiting) > 0 {
		find(KindWaiting, Know, "Enforce is asked for, and waits: "+told(p.Waiting), "")
	}
	if p.NotAllowed != "" {
		find(KindMXNotAllowed, Act, told([]string{p.NotAllowed}), "")
	}
	if p.Obstacle != "" {
		find(KindObstacle, Act, "Something is in the way of its policy. "+told([]string{p.Obstacle}), "")
	}
	if p.Mode == mtasts.ModeTesting && len(p.Refused)+len(p.Waiting) == 0 {
		if len(p.BeforeEnforce) == 0 {
			find(KindReady, Know, "It is in testing, and nothing keeps it from enforce.", "When you are ready, set its mode to enforce.")
		} else {
			find(KindNotReady, Know, "It is in testing. If you set its mode to enforce now, that would wait: "+
				told([]string{strings.Join(p.BeforeEnforce, "; ")}), "")
		}
	}
	return findings
}

// told writes problems as sentences that are safe to show.
func told(problems []string) string {
	sentences := make([]string, 0, len(problems))
	for _, problem := range problems {
		text := Readable(problem, maxTold)
		if text != "" && !strings.HasSuffix(text, ".") && !strings.HasSuffix(text, "\"") {
			text += "."
		}
		sentences = append(sentences, text)
	}
	return strings.Join(sentences, " ")
}

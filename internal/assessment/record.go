package assessment

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"sealpost/internal/mtasts"
	"sealpost/internal/survey"
)

// recordCodes are those of one kind of TXT record.
type recordCodes struct{ missing, several, syntax, loop, dangling Code }

// record judges the TXT record (RFC 8461, section 3.1).
func (j *judge) record() {
	txt := j.Seen.Record
	record, err := mtasts.FindRecord(txt.Values)
	if err == nil && j.hasPolicy {
		j.ID = &ID{Announced: record.ID, OfBody: mtasts.ID([]byte(j.body))}
	}
	j.heard, j.unheard = record, err != nil && txt.Unseen == ""
	like := likely(txt.Values, "stsv1")
	j.announced = err == nil || !errors.Is(err, mtasts.ErrNoRecord) || len(like) > 0 || len(txt.CNAMEs) > 0
	j.txt(txt, recordCodes{RecordMissing, RecordSeveral, RecordSyntax, RecordLoop, RecordDangling}, finding{
		err: err, none: errors.Is(err, mtasts.ErrNoRecord), several: errors.Is(err, mtasts.ErrSeveralRecords), like: like, start: "v=STSv1;",
	})
	if record.SecondID != "" {
		j.secondID(record)
	}
}

// secondID: only the first counts (RFC 8461, section 3.2), and not every sender
// has heard of that.
func (j *judge) secondID(record mtasts.Record) {
	p := j.problem(RecordSecondID, j.Seen.Record.Name, none, fmt.Sprintf("After %s there is %.60q. Only the first counts (RFC 8461, section 3.2).", record.ID, record.SecondID))
	j.put(p.differing(outcomesBy(func(s mtasts.Sender) mtasts.Outcome { return s.SecondID })))
}

// toAnnounce says which record to set, where only that is missing.
func (j *judge) toAnnounce() {
	missing := slices.IndexFunc(j.Problems, func(p Problem) bool { return p.Code == RecordMissing })
	if missing < 0 || !j.hasPolicy {
		return
	}
	toMend := slices.ContainsFunc(j.Problems, func(p Problem) bool {
		return p.Host == j.Seen.PolicyHost.Name && (p.Severity == CostsProtection || p.Severity == CostsMail)
	})
	name, record := j.Seen.Record.Name, mtasts.Record{ID: mtasts.ID([]byte(j.body))}
	switch p := &j.Problems[missing]; {
	case j.isOurs():
		p.Mend = "See sealpost status: it names the record to set, or what keeps it from being written."
	case toMend:
		p.Mend = "First mend what is said of the Policy Host here, then set the TXT record, with an id of 1 to 32 letters and digits."
	default:
		p.Mend = fmt.Sprintf("Set the TXT record %s to %q. That id is the hash of the policy; any other of 1 to 32 letters and digits will do, if it changes whenever the policy does.", name, record)
	}
}

// finding is what a search among TXT records came to.
type finding struct {
	err           error
	none, several bool
	like          []string // That are meant to be such records, and are not.
	start         string   // With which they begin.
}

func (j *judge) txt(txt survey.TXT, codes recordCodes, f finding) {
	switch {
	case txt.Unseen != "":
		j.unknown(txt.Name, none, sentence(string(txt.Unseen)), tryAgain)
	case txt.Loop:
		j.of(codes.loop, txt.Name, leads(txt.CNAMEs, "No record can be found"))
	case f.err == nil:
	case f.none && len(f.like)+len(txt.CNAMEs) == 0 && j.takesNoMail(): // Then none is missed.
	case f.none && len(f.like) > 0:
		j.of(codes.syntax, txt.Name, fmt.Sprintf("%.120q does not begin with %q, so it counts for nothing: %s.", f.like[0], f.start, f.amiss()))
	case f.none && len(txt.CNAMEs) > 0:
		j.of(codes.dangling, txt.Name, leads(txt.CNAMEs, fmt.Sprintf("No TXT record there begins with %q", f.start)))
	case f.none && len(txt.Values) > 0:
		j.of(codes.missing, txt.Name, fmt.Sprintf("No TXT record there begins with %q. There is %.120q.", f.start, txt.Values[0]))
	case f.none:
		j.of(codes.missing, txt.Name, "There is no TXT record.")
	case f.several:
		var quoted []string
		for _, value := range txt.Values {
			quoted = append(quoted, fmt.Sprintf("%.120q", value))
		}
		j.of(codes.several, txt.Name, "There are "+and(quoted)+".")
	default:
		j.of(codes.syntax, txt.Name, sentence(f.err.Error()))
	}
}

// amiss says why what is meant to be a record does not begin like one.
func (f finding) amiss() string {
	version := strings.TrimSuffix(f.start, ";")
	switch before, after, has := strings.Cut(f.like[0], version); {
	case !has:
		return "capitals are to be as there"
	case before != "":
		return "that must come first, with nothing before it"
	case strings.HasPrefix(after, `\`): // Zone files have it, and other ways to set a record do not.
		return "the backslashes are to be taken out"
	default:
		return "the semicolon must follow at once"
	}
}

// likely gives the values that are meant to be records of a version, with it at
// their beginning or in another field.
func likely(values []string, version string) []string {
	var like []string
	for _, value := range values {
		if slices.ContainsFunc(strings.Split(strings.ToLower(value), ";"), func(field string) bool {
			bare := strings.Trim(field, " \t\"'")
			_, after, is := strings.Cut(bare, "v")
			return is && strings.HasPrefix(bare, "v") && strings.HasPrefix(strings.TrimLeft(after, " \t="), version)
		}) {
			like = append(like, value)
		}
	}
	return like
}

// leads says to where CNAMEs lead, and then the rest.
func leads(cnames []string, rest string) string {
	if len(cnames) == 0 {
		return rest + "."
	}
	return fmt.Sprintf("It leads by CNAME to %s. %s.", strings.Join(cnames, ", then "), rest)
}

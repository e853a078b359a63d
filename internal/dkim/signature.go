package dkim

import (
	"context"
	"strconv"
	"strings"
	"time"
)

// maxSigned is how many names of header fields a signature may have. Real ones
// have some thirty, many twice, so that nothing can be added.
const maxSigned = 200

// maxAhead is by how much the clock of a signer may be ahead of ours.
const maxAhead = time.Hour

// verify judges the signature in the mail's field i.
func verify(ctx context.Context, m message, i int, keys *keys, received time.Time) Signature {
	_, text, _ := strings.Cut(m.fields[i], ":")
	tags := tagsOf(text)
	s := Signature{Domain: ascii(tags["d"]), Signed: strings.Split(strings.ToLower(tags["h"]), ":")}
	if s.Problem = refusal(tags, s, received); s.Problem != "" {
		return s
	}
	record, err := keys.lookUp(ctx, tags["s"]+"._domainkey."+s.Domain)
	identity, hasIdentity := tags["i"]
	switch {
	case err != nil:
		s.unknown = err
	case record.problem != "":
		s.Problem = record.problem
	case hasIdentity && DomainOf(identity) != s.Domain && record.isForNoSubdomain():
		s.Problem = "speaks for a subdomain (i=), for which its key does not hold (t=s)"
	default:
		s.Problem = libraryVerify(m, i, record.text, received)
	}
	return s
}

// refusal says what of a signature is wrong before any cryptography, or nothing.
func refusal(tags map[string]string, s Signature, received time.Time) string {
	if s.Domain == "" || tags["s"] == "" {
		return "is broken: it names no domain or no selector"
	}
	if len(s.Signed) > maxSigned {
		return "covers more header fields than any mail has"
	}
	if _, isPartial := tags["l"]; isPartial {
		return "covers only a part of the mail (l=), which RFC 8460, section 3, forbids"
	}
	// RFC 6376, section 3.5: judged at the time of receipt, where it is known.
	if at, err := unix(tags["t"]); err == nil && at.After(received.Add(maxAhead)) {
		return "is made in the future, on " + words(at)
	}
	if at, err := unix(tags["x"]); err == nil && received.After(at) {
		return "was over on " + words(at) + " (x=), before the mail came"
	}
	return ""
}

func words(t time.Time) string { return t.UTC().Format("2 January 2006 at 15:04 UTC") }

func unix(s string) (time.Time, error) {
	seconds, err := strconv.ParseInt(s, 10, 64)
	return time.Unix(seconds, 0), err
}

// tagsOf reads a tag-list (RFC 6376, section 3.2), with all blanks taken out of
// the values: those that matter here have none.
func tagsOf(text string) map[string]string {
	tags := make(map[string]string)
	for tag := range strings.SplitSeq(text, ";") {
		name, value, _ := strings.Cut(tag, "=")
		tags[strings.TrimSpace(name)] = withoutBlanks(value)
	}
	return tags
}

func withoutBlanks(s string) string { return strings.Join(strings.Fields(s), "") }

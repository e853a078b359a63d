package dkim

import (
	"encoding/base64"
	"slices"
	"strconv"
	"strings"
	"time"

	"sealpost/internal/message"
)

const signatureField = "dkim-signature"

// maxSigned is how many names of header fields a signature may have. Real ones
// have some thirty, many twice, so that nothing can be added.
const maxSigned = 200

// maxAhead is by how much the clock of a signer may be ahead of ours.
const maxAhead = time.Hour

// signature is a DKIM-Signature field (RFC 6376, section 3.5).
type signature struct {
	Signature
	isJudged bool // As far as its key could be looked up.

	field          message.Field
	index          int // Of the field.
	tags           tags
	algorithm      string // "rsa" or "ed25519", with SHA-256.
	relaxedHeader  bool
	body           bodyKind
	bodySum, value []byte // bh= and b=.
}

// noLimit is the length of a body that is covered whole.
const noLimit = -1

// isPartial reports whether the signature has l=.
func (s *signature) isPartial() bool { return s.body.length != noLimit }

// with returns the signature with a problem.
func (s *signature) with(problem string) Signature {
	signature := s.Signature
	signature.Problem = problem
	return signature
}

// keyName is where in the DNS the key is (section 3.6.2.1).
func (s *signature) keyName() string { return s.tags["s"].value + "._domainkey." + s.Domain }

// parseSignature reads the field at an index of a message. Its Problem says what
// of it is wrong before its key is known.
func parseSignature(field message.Field, index int, receivedAt time.Time) *signature {
	s := &signature{field: field, index: index}
	parsed, ok := parseTags(value(field))
	if !ok {
		s.Problem = "is broken: it has to be name=value, each name once, with a semicolon between each and the next (RFC 6376, section 3.2)"
		return s
	}
	s.tags = parsed
	s.Domain = ascii(parsed["d"].value)
	s.Signed = parsed.list("h")
	for i, name := range s.Signed {
		s.Signed[i] = lower(name)
	}
	for _, read := range []func() string{s.readNames, s.readAlgorithm, s.readCanonicalization, s.readTimes(receivedAt), s.readSums} {
		if s.Problem = read(); s.Problem != "" {
			return s
		}
	}
	return s
}

// value is what comes after the colon of a field.
func value(field message.Field) string {
	_, text, _ := strings.Cut(string(field.Raw), ":")
	return text
}

// readNames reads who has signed what.
func (s *signature) readNames() string {
	if s.tags["v"].value != "1" {
		return "is broken: its version (v=) is not 1"
	}
	selector := s.tags["s"].value
	if s.Domain == "" || !isHostName(s.Domain) || !isHostName(selector) || len(s.keyName()) > maxName {
		s.Domain = ""
		return "is broken: it names no domain or no selector"
	}
	if identity, has := s.tags.get("i"); has {
		domain := DomainOf(identity)
		if domain != s.Domain && !strings.HasSuffix(domain, "."+s.Domain) {
			return "is broken: its identity (i=) is not within its domain (d=)"
		}
	}
	if len(s.Signed) > maxSigned {
		return "covers more header fields than any mail has"
	}
	if !slices.Contains(s.Signed, "from") {
		return "does not cover From (RFC 6376, section 5.4)"
	}
	if methods, has := s.tags.get("q"); has && !slices.Contains(s.tags.list("q"), "dns/txt") {
		return "has a key that is not in the DNS (q=" + quoted(methods) + ")"
	}
	return ""
}

// maxName is the length of the longest name in the DNS (RFC 1035, section 2.3.4).
const maxName = 253

// isHostName reports whether a text may be asked of the DNS as a name, or a part
// of one.
func isHostName(s string) bool {
	return s != "" && strings.Trim(s, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.") == "" &&
		!strings.HasPrefix(s, ".") && !strings.HasSuffix(s, ".") && !strings.Contains(s, "..")
}

func (s *signature) readAlgorithm() string {
	switch name := s.tags["a"].value; name {
	case "rsa-sha256", "ed25519-sha256":
		s.algorithm = strings.TrimSuffix(name, "-sha256")
		return ""
	case "rsa-sha1":
		return "is made with SHA-1, a hash that is too weak (RFC 8301, section 3.1)"
	default:
		return "is made with an algorithm that is not known, " + quoted(name)
	}
}

func (s *signature) readCanonicalization() string {
	header, body, hasBody := strings.Cut(s.tags["c"].value, "/")
	if _, has := s.tags.get("c"); !has {
		header = "simple"
	}
	if !hasBody {
		body = "simple"
	}
	isKnown := func(name string) bool { return name == "simple" || name == "relaxed" }
	if !isKnown(header) || !isKnown(body) {
		return "is made by a canonicalization that is not known, " + quoted(s.tags["c"].value)
	}
	s.relaxedHeader, s.body = header == "relaxed", bodyKind{body == "relaxed", noLimit}
	if length, has := s.tags.get("l"); has {
		n, ok := digits(length)
		if !ok {
			return "is broken: l= is no length"
		}
		s.body.length = n
	}
	return ""
}

// readTimes holds the signature's times to that of receipt, where it is known
// (RFC 6376, section 3.5).
func (s *signature) readTimes(receivedAt time.Time) func() string {
	return func() string {
		made, hasMade := s.tags.get("t")
		over, hasOver := s.tags.get("x")
		t, isTime := digits(made)
		x, isOver := digits(over)
		switch {
		case hasMade && !isTime, hasOver && !isOver:
			return "is broken: t= or x= is no time"
		case hasMade && hasOver && x <= t:
			return "is broken: it is over (x=) before it is made (t=)"
		case hasMade && t > receivedAt.Add(maxAhead).Unix():
			return "is made in the future, on " + words(t)
		case hasOver && receivedAt.Unix() > x:
			return "was over on " + words(x) + " (x=), before the mail came"
		}
		return ""
	}
}

func words(seconds int64) string {
	return time.Unix(seconds, 0).UTC().Format("2 January 2006 at 15:04 UTC")
}

// digits reads a number without a sign. What is larger than any that matters is
// the largest (RFC 6376, section 3.5, on t= and x=).
func digits(s string) (int64, bool) {
	if s == "" || strings.Trim(s, "0123456789") != "" {
		return 0, false
	}
	const most = 1e12
	n, err := strconv.ParseInt(s, 10, 64)
	if err != nil || n > most {
		n = most
	}
	return n, true
}

func (s *signature) readSums() string {
	var err error
	if s.bodySum, err = fromBase64(s.tags["bh"].value); err != nil || len(s.bodySum) == 0 {
		return "is broken: its body hash (bh=) is no base64"
	}
	if s.value, err = fromBase64(s.tags["b"].value); err != nil || len(s.value) == 0 {
		return "is broken: its signature (b=) is no base64"
	}
	return ""
}

func fromBase64(text string) ([]byte, error) {
	return base64.StdEncoding.DecodeString(withoutWhite(text))
}

// quoted is a text of strangers within a sentence.
func quoted(s string) string {
	const most = 40
	return strconv.QuoteToASCII(s[:min(len(s), most)])
}

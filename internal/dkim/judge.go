package dkim

import (
	"crypto"
	"crypto/ed25519"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/subtle"
	"io"

	"sealpost/internal/message"
)

// judge says what is wrong with a signature, now that its key is known.
func (j *judged) judge(s *signature, k key) string {
	switch {
	case k.problem != "":
		return k.problem
	case k.isStrict && DomainOf(s.tags["i"].value) != s.Domain && s.tags["i"].value != "":
		return "is for a subdomain (i=), for which its key does not hold (t=s)"
	}
	body := j.body(s.body)
	switch {
	case s.body.length > body.length:
		return "is broken: it covers more of the text (l=) than there is"
	case subtle.ConstantTimeCompare(body.sum[:], s.bodySum) != 1:
		return "does not fit the mail: its text or attachments were changed on the way"
	}
	sum := sha256.New()
	writeSigned(sum, j.message, s)
	return verifyWith(k.public, s, sum.Sum(nil))
}

// body hashes the body, once for all signatures of a kind.
func (j *judged) body(kind bodyKind) bodyHash {
	if sum, known := j.bodies[kind]; known {
		return sum
	}
	sum := hashBody(j.message.Body, kind)
	j.bodies[kind] = sum
	return sum
}

// writeSigned writes what a signature signs (RFC 6376, section 3.7): the fields
// that h= names, of those of one name the last first (section 5.4.2), and at last
// its own field, without the value of b= and the break at its end. A field that
// is not there is empty.
func writeSigned(w io.Writer, m *message.Message, s *signature) {
	byName := make(map[string][]message.Field)
	for i, field := range m.Fields {
		if i != s.index { // The field never signs itself as one of the others.
			byName[field.Name] = append(byName[field.Name], field)
		}
	}
	for _, name := range s.Signed {
		fields := byName[name]
		if len(fields) == 0 {
			continue
		}
		last := len(fields) - 1
		writeField(w, fields[last], s.relaxedHeader)
		w.Write(crlf)
		byName[name] = fields[:last]
	}
	writeField(w, s.withoutValue(), s.relaxedHeader)
}

// withoutValue is the signature's field without the value of b=.
func (s *signature) withoutValue() message.Field {
	raw := string(s.field.Raw)
	offset := len(raw) - len(value(s.field))
	b := s.tags["b"]
	return message.Field{Name: s.field.Name, Raw: []byte(raw[:offset+b.start] + raw[offset+b.end:])}
}

// verifyWith verifies the signature of a sum (RFC 6376, section 3.3, and RFC
// 8463, section 3), and says what is wrong.
func verifyWith(public crypto.PublicKey, s *signature, sum []byte) string {
	const changed = "does not fit the mail: a header field was changed on the way, or the key in the DNS is another one"
	switch public := public.(type) {
	case *rsa.PublicKey:
		if s.algorithm != "rsa" {
			break
		}
		if rsa.VerifyPKCS1v15(public, crypto.SHA256, sum, s.value) != nil {
			return changed
		}
		return ""
	case ed25519.PublicKey:
		if s.algorithm != "ed25519" {
			break
		}
		if !ed25519.Verify(public, sum, s.value) {
			return changed
		}
		return ""
	}
	return "has a key of another kind in the DNS (k=) than it is made with (a=)"
}

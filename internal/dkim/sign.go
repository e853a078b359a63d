package dkim

import (
	"crypto"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"strings"
	"time"

	"sealpost/internal/message"
)

// Signing is how a message is signed: with both canonicalizations relaxed, and
// SHA-256.
type Signing struct {
	Domain   string
	Selector string
	Key      crypto.Signer // Of RSA or Ed25519.
	Fields   []string      // That are covered, From among them.
	At       time.Time
}

// Sign puts a signature before a message.
func Sign(raw []byte, s Signing) ([]byte, error) {
	m, err := message.Cut(raw)
	if err != nil {
		return nil, err
	}
	algorithm, hash := "rsa-sha256", crypto.SHA256
	if _, is := s.Key.Public().(ed25519.PublicKey); is {
		algorithm, hash = "ed25519-sha256", crypto.Hash(0) // RFC 8463, section 3: the sum is what is signed.
	}
	body := hashBody(m.Body, bodyKind{relaxed: true, length: noLimit})
	field := fmt.Sprintf("DKIM-Signature: v=1; a=%s; c=relaxed/relaxed; d=%s; s=%s; t=%d;\r\n h=%s;\r\n bh=%s;\r\n b=",
		algorithm, s.Domain, s.Selector, s.At.Unix(), strings.Join(s.Fields, ":"), base64.StdEncoding.EncodeToString(body.sum[:]))
	signature := parseSignature(message.Field{Name: signatureField, Raw: []byte(field + "AAAA")}, len(m.Fields), s.At)
	if signature.Problem != "" {
		return nil, fmt.Errorf("sign for %s: the signature %s", s.Domain, signature.Problem)
	}
	sum := sha256.New()
	writeSigned(sum, &m, signature)
	value, err := s.Key.Sign(rand.Reader, sum.Sum(nil), hash)
	if err != nil {
		return nil, fmt.Errorf("sign for %s: %w", s.Domain, err)
	}
	return append([]byte(field+base64.StdEncoding.EncodeToString(value)+"\r\n"), raw...), nil
}

package survey

import (
	"context"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"encoding/hex"
	"errors"
	"fmt"
	"net/url"
	"time"
)

// inspect looks at each property of a certificate by itself: that it has expired
// does not hide that it is for another name. It may ask others, which takes time
// that is not the host's.
func (l *look) inspect(ctx context.Context, host string, secured *tls.Conn) *Certificate {
	shown := secured.ConnectionState().PeerCertificates
	leaf := shown[0]
	fingerprint := sha256.Sum256(leaf.Raw)
	seen := &Certificate{
		Names:       leaf.DNSNames,
		CoversHost:  leaf.VerifyHostname(host) == nil,
		NotBefore:   leaf.NotBefore.UTC(),
		NotAfter:    leaf.NotAfter.UTC(),
		Issuer:      leaf.Issuer.String(),
		Fingerprint: hex.EncodeToString(fingerprint[:]),
	}
	seen.Trust, seen.TrustNote = l.trust(ctx, shown)
	return seen
}

// trust judges who vouches for a certificate at a time at which it is valid
// itself.
func (l *look) trust(ctx context.Context, shown []*x509.Certificate) (Trust, string) {
	leaf := shown[0]
	err := l.verify(shown)
	var unknown x509.UnknownAuthorityError
	var invalid x509.CertificateInvalidError
	switch {
	case err == nil:
		return Trusted, ""
	case errors.As(err, &unknown) && leaf.CheckSignature(leaf.SignatureAlgorithm, leaf.RawTBSCertificate, leaf.Signature) == nil:
		return SelfSigned, ""
	case errors.As(err, &unknown):
		if missing := l.missing(ctx, shown); missing != "" {
			return Incomplete, fmt.Sprintf("%.100q", missing)
		}
		return UnknownAuthority, fmt.Sprintf("%.100q", top(shown).Issuer)
	case errors.As(err, &invalid) && invalid.Reason == x509.Expired:
		return AuthorityExpired, fmt.Sprintf("%.100q, valid from %s to %s", invalid.Cert.Subject, day(invalid.Cert.NotBefore), day(invalid.Cert.NotAfter))
	default:
		return Invalid, fmt.Sprintf("%.200q", err)
	}
}

func day(t time.Time) string { return t.UTC().Format(time.DateOnly) }

func (l *Looker) verify(shown []*x509.Certificate) error {
	leaf, at := shown[0], l.Now()
	if at.After(leaf.NotAfter) {
		at = leaf.NotAfter
	}
	if at.Before(leaf.NotBefore) {
		at = leaf.NotBefore
	}
	between := x509.NewCertPool()
	for _, certificate := range shown[1:] {
		between.AddCert(certificate)
	}
	_, err := leaf.Verify(x509.VerifyOptions{
		Roots:         l.Roots,
		Intermediates: between,
		CurrentTime:   at,
		KeyUsages:     []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	})
	return err
}

// top is the last certificate that those shown lead to.
func top(shown []*x509.Certificate) *x509.Certificate {
	at := shown[0]
	for range shown {
		for _, next := range shown {
			if next != at && at.CheckSignatureFrom(next) == nil {
				at = next
				break
			}
		}
	}
	return at
}

// maxMissing is more certificates than ever stand between.
const maxMissing = 3

// missing names the certificate that the host should have sent: one that its
// authority offers (RFC 5280, section 4.2.2.1), and with which the chain is whole.
// Browsers fetch it by themselves, which hides the fault; senders do not.
func (l *look) missing(ctx context.Context, shown []*x509.Certificate) string {
	ctx, cancel := context.WithTimeout(ctx, l.timeout())
	defer cancel()
	first := ""
	for range maxMissing {
		issuer := l.fetchIssuer(ctx, top(shown))
		if issuer == nil {
			return ""
		}
		if first == "" {
			first = issuer.Subject.String()
		}
		shown = append(shown[:len(shown):len(shown)], issuer)
		if l.verify(shown) == nil {
			return first
		}
	}
	return ""
}

func (l *look) fetchIssuer(ctx context.Context, certificate *x509.Certificate) *x509.Certificate {
	for _, link := range certificate.IssuingCertificateURL {
		at, err := url.Parse(link)
		if err != nil || at.Scheme != "http" { // Nobody needs TLS to fetch what is signed.
			continue
		}
		if issuer, err := x509.ParseCertificate(l.issuers.fetch(ctx, link)); err == nil && certificate.CheckSignatureFrom(issuer) == nil {
			return issuer
		}
	}
	return nil
}

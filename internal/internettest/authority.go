package internettest

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"testing"
	"time"
)

// Authority signs certificates.
type Authority struct {
	t           testing.TB
	Certificate *x509.Certificate
	key         *ecdsa.PrivateKey
}

// Begin and End are when certificates are valid of which a test says nothing.
var (
	Begin = time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC)
	End   = time.Date(2200, 1, 1, 0, 0, 0, 0, time.UTC)
)

// NewAuthority gives a root.
func NewAuthority(t testing.TB, name string) *Authority {
	t.Helper()
	return (&Authority{t: t}).authority(name, End)
}

// Under gives an authority that another vouches for, until a time.
func (a *Authority) Under(name string, until time.Time) *Authority {
	a.t.Helper()
	return a.authority(name, until)
}

// authority is signed by a, or by itself where that has no key.
func (a *Authority) authority(name string, until time.Time) *Authority {
	made := &Authority{t: a.t, key: newKey(a.t)}
	signer := a
	if a.key == nil {
		signer = made
	}
	made.Certificate = signer.sign(&x509.Certificate{
		Subject:               pkix.Name{CommonName: name},
		NotBefore:             Begin,
		NotAfter:              until,
		IsCA:                  true,
		BasicConstraintsValid: true,
		KeyUsage:              x509.KeyUsageCertSign,
	}, made.key)
	return made
}

// Leaf is what a host shows. What it lacks is the usual: the times [Begin] and
// [End], and the use for servers.
type Leaf struct {
	Names     []string
	NotBefore time.Time
	NotAfter  time.Time
	IssuerURL string       // Where the issuer's certificate can be fetched.
	Between   []*Authority // Whose certificates are sent along.
	ForClient bool         // It is not for servers.
	RSA       bool         // Its key is of RSA, not of ECDSA.
}

// Issue signs a certificate for a new key.
func (a *Authority) Issue(leaf Leaf) tls.Certificate {
	a.t.Helper()
	var key crypto.Signer = newKey(a.t)
	if leaf.RSA {
		key = newRSAKey(a.t)
	}
	template := &x509.Certificate{
		Subject:     pkix.Name{CommonName: "A host"},
		DNSNames:    leaf.Names,
		NotBefore:   Begin,
		NotAfter:    End,
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	}
	if !leaf.NotBefore.IsZero() {
		template.NotBefore = leaf.NotBefore
	}
	if !leaf.NotAfter.IsZero() {
		template.NotAfter = leaf.NotAfter
	}
	if leaf.ForClient {
		template.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth}
	}
	if leaf.IssuerURL != "" {
		template.IssuingCertificateURL = []string{leaf.IssuerURL}
	}
	shown := tls.Certificate{Certificate: [][]byte{a.sign(template, key).Raw}, PrivateKey: key}
	for _, between := range leaf.Between {
		shown.Certificate = append(shown.Certificate, between.Certificate.Raw)
	}
	return shown
}

// SelfSigned is a certificate that nobody vouches for.
func SelfSigned(t testing.TB, names ...string) tls.Certificate {
	t.Helper()
	key := newKey(t)
	self := &Authority{t: t, key: key}
	certificate := self.sign(&x509.Certificate{Subject: pkix.Name{CommonName: "A host"}, DNSNames: names, NotBefore: Begin, NotAfter: End}, key)
	return tls.Certificate{Certificate: [][]byte{certificate.Raw}, PrivateKey: key}
}

// Roots has the authority alone.
func (a *Authority) Roots() *x509.CertPool {
	pool := x509.NewCertPool()
	pool.AddCert(a.Certificate)
	return pool
}

// PEM is the authority's certificate, as it stands in files.
func (a *Authority) PEM() []byte {
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: a.Certificate.Raw})
}

func (a *Authority) sign(template *x509.Certificate, key crypto.Signer) *x509.Certificate {
	a.t.Helper()
	template.SerialNumber = big.NewInt(1)
	parent := a.Certificate
	if parent == nil {
		parent = template
	}
	raw, err := x509.CreateCertificate(rand.Reader, template, parent, key.Public(), a.key)
	if err != nil {
		a.t.Fatal(err)
	}
	certificate, err := x509.ParseCertificate(raw)
	if err != nil {
		a.t.Fatal(err)
	}
	return certificate
}

func newKey(t testing.TB) *ecdsa.PrivateKey {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

func newRSAKey(t testing.TB) *rsa.PrivateKey {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

package posture

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// unreachable words why there is no answer from a host at all.
func unreachable(host string, err error) error {
	var request *url.Error // It repeats the URL.
	if errors.As(err, &request) {
		err = request.Err
	}
	if words := badCertificate(err); words != "" {
		return fmt.Errorf("the certificate of %s %s", host, words)
	}
	var (
		lookup   *net.DNSError
		internal internalError
		network  *net.OpError
		noTLS    tls.RecordHeaderError
	)
	switch {
	case errors.As(err, &lookup) && lookup.IsNotFound:
		return fmt.Errorf("%s has no address in the DNS", host)
	case errors.As(err, &lookup):
		return fmt.Errorf("the address of %s cannot be looked up: %s", host, lookup.Err)
	case errors.As(err, &internal):
		return fmt.Errorf("%s has the address %s, which the Internet does not reach", host, internal.address)
	case errors.Is(err, http.ErrSchemeMismatch) || errors.As(err, &noTLS):
		return fmt.Errorf("%s does not speak TLS", host)
	case errors.As(err, &network) && network.Op == "dial":
		return fmt.Errorf("%s cannot be connected to at %s: %w", host, network.Addr, network.Err)
	case errors.As(err, &network) && network.Op == "remote error": // An alert of TLS.
		return fmt.Errorf("%s refuses TLS as senders speak it, from version 1.2 on: %w", host, network.Err)
	default:
		return fmt.Errorf("%s does not answer: %w", host, err)
	}
}

// badCertificate says what is wrong with a certificate; nothing where the
// error is none of that kind.
func badCertificate(err error) string {
	var (
		name    x509.HostnameError
		unknown x509.UnknownAuthorityError
		invalid x509.CertificateInvalidError
		other   *tls.CertificateVerificationError
	)
	switch {
	case errors.As(err, &name):
		return "is for " + names(name.Certificate)
	case errors.As(err, &unknown):
		return fmt.Sprintf("is signed by %.100q, whom senders do not know; maybe the host does not send the certificates between", unknown.Cert.Issuer)
	case errors.As(err, &invalid) && invalid.Reason == x509.Expired && !invalid.Cert.IsCA:
		return "is valid only " + period(invalid.Cert)
	case errors.As(err, &invalid) && invalid.Reason == x509.Expired:
		return fmt.Sprintf("is signed by %.100q, whose own is valid only %s", invalid.Cert.Subject, period(invalid.Cert))
	case errors.As(err, &other):
		return "is not valid: " + other.Err.Error()
	default:
		return ""
	}
}

const maxNames = 5

func names(certificate *x509.Certificate) string {
	given := certificate.DNSNames
	switch {
	case len(given) == 0:
		return "no name"
	case len(given) > maxNames:
		return fmt.Sprintf("%s and %d more names", quoted(given[:maxNames]), len(given)-maxNames)
	default:
		return quoted(given)
	}
}

func quoted(names []string) string {
	words := make([]string, len(names))
	for i, name := range names {
		words[i] = fmt.Sprintf("%.100q", name)
	}
	return strings.Join(words, ", ")
}

func period(certificate *x509.Certificate) string {
	return fmt.Sprintf("from %s to %s (UTC)",
		certificate.NotBefore.UTC().Format(time.DateTime), certificate.NotAfter.UTC().Format(time.DateTime))
}

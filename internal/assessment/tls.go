package assessment

import (
	"fmt"
	"net/netip"
	"strings"

	"sealpost/internal/mtasts"
	"sealpost/internal/survey"
)

// tlsCodes are those of a kind of host, and what differs in how it comes to TLS.
type tlsCodes struct {
	failed, noCommon, old, oldCipher, oldGroups Code

	certificate string // The beginning of those of its certificate.
	after       string // What is said before the handshake.
	openssl     string // The option for that.
}

var (
	policyTLS = tlsCodes{PolicyTLSFailed, PolicyNoCommon, PolicyTLSOld, PolicyOldCipher, PolicyOldGroups, "policy", "", ""}
	mxTLS     = tlsCodes{MXTLSFailed, MXNoCommon, MXTLSOld, MXOldCipher, MXOldGroups, "mx", "after STARTTLS ", "-starttls smtp "}
)

// tls judges a handshake that the host did not keep us waiting for, and what the
// host shows in it.
func (j *judge) tls(codes tlsCodes, host, port string, address netip.Addr, t *survey.TLS) {
	if t.Version == 0 {
		j.noHandshake(codes, host, port, address, t)
		return
	}
	if isOld(t) {
		j.about(codes.old, host, address, fmt.Sprintf("It has no newer version than %s.", t.Version))
	}
	if t.OldCipher {
		j.oldCipher(codes.oldCipher, host, address, t.Cipher)
	}
	if t.OldGroups {
		j.about(codes.oldGroups, host, address, "Offered X25519MLKEM768 beside others, it ends the handshake; offered the others alone, it makes one.")
	}
	j.certificate(codes.certificate, host, address, t.Certificate)
}

func isOld(t *survey.TLS) bool { return t.Version < 0x0303 } // Before TLS 1.2.

// oldCipher judges a host that takes only a cipher suite that Go has ceased to
// offer: with version 1.22 those in which RSA alone exchanges keys, with 1.23
// those with 3DES.
func (j *judge) oldCipher(code Code, host string, address netip.Addr, cipher string) {
	p := j.problem(code, host, address, fmt.Sprintf("It takes %s, and none that programs made with Go offer by themselves.", cipher))
	if code == PolicyOldCipher && isByRSA(cipher) {
		p = p.differing(outcomesBy(func(s mtasts.Sender) mtasts.Outcome { return s.RSAKeys }))
	}
	j.put(p)
}

// isByRSA reports whether a cipher suite agrees on keys by RSA alone.
func isByRSA(cipher string) bool { return strings.HasPrefix(cipher, "TLS_RSA_") }

// noHandshake judges a host that ends the handshake, whatever it is offered. One
// that says that it takes nothing of it may have DHE, which Go has not and others
// do; one that closes the connection, or says something else, may have any reason.
func (j *judge) noHandshake(codes tlsCodes, host, port string, address netip.Addr, t *survey.TLS) {
	other := openssl(host, port, codes.openssl)
	p := j.problem(codes.failed, host, address, sentence(codes.after+t.Failure))
	p.Mend += fmt.Sprintf(" What other programs get can be seen with %s.", other)
	if t.NoCommon {
		p = j.problem(codes.noCommon, host, address, "It answers the offer with the alert handshake_failure, and takes neither ECDHE nor RSA for the exchange of keys.")
		p.Mend += fmt.Sprintf(" Whether it has DHE, for programs that are made otherwise, can be seen with %s. If that fails too, look into the log: often certificate and key do not belong together.", other)
	}
	j.put(p)
}

// openssl is a command that shows what a host makes of another program than this.
func openssl(host, port, option string) string {
	return fmt.Sprintf("openssl s_client %s-connect %s:%s -servername %s", option, host, port, host)
}

package assessment

import (
	"fmt"
	"net/netip"
	"strings"

	"sealpost/internal/mtasts"
	"sealpost/internal/survey"
)

// oldCipher judges a host that takes only a cipher suite that Go has ceased to
// offer: with version 1.22 those in which RSA alone exchanges keys, with 1.23
// those with 3DES.
func (j *judge) oldCipher(code Code, host string, address netip.Addr, cipher string) {
	p := j.problem(code, host, address, fmt.Sprintf("It takes %s, and none that programs made with Go offer by themselves.", cipher))
	if code == PolicyOldCipher && isByRSA(cipher) {
		outcomes := make(map[mtasts.Outcome][]string)
		for _, sender := range mtasts.Senders() {
			outcomes[sender.RSAKeys] = append(outcomes[sender.RSAKeys], sender.Name)
		}
		p.Effect, p.RefusedBy = reactions(outcomes), outcomes[mtasts.OutcomeRejects]
	}
	j.put(p)
}

// isByRSA reports whether a cipher suite agrees on keys by RSA alone.
func isByRSA(cipher string) bool { return strings.HasPrefix(cipher, "TLS_RSA_") }

// oldGroups judges a host that ends the handshake for what newer programs offer
// beside what it knows, or for how long that makes the offer.
func (j *judge) oldGroups(code Code, host string, address netip.Addr) {
	j.about(code, host, address, "Offered X25519MLKEM768 beside others, it ends the handshake; offered the others alone, it makes one.")
}

// noHandshake judges a host that ends the handshake, whatever it is offered. One
// that says that it takes nothing of it may have DHE, which Go has not and others
// do; one that closes the connection, or says something else, may have any reason.
func (j *judge) noHandshake(failed, noCommon Code, host string, address netip.Addr, t *survey.TLS, seen, openssl string) {
	if !t.NoCommon {
		p := j.problem(failed, host, address, seen)
		p.Mend += fmt.Sprintf(" What other programs get can be seen with %s.", openssl)
		j.put(p)
		return
	}
	p := j.problem(noCommon, host, address, "It answers the offer with the alert handshake_failure, and takes neither ECDHE nor RSA for the exchange of keys.")
	p.Mend += fmt.Sprintf(" Whether it has DHE, for programs that are made otherwise, can be seen with %s. If that fails too, look into the log: often certificate and key do not belong together.", openssl)
	j.put(p)
}

// openssl is a command that shows what a host makes of another program than this.
func openssl(host, port, option string) string {
	return fmt.Sprintf("openssl s_client %s-connect %s:%s -servername %s", option, host, port, host)
}

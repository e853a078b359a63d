package assessment

import (
	"fmt"
	"net/netip"
	"strings"

	"sealpost/internal/mtasts"
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

// noCommon judges a host that took nothing of what Go has. It may have DHE, which
// Go has not and others do; or it may fail with everybody.
func (j *judge) noCommon(code Code, host string, address netip.Addr, other string) {
	p := j.problem(code, host, address, "It answers the offer with the alert handshake_failure, and takes neither ECDHE nor RSA for the exchange of keys.")
	p.Mend += fmt.Sprintf(" Whether it has DHE, for programs that are made otherwise, can be seen with %s -servername %s. If that fails too, look into the log: often certificate and key do not belong together.", other, host)
	j.put(p)
}

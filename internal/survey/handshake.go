package survey

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"net"
	"slices"
	"strings"
	"syscall"
)

// offer is what a host is offered in a handshake.
type offer struct {
	ciphers []uint16
	groups  []tls.CurveID // To exchange keys in; nil for those that Go offers by itself.
}

// Most hosts take what programs made with Go offer by themselves. What others have
// is found out by offering all the cipher suites that Go has, among which DHE is
// not, and only the groups that old hosts know, which makes it shorter.
var (
	today = offer{ciphers: ids(tls.CipherSuites())}
	older = offer{
		ciphers: append(ids(tls.InsecureCipherSuites()), today.ciphers...),
		groups:  []tls.CurveID{tls.X25519, tls.CurveP256, tls.CurveP384, tls.CurveP521},
	}
)

// byOffers tries an offer, and the older one if the host ends the handshake. Only a
// host that ends it again when the first is repeated is known to mind that.
func byOffers[T interface{ handshake() *TLS }](try func(offer) T) T {
	first := try(today)
	if !first.handshake().failed() {
		return first
	}
	second := try(older)
	if !second.handshake().agreed() {
		return first
	}
	if third := try(today); !third.handshake().failed() {
		return third
	}
	second.handshake().OldGroups = !second.handshake().OldCipher
	return second
}

func ids(suites []*tls.CipherSuite) []uint16 {
	var all []uint16
	for _, suite := range suites {
		all = append(all, suite.ID)
	}
	return all
}

// handshake speaks TLS as old as a host may have it, and takes any certificate:
// what is wrong with either is to be seen, not to end the look. The certificate
// is for inspect.
func (l *Looker) handshake(ctx context.Context, connection net.Conn, host string, offered offer) (*tls.Conn, *TLS) {
	taken := false // Of the offer, before anything else can fail.
	secured := tls.Client(connection, &tls.Config{
		ServerName:            host,
		InsecureSkipVerify:    true, // Nothing is told to the host.
		MinVersion:            tls.VersionTLS10,
		CipherSuites:          offered.ciphers,
		CurvePreferences:      offered.groups,
		VerifyPeerCertificate: func([][]byte, [][]*x509.Certificate) error { taken = true; return nil },
	})
	if err := secured.HandshakeContext(ctx); err != nil {
		return nil, &TLS{Failure: noHandshake(err), TimedOut: isTimeout(err), NoCommon: !taken && isNoCommon(err)}
	}
	state := secured.ConnectionState()
	return secured, &TLS{
		Version:   Version(state.Version),
		Cipher:    tls.CipherSuiteName(state.CipherSuite),
		OldCipher: !slices.Contains(today.ciphers, state.CipherSuite),
	}
}

// isNoCommon reports whether a host answered with the alert handshake_failure
// (RFC 5246, section 7.2.2), which Go has no number for.
func isNoCommon(err error) bool {
	var alert *net.OpError
	return errors.As(err, &alert) && alert.Op == "remote error" && alert.Err.Error() == "tls: handshake failure"
}

func noHandshake(err error) string {
	var noTLS tls.RecordHeaderError
	switch {
	case errors.As(err, &noTLS):
		return "it does not answer in TLS"
	case isTimeout(err):
		return "it does not finish the handshake in time"
	case errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, syscall.ECONNRESET):
		return "it closes the connection instead of a handshake"
	default:
		return "the handshake fails: " + strings.TrimPrefix(cause(err), "tls: ")
	}
}

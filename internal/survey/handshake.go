package survey

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"strings"
	"syscall"
)

// handshake speaks TLS as old as a host may have it, and takes any certificate:
// what is wrong with either is to be seen, not to end the look. The certificate
// is for inspect.
func (l *Looker) handshake(ctx context.Context, connection net.Conn, host string) (*tls.Conn, *TLS) {
	secured := tls.Client(connection, &tls.Config{
		ServerName:         host,
		InsecureSkipVerify: true, // Nothing is told to the host.
		MinVersion:         tls.VersionTLS10,
		CipherSuites:       allCiphers(),
	})
	if err := secured.HandshakeContext(ctx); err != nil {
		return nil, &TLS{Failure: noHandshake(err), TimedOut: isTimeout(err)}
	}
	state := secured.ConnectionState()
	return secured, &TLS{Version: Version(state.Version), Cipher: tls.CipherSuiteName(state.CipherSuite)}
}

func allCiphers() []uint16 {
	var ciphers []uint16
	for _, suite := range append(tls.CipherSuites(), tls.InsecureCipherSuites()...) {
		ciphers = append(ciphers, suite.ID)
	}
	return ciphers
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

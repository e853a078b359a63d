package survey

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"os"
	"syscall"

	"sealpost/internal/posture"
)

// connect goes to an address, and to none of the network that we run in unless
// it may.
func (l *Looker) connect(ctx context.Context, address netip.Addr, port string) (net.Conn, Reach, string) {
	if !l.Internal && !posture.IsPublic(address) {
		return nil, NotPublic, "it is not an address of the Internet"
	}
	ctx, cancel := context.WithTimeout(ctx, l.connectTimeout())
	defer cancel()
	connection, err := l.dial()(ctx, "tcp", net.JoinHostPort(address.String(), port))
	if err == nil {
		return connection, Reached, ""
	}
	reach, why := unreached(err)
	return nil, reach, why
}

func (l *Looker) dial() func(ctx context.Context, network, address string) (net.Conn, error) {
	if l.Dial != nil {
		return l.Dial
	}
	dialer := new(net.Dialer)
	if !l.Internal {
		dialer.Control = posture.RefuseInternal // Once more, at the last moment.
	}
	return dialer.DialContext
}

func unreached(err error) (Reach, string) {
	switch {
	case errors.Is(err, syscall.ECONNREFUSED):
		return Refused, "the connection is refused"
	case errors.Is(err, syscall.ECONNRESET): // So soon after it was taken that it never was.
		return Refused, "the connection is reset"
	case isOneOf(err, syscall.ENETUNREACH, syscall.EHOSTUNREACH, syscall.EADDRNOTAVAIL, syscall.EAFNOSUPPORT):
		return NoRoute, "there is no way to it from here"
	case errors.Is(err, context.Canceled):
		return Failed, "it was interrupted"
	case isTimeout(err):
		return Silent, "nothing answers in time"
	default:
		return Failed, cause(err)
	}
}

func isOneOf(err error, numbers ...syscall.Errno) bool {
	for _, number := range numbers {
		if errors.Is(err, number) {
			return true
		}
	}
	return false
}

func isTimeout(err error) bool {
	var network net.Error
	return errors.Is(err, context.DeadlineExceeded) || errors.Is(err, os.ErrDeadlineExceeded) || errors.As(err, &network) && network.Timeout()
}

// cause is an error without the addresses and ports of this machine, which
// differ each time.
func cause(err error) string {
	var operation *net.OpError
	if errors.As(err, &operation) {
		err = operation.Err
	}
	var system *os.SyscallError
	if errors.As(err, &system) {
		err = system.Err
	}
	return err.Error()
}

// connectHost goes to the first address of a host that can be reached, of the first
// few.
func (l *look) connectHost(ctx context.Context, host, port string) (net.Conn, error) {
	why := "it has no address"
	addresses := l.addresses(ctx, host).List
	for _, address := range addresses[:min(len(addresses), maxIssuerDials)] {
		connection, reach, words := l.connect(ctx, address, port)
		if reach == Reached {
			return connection, nil
		}
		why = words
	}
	return nil, errors.New(why)
}

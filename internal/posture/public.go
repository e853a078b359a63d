package posture

import (
	"net/netip"
	"syscall"
)

// internalError is an address that is not for us to connect to.
type internalError struct{ address netip.Addr }

func (e internalError) Error() string {
	return e.address.String() + " is not an address of the Internet"
}

// RefuseInternal is a [net.Dialer.Control] that keeps connections out of the
// network that we run in: what a name points to is up to who has the domain. It
// looks at the address itself just before the connection, when no DNS can change
// it any more.
func RefuseInternal(_, address string, _ syscall.RawConn) error {
	target, err := netip.ParseAddrPort(address)
	if err != nil {
		return err
	}
	if ip := target.Addr(); !IsPublic(ip) {
		return internalError{ip.Unmap()}
	}
	return nil
}

// IsPublic reports whether the Internet reaches an address.
func IsPublic(ip netip.Addr) bool {
	ip = ip.Unmap()
	if nat64.Contains(ip) {
		whole := ip.As16()
		ip = netip.AddrFrom4([4]byte(whole[12:]))
	}
	if !ip.IsGlobalUnicast() || ip.IsPrivate() || ip.Is6() && !unicast.Contains(ip) {
		return false
	}
	for _, network := range special {
		if network.Contains(ip) {
			return false
		}
	}
	return true
}

// nat64 has the IPv4 address in its last bytes (RFC 6052, section 2.1).
var nat64 = netip.MustParsePrefix("64:ff9b::/96")

// unicast is all of IPv6 that the IANA has given out to hosts of the Internet. What
// is outside is for other uses, or for the future.
var unicast = netip.MustParsePrefix("2000::/3")

// special are the networks that the IANA's registries of special-purpose
// addresses (RFC 6890) have as not globally reachable, or as tunnels, and that
// package netip does not tell by itself.
var special = []netip.Prefix{
	netip.MustParsePrefix("0.0.0.0/8"),
	netip.MustParsePrefix("100.64.0.0/10"),
	netip.MustParsePrefix("192.0.0.0/24"),
	netip.MustParsePrefix("192.0.2.0/24"),
	netip.MustParsePrefix("192.88.99.0/24"),
	netip.MustParsePrefix("198.18.0.0/15"),
	netip.MustParsePrefix("198.51.100.0/24"),
	netip.MustParsePrefix("203.0.113.0/24"),
	netip.MustParsePrefix("240.0.0.0/4"),
	netip.MustParsePrefix("2001::/23"),
	netip.MustParsePrefix("2001:db8::/32"),
	netip.MustParsePrefix("2002::/16"),
	netip.MustParsePrefix("3fff::/20"),
}

package posture

import (
	"net/netip"
	"slices"
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

// IsPublic reports whether the Internet reaches an address. An address that
// carries another one is public only if that one is, too: a gateway on the way
// would pass the connection on to it.
func IsPublic(ip netip.Addr) bool {
	if ip.Zone() != "" { // Zones name links of this machine (RFC 4007, section 6).
		return false
	}
	ip = ip.Unmap()
	if translated.Contains(ip) {
		return IsPublic(lastIPv4(ip))
	}
	if !ip.IsGlobalUnicast() || ip.IsPrivate() || ip.Is6() && !unicast.Contains(ip) {
		return false
	}
	if isISATAP(ip) && !IsPublic(lastIPv4(ip)) {
		return false
	}
	return !isIn(special, ip) && !isIn(platforms, ip)
}

func isIn(networks []netip.Prefix, ip netip.Addr) bool {
	return slices.ContainsFunc(networks, func(network netip.Prefix) bool { return network.Contains(ip) })
}

// lastIPv4 returns the IPv4 address in the last four bytes of an IPv6 address.
func lastIPv4(ip netip.Addr) netip.Addr {
	whole := ip.As16()
	return netip.AddrFrom4([4]byte(whole[12:]))
}

// isISATAP reports whether an address is one of ISATAP, under whatever network: its
// interface identifier is 0000:5efe or 0200:5efe, and then an IPv4 address (RFC
// 5214, section 6.1).
func isISATAP(ip netip.Addr) bool {
	whole := ip.As16()
	return ip.Is6() && whole[8]&^0x02 == 0 && whole[9] == 0 && whole[10] == 0x5e && whole[11] == 0xfe
}

// translated is the network of NAT64 that has an IPv4 address in its last bytes (RFC
// 6052, section 2.1). 64:ff9b:1::/48 (RFC 8215) has it where the network's operator
// chose, so that none of it is public.
var translated = netip.MustParsePrefix("64:ff9b::/96")

// unicast is all of IPv6 that the IANA has given out to hosts of the Internet. What
// is outside is for other uses, or for the future: also IPv4-compatible addresses
// (::/96), those of SIIT (::ffff:0:0:0/96), 64:ff9b:1::/48, 100::/64, 5f00::/16,
// fc00::/7, fe80::/10, fec0::/10 and ff00::/8.
var unicast = netip.MustParsePrefix("2000::/3")

// special are the networks that are not globally reachable, or are tunnels, and that
// package netip does not know, as of December 2026:
// https://www.iana.org/assignments/iana-ipv4-special-registry and
// https://www.iana.org/assignments/iana-ipv6-special-registry (RFC 6890, RFC 8190).
// The few anycast services in 192.0.0.0/24 and 2001::/23 that are reachable are no
// hosts of mail or policies.
var special = prefixes(
	"0.0.0.0/8",       // This network, RFC 791
	"100.64.0.0/10",   // Shared by customers of a provider, RFC 6598; Alibaba Cloud has its metadata at 100.100.100.200
	"192.0.0.0/24",    // Protocols, RFC 6890; Oracle Cloud had its metadata at 192.0.0.192
	"192.0.2.0/24",    // Documentation, RFC 5737
	"192.88.99.0/24",  // Relays of 6to4, RFC 7526
	"198.18.0.0/15",   // Benchmarks, RFC 2544
	"198.51.100.0/24", // Documentation, RFC 5737
	"203.0.113.0/24",  // Documentation, RFC 5737
	"240.0.0.0/4",     // Reserved, RFC 1112

	"2001::/23",     // Protocols, RFC 2928: Teredo, benchmarks, ORCHID
	"2001:db8::/32", // Documentation, RFC 3849
	"2002::/16",     // 6to4, RFC 3056
	"3ffe::/16",     // The 6bone, whose addresses went back, RFC 3701
	"3fff::/20",     // Documentation, RFC 9637
)

// platforms are networks with addresses like any other that only machines inside a
// cloud reach, where they lead to what the cloud serves its customers alone.
var platforms = prefixes(
	"168.63.129.16/32", // Azure: https://learn.microsoft.com/azure/virtual-network/what-is-ip-address-168-63-129-16

	// Google Cloud: https://cloud.google.com/vpc/docs/configure-private-google-access
	"199.36.153.4/30",       // restricted.googleapis.com
	"199.36.153.8/30",       // private.googleapis.com
	"2600:2d00:2:1000::/56", // restricted.googleapis.com
	"2600:2d00:2:2000::/56", // private.googleapis.com

	// IBM Cloud: https://cloud.ibm.com/docs/vpc?topic=vpc-service-endpoints-for-vpc
	"161.26.0.0/16",
	"166.8.0.0/14",
)

func prefixes(texts ...string) []netip.Prefix {
	networks := make([]netip.Prefix, len(texts))
	for i, text := range texts {
		networks[i] = netip.MustParsePrefix(text)
	}
	return networks
}

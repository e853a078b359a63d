package posture

import (
	"net/netip"
	"testing"
)

// TestIsPublic has, of each network that is not public, its first and last address,
// and the neighbours that are public.
func TestIsPublic(t *testing.T) {
	for _, test := range []struct {
		what   string // With its source.
		public []string
		not    []string
	}{
		{
			what: "hosts of the Internet",
			public: []string{
				"8.8.8.8", "1.1.1.1", "223.255.255.254", "2000::1", "2606:4700::1", "2a00:1450::1", "2001:4860:4860::8888",
				"::ffff:8.8.8.8", "3ffd:ffff::1", "3fff:1000::1",
			},
		},
		{what: "this network, RFC 791, section 3.2", public: []string{"1.0.0.0"}, not: []string{"0.0.0.0", "0.1.2.3", "0.255.255.255"}},
		{what: "loopback, RFC 1122, section 3.2.1.3, and RFC 4291, section 2.5.3", not: []string{"127.0.0.1", "127.255.255.255", "::1"}},
		{
			what:   "private networks, RFC 1918",
			public: []string{"9.255.255.255", "11.0.0.0", "172.15.255.255", "172.32.0.0", "192.167.255.255", "192.169.0.0"},
			not:    []string{"10.0.0.0", "10.255.255.255", "172.16.0.0", "172.31.255.255", "192.168.0.0", "192.168.255.255"},
		},
		{
			what:   "shared by customers of a provider, RFC 6598; 100.100.100.200 is the metadata of Alibaba Cloud",
			public: []string{"100.63.255.255", "100.128.0.0"},
			not:    []string{"100.64.0.0", "100.100.100.200", "100.127.255.255"},
		},
		{
			what:   "one link only, RFC 3927; 169.254.169.254 is the metadata of AWS, Google Cloud, Azure and others, 169.254.170.2 that of Amazon ECS",
			public: []string{"169.253.255.255", "169.255.0.0"},
			not:    []string{"169.254.0.0", "169.254.169.254", "169.254.170.2", "169.254.255.255", "fe80::", "fe80::1", "fe80::a9fe:a9fe", "febf:ffff::1"},
		},
		{
			what:   "protocols, RFC 6890, section 2.1; 192.0.0.192 was the metadata of Oracle Cloud",
			public: []string{"191.255.255.255", "192.0.1.0"},
			not:    []string{"192.0.0.0", "192.0.0.9", "192.0.0.170", "192.0.0.192", "192.0.0.255"},
		},
		{
			what:   "documentation, RFC 5737, RFC 3849 and RFC 9637",
			public: []string{"192.0.3.0", "198.51.99.255", "198.51.101.0", "203.0.112.255", "203.0.114.0", "2001:db7::1", "2001:db9::1"},
			not: []string{
				"192.0.2.0", "192.0.2.255", "198.51.100.0", "198.51.100.255", "203.0.113.0", "203.0.113.255",
				"2001:db8::", "2001:db8:ffff::1", "3fff::", "3fff:fff::1",
			},
		},
		{
			what:   "benchmarks, RFC 2544 and RFC 5180",
			public: []string{"198.17.255.255", "198.20.0.0"},
			not:    []string{"198.18.0.0", "198.19.255.255", "2001:2::", "2001:2::1"},
		},
		{what: "multicast, RFC 5771 and RFC 4291, section 2.7", not: []string{"224.0.0.0", "239.255.255.255", "ff00::", "ff02::1", "ff0e::1"}},
		{what: "reserved, and broadcast, RFC 1112, section 4, and RFC 919, section 7", not: []string{"240.0.0.0", "255.255.255.254", "255.255.255.255"}},
		{what: "relays of 6to4, RFC 7526", public: []string{"192.88.98.255", "192.88.100.0"}, not: []string{"192.88.99.0", "192.88.99.255"}},
		{
			what:   "AS112, RFC 7534, and AMT, RFC 7450, which the registry has as globally reachable",
			public: []string{"192.31.196.1", "192.52.193.1", "192.175.48.1", "2620:4f:8000::1"},
		},
		{
			what:   "the wire server of Azure, https://learn.microsoft.com/azure/virtual-network/what-is-ip-address-168-63-129-16",
			public: []string{"168.63.129.15", "168.63.129.17"},
			not:    []string{"168.63.129.16", "::ffff:168.63.129.16", "64:ff9b::168.63.129.16"},
		},
		{
			what:   "Google's services inside its cloud, https://cloud.google.com/vpc/docs/configure-private-google-access",
			public: []string{"199.36.153.3", "199.36.153.12", "2600:2d00:2:1100::1"},
			not:    []string{"199.36.153.4", "199.36.153.11", "2600:2d00:2:1000::1", "2600:2d00:2:20ff::1"},
		},
		{
			what:   "IBM's services inside its cloud, https://cloud.ibm.com/docs/vpc?topic=vpc-service-endpoints-for-vpc",
			public: []string{"161.25.255.255", "161.27.0.0", "166.7.255.255", "166.12.0.0"},
			not:    []string{"161.26.0.0", "161.26.0.10", "161.26.255.255", "166.8.0.0", "166.11.255.255"},
		},
		{
			what: "unique local addresses, RFC 4193; fd00:ec2::254 is the metadata of AWS, fd20:ce::254 that of Google Cloud",
			not:  []string{"fc00::", "fd00:ec2::254", "fd20:ce::254", "fdff:ffff::1"},
		},
		{what: "site-local addresses, RFC 3879", not: []string{"fec0::1", "feff:ffff::1"}},
		{what: "unspecified, RFC 4291, section 2.5.2", not: []string{"::", "::ffff:0.0.0.0"}},
		{
			what: "IPv4-mapped, RFC 4291, section 2.5.5.2",
			not:  []string{"::ffff:127.0.0.1", "::ffff:10.0.0.1", "::ffff:169.254.169.254", "::ffff:100.64.0.1"},
		},
		{what: "IPv4-compatible, RFC 4291, section 2.5.5.1: out of use", not: []string{"::7f00:1", "::10.0.0.1", "::8.8.8.8"}},
		{what: "SIIT, RFC 2765, section 2.1: out of use", not: []string{"::ffff:0:127.0.0.1", "::ffff:0:8.8.8.8"}},
		{
			what:   "NAT64, RFC 6052, section 2.1",
			public: []string{"64:ff9b::8.8.8.8"},
			not:    []string{"64:ff9b::", "64:ff9b::127.0.0.1", "64:ff9b::10.0.0.1", "64:ff9b::169.254.169.254", "64:ff9b::224.0.0.1", "64:ff9b::1:808:808"},
		},
		{what: "NAT64 of one's own network, RFC 8215", not: []string{"64:ff9b:1::", "64:ff9b:1::1", "64:ff9b:1:a00::8.8.8.8"}},
		{what: "6to4, RFC 3056", public: []string{"2003::1"}, not: []string{"2002::", "2002:7f00:1::1", "2002:808:808::1", "2002:ffff::1"}},
		{
			what:   "protocols, RFC 2928: Teredo (RFC 4380), ORCHID (RFC 4843, RFC 7343), DETs (RFC 9374), anycast (RFC 7723)",
			public: []string{"2001:200::1"},
			not:    []string{"2001::", "2001::1", "2001:0:808:808::1", "2001:1::1", "2001:10::1", "2001:20::1", "2001:30::1", "2001:1ff:ffff::1"},
		},
		{
			what:   "ISATAP, RFC 5214, section 6.1",
			public: []string{"2606:4700::5efe:8.8.8.8", "2606:4700::200:5efe:8.8.8.8", "2606:4700::100:5efe:10.0.0.1"},
			not:    []string{"2606:4700::5efe:10.0.0.1", "2606:4700::200:5efe:169.254.169.254", "2606:4700::5efe:168.63.129.16", "fe80::5efe:8.8.8.8"},
		},
		{what: "discard, RFC 6666, and dummies, RFC 9780", not: []string{"100::", "100::1", "100:0:0:1::1"}},
		{what: "the 6bone, RFC 3701, with Teredo's former network", not: []string{"3ffe::", "3ffe:831f::1"}},
		{what: "segments of SRv6, RFC 9602", not: []string{"5f00::", "5f00::1", "5f00:ffff::1"}},
		{what: "for the future", not: []string{"4000::1", "1fff:ffff::1", "8000::1"}},
		{
			what: "zones, RFC 4007, section 6",
			not:  []string{"2a00:1450::1%eth0", "fe80::1%eth0", "::ffff:8.8.8.8%eth0", "64:ff9b::8.8.8.8%1", "ff02::1%lo"},
		},
	} {
		for _, text := range test.public {
			wantPublic(t, test.what, text, true)
		}
		for _, text := range test.not {
			wantPublic(t, test.what, text, false)
		}
	}
	if IsPublic(netip.Addr{}) {
		t.Error("no address at all is public")
	}
}

func wantPublic(t *testing.T, what, text string, want bool) {
	t.Helper()
	ip := netip.MustParseAddr(text)
	if got := IsPublic(ip); got != want {
		t.Errorf("%s (%s) is public: %t; want %t", text, what, got, want)
	}
	if err := RefuseInternal("tcp", netip.AddrPortFrom(ip, 443).String(), nil); (err == nil) != want {
		t.Errorf("%s (%s): %v", text, what, err)
	}
}

// TestAddressesTried: a host may have as many addresses as its DNS holds, and few are
// tried.
func TestAddressesTried(t *testing.T) {
	for _, hosts := range []PolicyHosts{{}, {Internal: true}} {
		control := hosts.control()
		for i := range 17 {
			if err := control("tcp", "8.8.8.8:443", nil); (err == nil) != (i < 16) {
				t.Errorf("address %d: %v", i+1, err)
			}
		}
		if err := hosts.control()("tcp", "127.0.0.1:443", nil); (err == nil) != hosts.Internal {
			t.Errorf("inside, where that is allowed: %t: %v", hosts.Internal, err)
		}
	}
}

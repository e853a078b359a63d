package posture

import (
	"net/netip"
	"testing"
)

func TestIsPublic(t *testing.T) {
	for text, want := range map[string]bool{
		"8.8.8.8": true, "100.63.255.255": true, "100.128.0.1": true, "172.15.0.1": true, "2606:4700::1": true,
		"2a00:1450::1": true, "64:ff9b::808:808": true, "::ffff:8.8.8.8": true,

		"127.0.0.1": false, "0.0.0.0": false, "0.1.2.3": false, "10.0.0.1": false, "100.64.0.1": false, "172.16.0.1": false,
		"192.168.1.1": false, "169.254.169.254": false, "169.254.170.2": false, "192.0.0.1": false, "192.0.2.1": false,
		"198.18.0.1": false, "198.51.100.1": false, "203.0.113.1": false, "224.0.0.1": false, "240.0.0.1": false, "255.255.255.255": false,

		"::": false, "::1": false, "::7f00:1": false, "::ffff:127.0.0.1": false, "::ffff:169.254.169.254": false,
		"fe80::1": false, "fec0::1": false, "fc00::1": false, "fd00:ec2::254": false, "ff02::1": false,
		"64:ff9b::7f00:1": false, "64:ff9b::a9fe:a9fe": false, "64:ff9b:1::1": false, "2001:db8::1": false, "2001::1": false,
		"2002:7f00:1::1": false, "100::1": false, "3fff::1": false, "5f00::1": false,
		"::ffff:0.0.0.0": false, "::ffff:100.64.0.1": false, "::ffff:0:7f00:1": false, "64:ff9b::": false, "4000::1": false, "2a00:1450::1%eth0": false,
	} {
		if got := IsPublic(netip.MustParseAddr(text)); got != want {
			t.Errorf("%s is public: %t; want %t", text, got, want)
		}
		if err := RefuseInternal("tcp", netip.AddrPortFrom(netip.MustParseAddr(text), 443).String(), nil); (err == nil) != want {
			t.Errorf("%s: %v", text, err)
		}
	}
}

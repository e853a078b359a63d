package posture

import (
	"context"
	"net"
)

// Through gives a look at the outside by the one name server at an address such
// as 192.0.2.53:53, and at hosts of whatever network it names. Where the address
// is empty, the system's resolver is asked, and only hosts of the Internet are.
func Through(nameServer string) (Resolver, PolicyHosts) {
	if nameServer == "" {
		return Resolver{}, PolicyHosts{}
	}
	dns := &net.Resolver{PreferGo: true, Dial: func(ctx context.Context, network, _ string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, network, nameServer)
	}}
	return Resolver{DNS: dns}, PolicyHosts{DNS: dns, Internal: true}
}

package survey

import (
	"fmt"
	"sync/atomic"
)

// What one look at a domain may cost, whatever its DNS, its hosts and their
// certificates name: 500 look-ups in DNS and 300 connections. docs/check.md states
// them. Each part has its own share, so that a part that is full of names leaves the
// others what they need.
const (
	maxCNAMEs    = 10 // Of a name.
	maxAddresses = 16 // Of a host.

	maxHosts        = 50 // Of MX records.
	maxMXAddresses  = 60 // Of all MX hosts together: each gets one at least.
	maxDestinations = 10 // Of reports.
	maxRUAAddresses = 20 // Of all HTTPS destinations together: each gets two at least.
	maxRUAHosts     = 5  // Of the MX records of a mailto destination.
	maxIssuers      = 6  // Certificates fetched.
	maxIssuerDials  = 2  // Addresses tried for each of them.

	recordLookups = 5 * (maxCNAMEs + 1) // TXT twice, MX, and A and AAAA of the Policy Host.
	mxLookups     = 250                 // Three for each MX host, and what CNAMEs take.
	ruaLookups    = 130                 // Eleven for each destination, likewise.
	issuerLookups = 60
)

// look is one look at a domain, or a part of it.
type look struct {
	*Looker
	lookups allowance // Look-ups in DNS.
	issuers *issuers  // For all parts.
}

func (l *Looker) begin() *look {
	fetching := &issuers{known: make(map[string]func() []byte)}
	fetching.look = &look{Looker: l, lookups: newAllowance(issuerLookups), issuers: fetching}
	return &look{Looker: l, lookups: newAllowance(recordLookups), issuers: fetching}
}

// part is a part of a look, with its own share of look-ups.
func (l *look) part(lookups int) *look {
	return &look{Looker: l.Looker, lookups: newAllowance(lookups), issuers: l.issuers}
}

// allowance is how often something may still be done.
type allowance struct{ left *atomic.Int64 }

func newAllowance(n int) allowance {
	left := new(atomic.Int64)
	left.Store(int64(n))
	return allowance{left}
}

// take reports whether it may be done once more.
func (a allowance) take() bool { return a.left.Add(-1) >= 0 }

// share gives each host in turn one of its addresses to be asked, until most are
// given, and has the others note what is left out.
func share(most int, hosts []addressed) {
	kept := make([]int, len(hosts))
	for gave := true; gave; {
		gave = false
		for i, host := range hosts {
			if most > 0 && kept[i] < len(host.List) {
				kept[i]++
				most--
				gave = true
			}
		}
	}
	for i, host := range hosts {
		host.cut(host.name, kept[i])
	}
}

// addressed is a host with its addresses.
type addressed struct {
	name string
	*Addresses
}

// cut leaves so many addresses to be asked.
func (a *Addresses) cut(host string, most int) {
	more := len(a.List) - most
	if more <= 0 {
		return
	}
	a.List, a.More = a.List[:most], a.More+more
	if a.Unseen == "" || a.LimitReached {
		a.Unseen, a.LimitReached = Unseen(fmt.Sprintf("not looked at: %d more of the addresses of %s", a.More, host)), true
	}
}

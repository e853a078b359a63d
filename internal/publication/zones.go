package publication

import (
	"fmt"

	"sealpost/internal/mtasts"
)

// Zones says where the TXT records of the domains live. As JSON it is what the
// functions that publish and announce are configured with.
type Zones struct {
	Service *Zone           `json:"service,omitzero"` // For domains that point to us by CNAME.
	Domains map[string]Home `json:"domains,omitzero"`
	Others  Home            `json:"others,omitzero"` // Of every domain that is not among Domains.
}

// Zone is a zone of the DNS that is ours to write.
type Zone struct {
	ID   string `json:"id"`
	Name string `json:"name"`
}

// Home is what is known of a domain's DNS.
type Home struct {
	Zone *Zone `json:"zone,omitzero"` // Nil where it is not ours to write.
	DNS  DNS   `json:"dns,omitzero"`  // What holds for items that do not say; DNSDefault for the first that is possible.
}

// Place is where a TXT record is written.
type Place struct {
	Zone string // The id of the zone.
	Name string
}

func (z Zones) home(domain string) Home {
	if home, is := z.Domains[domain]; is {
		return home
	}
	return z.Others
}

// DNS gives what holds for a domain whose item asks for asked.
func (z Zones) DNS(domain string, asked DNS) DNS {
	home := z.home(domain)
	switch {
	case asked != DNSDefault:
		return asked
	case home.DNS != DNSDefault:
		return home.DNS
	case home.Zone != nil:
		return DNSRoute53
	case z.Service != nil:
		return DNSCNAME
	default:
		return DNSManual
	}
}

// Place gives where the TXT record of a domain is written; false where that is
// not ours to do.
func (z Zones) Place(domain string, asked DNS) (Place, bool) {
	switch z.DNS(domain, asked) {
	case DNSRoute53:
		if zone := z.home(domain).Zone; zone != nil {
			return Place{Zone: zone.ID, Name: mtasts.RecordName(domain)}, true
		}
	case DNSCNAME:
		if z.Service != nil {
			return Place{Zone: z.Service.ID, Name: domain + "._mta-sts." + z.Service.Name}, true
		}
	}
	return Place{}, false
}

// check says why an item cannot have the DNS that it asks for.
func (z Zones) check(domain string, asked DNS) []Problem {
	if _, ours := z.Place(domain, asked); ours || z.DNS(domain, asked) == DNSManual {
		return nil
	}
	missing := "the hosted zone of " + domain
	if z.DNS(domain, asked) == DNSCNAME {
		missing = "a service zone"
	}
	return []Problem{{
		Rule:    RuleSyntax,
		Path:    "/dns",
		Message: fmt.Sprintf("%s needs %s, and the configuration names none: name it there, or write manual here", z.DNS(domain, asked), missing),
	}}
}

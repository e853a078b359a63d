package digest

import "fmt"

// mxHost finds that a name that stands in reports is no domain that mail is sent
// to, but an MX host. Which domain's mail it was, nobody can tell.
func (about Subject) mxHost(name string) []Finding {
	if _, isDomain := about.Policies[name]; isDomain || about.MXOf == nil {
		return nil
	}
	domains := about.MXOf(name)
	if len(domains) == 0 {
		return nil
	}
	of := domains[0]
	if more := len(domains) - 1; more > 0 {
		of = fmt.Sprintf("%s, and of %s here", of, amount(more, "more domain"))
	}
	return []Finding{{
		Kind:    KindMXHost,
		Urgency: Know,
		What:    "This is an MX of " + of + ". Reports about DANE may name the MX host, and then do not say to which domain the mail was sent.",
	}}
}

// isIdleMXHost says of an MX host that earlier weeks named that there is nothing
// to say of it now. Nobody has to report about one.
func (d Domain) isIdleMXHost() bool {
	return d.Reports == 0 && len(d.Findings) == 1 && d.has(KindMXHost)
}

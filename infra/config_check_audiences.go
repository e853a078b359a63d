package main

import (
	"fmt"
	"slices"

	"sealpost/internal/told"
)

// audiences demands that each digest goes to somebody, and that somebody hears of
// each domain.
func (c *checker) audiences(config Config) {
	seen := make(map[string]int)
	for i, audience := range config.Digest.Audiences {
		key := fmt.Sprintf("digest.audiences[%d]", i)
		err := told.CheckName(audience.Name)
		c.demand(err == nil, key+".name", "%v", err)
		c.demand(audience.Name != told.All, key+".name", "%s is what digest.recipients are called: take another name", told.All)
		first, again := seen[audience.Name]
		c.demand(!again, key+".name", "%s is digest.audiences[%d] already", audience.Name, first)
		seen[audience.Name] = i
		c.demand(len(audience.Recipients) > 0, key+".recipients", "list who gets this digest")
		c.recipients(audience.Recipients, key+".recipients")
		c.audienceDomains(config, audience.Domains, key+".domains")
	}
	if len(config.Digest.Recipients) > 0 {
		return
	}
	for i, domain := range config.Domains {
		heard := slices.ContainsFunc(config.Digest.Audiences, func(a told.Audience) bool { return slices.Contains(a.Domains, domain.Name) })
		c.demand(heard || len(config.Digest.Audiences) == 0, "digest.audiences",
			"nobody hears of %s, domains[%d]: put it into the domains of an audience, or list in digest.recipients who gets the digest of every domain", domain.Name, i)
	}
}

func (c *checker) audienceDomains(config Config, domains []string, key string) {
	c.demand(len(domains) > 0, key, "list its domains; whoever is to hear of all belongs into digest.recipients")
	for i, name := range domains {
		key := fmt.Sprintf("%s[%d]", key, i)
		first := slices.Index(domains, name)
		c.demand(first == i, key, "%s is there already", name)
		known := slices.ContainsFunc(config.Domains, func(d Domain) bool { return d.Name == name })
		c.demand(known, key, "%s is none of the domains of this configuration", name)
	}
}

// recipients are those of one mail.
func (c *checker) recipients(recipients []string, key string) {
	c.demand(len(recipients) <= maxRecipients, key, "a mail has at most %d recipients", maxRecipients)
	for i, recipient := range recipients {
		c.address(recipient, fmt.Sprintf("%s[%d]", key, i))
		first := slices.Index(recipients, recipient)
		c.demand(first == i, fmt.Sprintf("%s[%d]", key, i), "%s is %s[%d] already", recipient, key, first)
	}
}

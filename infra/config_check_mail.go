package main

import (
	"fmt"
	"regexp"
)

// ruleSetForm is what SES calls a receipt rule set
// (https://docs.aws.amazon.com/ses/latest/APIReference/API_CreateReceiptRuleSet.html).
var ruleSetForm = regexp.MustCompile(`^[A-Za-z0-9]([A-Za-z0-9_-]{0,62}[A-Za-z0-9])?$`)

// mail demands a domain of its own: its MX record takes all of its mail away from
// wherever that went before.
func (c *checker) mail(config Config) {
	mail := config.Reports.Mail
	const key = "reports.mail"
	if mail.Domain == "" {
		const useless = "it has no use without reports.mail.domain"
		c.demand(!mail.DomainVerified, key+".domainVerified", useless)
		c.demand(mail.RuleSet == "", key+".ruleSet", useless)
		c.demand(!mail.TakeOver, key+".takeOver", useless)
		return
	}
	c.name(mail.Domain, key+".domain")
	free := !config.uses(mail.Domain) && mail.Domain != config.Reports.Domain
	c.demand(free, key+".domain", "%s stands for something else, whose mail would go to Amazon SES from now on: take a domain of its own, such as %s", mail.Domain, config.below("tlsrpt"))
	c.demand(mail.RuleSet == "" || ruleSetForm.MatchString(mail.RuleSet), key+".ruleSet", "%q is not the name of a receipt rule set", mail.RuleSet)
	c.demand(mail.RuleSet == "" || mail.RuleSet != config.StackName, key+".ruleSet",
		"%s is what the stack's own rule set is called: leave ruleSet out to have that one", mail.RuleSet)
	c.demand(mail.RuleSet == "" || !mail.TakeOver, key+".takeOver", "the rule goes into %s, so nothing is taken over: leave out one of the two", mail.RuleSet)
	if !free {
		return
	}
	c.readElsewhere(config.AlarmsAddress, mail.Domain, "alarmsAddress")
	if config.Digest.Enabled {
		for i, recipient := range config.Digest.Recipients {
			c.readElsewhere(recipient, mail.Domain, fmt.Sprintf("digest.recipients[%d]", i))
		}
		for i, audience := range config.Digest.Audiences {
			for j, recipient := range audience.Recipients {
				c.readElsewhere(recipient, mail.Domain, fmt.Sprintf("digest.audiences[%d].recipients[%d]", i, j))
			}
		}
	}
}

// readElsewhere: what is mailed to the reports domain, only a function reads.
func (c *checker) readElsewhere(address, reportsDomain, key string) {
	c.demand(domainOf(address) != reportsDomain, key, "what is mailed to %s is taken for reports, and nobody reads it: take an address elsewhere", reportsDomain)
}

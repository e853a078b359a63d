package main

import (
	"fmt"
	"net/mail"
	"regexp"
	"slices"
	"strings"
	"time"
	_ "time/tzdata" // A machine without time zones can check them too.

	"sealpost/internal/mtasts"
	"sealpost/internal/publication"
)

// Limits of the services that are used.
const (
	maxAliases     = 100 // Host names of a distribution.
	firstSureHour  = 4   // Clocks are put forward before; the hour that is left out has no digest.
	maxRate        = 10_000
	maxRecipients  = 50 // Of a mail.
	maxStackName   = 64 // Half of what is allowed, for names that are made from it.
	minReportsDays = 15 // The digest reads a week, and compares it with the one before.
)

var (
	stackNameForm   = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9-]*$`)
	zoneIDForm      = regexp.MustCompile(`^[A-Z0-9]{1,32}$`)
	certificateForm = regexp.MustCompile(`^arn:aws:acm:us-east-1:[0-9]{12}:certificate/[0-9a-f-]{36}$`)
)

var weekdays = []string{"MON", "TUE", "WED", "THU", "FRI", "SAT", "SUN"}

// logDays are what CloudWatch Logs offers.
var logDays = []int{1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653}

// checker collects what is wrong, a line each.
type checker struct{ problems []string }

func (c *checker) demand(holds bool, key, format string, args ...any) {
	if !holds {
		c.problems = append(c.problems, contextKey+"."+key+": "+fmt.Sprintf(format, args...))
	}
}

func (c Config) check() []string {
	var check checker
	check.demand(stackNameForm.MatchString(c.StackName) && len(c.StackName) <= maxStackName, "stackName",
		"%q is not a stack name: write up to %d letters, digits and hyphens, a letter first", c.StackName, maxStackName)
	if c.ServiceZone != nil {
		check.zoneID(c.ServiceZone.ID, "serviceZone")
		check.name(c.ServiceZone.Name, "serviceZone.name")
	}
	check.domains(c)
	check.certificate(c.CertificateARN, "certificateArn")
	check.reports(c)
	if c.Digest.Enabled {
		check.digest(c.Digest)
	}
	check.address(c.AlarmsAddress, "alarmsAddress")
	check.demand(c.RetentionDays.Reports >= minReportsDays, "retentionDays.reports",
		"the digest needs the reports of two weeks: write %d or more", minReportsDays)
	check.demand(slices.Contains(logDays, c.RetentionDays.Logs), "retentionDays.logs",
		"%d is not on offer: write one of %s", c.RetentionDays.Logs, strings.Trim(fmt.Sprint(logDays), "[]"))
	return check.problems
}

func (c *checker) domains(config Config) {
	c.demand(len(config.Domains) > 0, "domains", "list at least one domain")
	c.demand(len(config.Domains) <= maxAliases, "domains", "a distribution serves at most %d domains; deploy the others as a stack of their own", maxAliases)
	seen := make(map[string]int)
	for i, domain := range config.Domains {
		key := fmt.Sprintf("domains[%d]", i)
		first, again := seen[domain.Name]
		c.demand(!again, key+".name", "%s is domains[%d] already", domain.Name, first)
		seen[domain.Name] = i
		c.domain(config, domain, key)
	}
}

func (c *checker) domain(config Config, domain Domain, key string) {
	c.name(domain.Name, key+".name")
	if domain.Zone != nil {
		c.zoneID(domain.Zone.ID, key+".zone")
		c.demand(within(domain.Name, domain.Zone.Name), key+".zone.name", "%s does not lie in %s", domain.Name, domain.Zone.Name)
	}
	switch domain.DNS {
	case publication.DNSRoute53:
		c.demand(domain.Zone != nil, key+".dns", "route53 needs the domain's zone")
	case publication.DNSCNAME:
		c.demand(config.ServiceZone != nil, key+".dns", "cname needs a serviceZone, where the record lives")
	case publication.DNSManual:
		c.demand(!domain.TLSReports, key+".tlsReports", "with dns manual there is no zone to set the record in: leave it out, and set the record that the outputs give")
	default:
		c.demand(false, key+".dns", "%q is unknown: write route53, cname or manual", string(domain.DNS))
	}
	// The deployment would wait for hours for records that it cannot name.
	c.demand(domain.Zone != nil || config.CertificateARN != "", key+".zone",
		"without the zone no certificate for %s can be made here: "+
			"request one in us-east-1 that covers every domain, and give its certificateArn", mtasts.PolicyHost(domain.Name))
}

func (c *checker) name(name, key string) {
	parsed, err := mtasts.ParseDomain(name)
	c.demand(err == nil, key, "%v", err)
	c.demand(err != nil || parsed == name, key, "write %q as %s", name, parsed)
}

func (c *checker) zoneID(id, key string) {
	c.demand(zoneIDForm.MatchString(id), key+".id", "%q is not the id of a hosted zone, such as Z0123456789ABCDEFGHIJ", id)
}

func (c *checker) certificate(arn, key string) {
	c.demand(arn == "" || certificateForm.MatchString(arn), key,
		"%q is not the ARN of a certificate in us-east-1, such as arn:aws:acm:us-east-1:123456789012:certificate/00000000-0000-0000-0000-000000000000", arn)
}

func (c *checker) reports(config Config) {
	reports := config.Reports
	if reports.Domain != "" {
		c.name(reports.Domain, "reports.domain")
		c.demand(reports.CertificateARN != "" || config.zoneOf(reports.Domain) != nil, "reports.domain",
			"%s lies in none of the zones given, so no certificate can be made for it: give reports.certificateArn", reports.Domain)
	}
	c.demand(reports.Domain != "" || reports.CertificateARN == "", "reports.certificateArn", "it has no use without reports.domain")
	c.certificate(reports.CertificateARN, "reports.certificateArn")
	c.demand(1 <= reports.RatePerSecond && reports.RatePerSecond <= maxRate, "reports.ratePerSecond", "write 1 to %d", maxRate)
	c.demand(reports.RatePerSecond <= reports.Burst && reports.Burst <= maxRate, "reports.burst", "write a number from ratePerSecond to %d", maxRate)
}

func (c *checker) digest(digest Digest) {
	c.demand(len(digest.Recipients) > 0, "digest.recipients", "list who gets the digest, or set digest.enabled to false")
	c.demand(len(digest.Recipients) <= maxRecipients, "digest.recipients", "a mail has at most %d recipients", maxRecipients)
	for i, recipient := range digest.Recipients {
		c.address(recipient, fmt.Sprintf("digest.recipients[%d]", i))
	}
	c.address(digest.Sender, "digest.sender")
	_, err := time.LoadLocation(digest.TimeZone)
	c.demand(err == nil && digest.TimeZone != "" && digest.TimeZone != "Local", "digest.timeZone", "%q is not a time zone, such as Europe/Berlin", digest.TimeZone)
	c.demand(slices.Contains(weekdays, digest.Weekday), "digest.weekday", "%q is unknown: write one of %s", digest.Weekday, strings.Join(weekdays, " "))
	c.demand(firstSureHour <= digest.Hour && digest.Hour <= 23, "digest.hour",
		"%d: write %d to 23; where clocks change, an earlier hour is left out once a year", digest.Hour, firstSureHour)
}

// address demands a bare address with a domain in the form in which domains
// are written everywhere else.
func (c *checker) address(address, key string) {
	parsed, err := mail.ParseAddress(address)
	plain := err == nil && parsed.Address == address && !strings.ContainsAny(address, ", \"")
	c.demand(plain, key, "%q is not a mail address", address)
	if plain {
		c.name(domainOf(address), key)
	}
}

func domainOf(address string) string {
	return address[strings.LastIndexByte(address, '@')+1:]
}

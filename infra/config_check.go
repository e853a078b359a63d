package main

import (
	"fmt"
	"net/mail"
	"regexp"
	"slices"
	"strings"
	"time"
	_ "time/tzdata" // A machine without time zones can check them too.
	"unicode"

	"golang.org/x/net/publicsuffix"

	"sealpost/internal/mtasts"
	"sealpost/internal/publication"
	"sealpost/internal/trust"
)

// Limits of the services that are used.
const (
	maxAliases     = 100 // Host names of a distribution.
	firstSureHour  = 4   // Clocks are put forward before; the hour that is left out has no digest.
	maxRate        = 10_000
	maxRecipients  = 50 // Of a mail.
	maxStackName   = 64 // Half of what is allowed, for names that are made from it; as long as the name of a receipt rule set may be.
	minReportsDays = 15 // The digest reads a week, and compares it with at least the one before.
	maxReportsDays = 3653
	maxCommonName  = 64  // Of a certificate (https://docs.aws.amazon.com/acm/latest/APIReference/API_RequestCertificate.html).
	maxSilence     = 168 // Hours that an alarm can look back.
	maxScanGB      = 100_000
)

var (
	stackNameForm   = regexp.MustCompile(`^[A-Za-z]([A-Za-z0-9-]*[A-Za-z0-9])?$`)
	zoneIDForm      = regexp.MustCompile(`^[A-Z0-9]{1,32}$`)
	certificateForm = regexp.MustCompile(`^arn:aws:acm:us-east-1:[0-9]{12}:certificate/[0-9a-f-]{36}$`)
)

var weekdays = []string{"MON", "TUE", "WED", "THU", "FRI", "SAT", "SUN"}

// logDays are what CloudWatch Logs offers.
var logDays = []int{1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653}

// checker collects what is wrong, a line each.
type checker struct{ problems problems }

func (c *checker) demand(holds bool, key, format string, args ...any) {
	if !holds {
		c.problems = append(c.problems, problem{contextKey + "." + key, fmt.Sprintf(format, args...)})
	}
}

func (c Config) check() problems {
	var check checker
	check.demand(stackNameForm.MatchString(c.StackName) && len(c.StackName) <= maxStackName, "stackName",
		"%q is not a stack name: write up to %d letters, digits and hyphens, a letter first and no hyphen last", c.StackName, maxStackName)
	if c.ServiceZone != nil {
		check.zoneID(c.ServiceZone.ID, "serviceZone")
		check.name(c.ServiceZone.Name, "serviceZone.name")
	}
	check.domains(c)
	check.zones(c)
	check.certificate(c.CertificateARN, "certificateArn")
	check.reports(c)
	if c.Reports.Mail.Enabled {
		check.mail(c)
	}
	if c.Digest.Enabled {
		check.digest(c.Digest)
		check.audiences(c)
		check.demand(c.Digest.Engine != engineAthena || c.Athena.Enabled, "digest.engine", "athena needs athena.enabled")
	}
	check.athena(c.Athena)
	check.address(c.AlarmsAddress, "alarmsAddress")
	check.demand(minReportsDays <= c.RetentionDays.Reports && c.RetentionDays.Reports <= maxReportsDays, "retentionDays.reports",
		"write %d, since the digest needs the reports of two weeks, to %d", minReportsDays, maxReportsDays)
	check.demand(1 <= c.RetentionDays.Quarantine && c.RetentionDays.Quarantine <= maxReportsDays, "retentionDays.quarantine", "write 1 to %d", maxReportsDays)
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
	if len(config.Domains) > 0 && config.CertificateARN == "" {
		host := mtasts.PolicyHost(config.Domains[0].Name)
		c.demand(len(host) <= maxCommonName, "domains[0].name",
			"a certificate's first name has at most %d characters, and %s has %d: list a shorter domain first, or give a certificateArn", maxCommonName, host, len(host))
	}
}

// zones demands that a zone is always the same one: what is written of it the
// second time would be passed over.
func (c *checker) zones(config Config) {
	names, ids := make(map[string]string), make(map[string]string) // By ids, and by names.
	consider := func(zone *publication.Zone, key string) {
		if zone == nil {
			return
		}
		name, known := names[zone.ID]
		c.demand(!known || name == zone.Name, key+".name", "the zone %s is called %s above, and %s here", zone.ID, name, zone.Name)
		id, known := ids[zone.Name]
		c.demand(!known || id == zone.ID, key+".id", "the zone %s has the id %s above, and %s here", zone.Name, id, zone.ID)
		names[zone.ID], ids[zone.Name] = zone.Name, zone.ID
	}
	consider(config.ServiceZone, "serviceZone")
	for i, domain := range config.Domains {
		consider(domain.Zone, fmt.Sprintf("domains[%d].zone", i))
	}
}

func (c *checker) domain(config Config, domain Domain, key string) {
	c.name(domain.Name, key+".name")
	_, isHost := mtasts.PolicyDomain(domain.Name)
	c.demand(!isHost, key+".name", "%s is a Policy Host: write what stands behind the @ of mail addresses, without mta-sts.", domain.Name)
	suffix, official := publicsuffix.PublicSuffix(domain.Name)
	c.demand(suffix != domain.Name || !official, key+".name", "below %s everybody can have a domain: write one of yours", domain.Name)
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
		c.demand(reports.CertificateARN != "" || len(reports.Domain) <= maxCommonName, "reports.domain",
			"a certificate's name has at most %d characters, and this has %d: take a shorter one, or give reports.certificateArn", maxCommonName, len(reports.Domain))
		c.demand(!config.uses(reports.Domain), "reports.domain",
			"%s stands for something else: take a host of its own, such as %s", reports.Domain, config.below("reports"))
	}
	c.demand(reports.Domain != "" || reports.CertificateARN == "", "reports.certificateArn", "it has no use without reports.domain")
	c.certificate(reports.CertificateARN, "reports.certificateArn")
	c.distrustedSigners(reports.DistrustedSigners)
	c.demand(1 <= reports.RatePerSecond && reports.RatePerSecond <= maxRate, "reports.ratePerSecond", "write 1 to %d", maxRate)
	c.demand(0 <= reports.SilenceHours && reports.SilenceHours <= maxSilence, "reports.silenceHours", "write 1 to %d, or 0 for no alarm", maxSilence)
	c.demand(reports.RatePerSecond <= reports.Burst && reports.Burst <= maxRate, "reports.burst", "write a number from ratePerSecond to %d", maxRate)
}

func (c *checker) distrustedSigners(domains []string) {
	found := len(c.problems)
	for i, domain := range domains {
		key := fmt.Sprintf("reports.distrustedSigners[%d]", i)
		c.name(domain, key)
		c.demand(slices.Index(domains, domain) == i, key, "%s is listed above already", domain)
	}
	if _, err := trust.Distrust(domains...); len(c.problems) == found { // Or else it says the same.
		c.demand(err == nil, "reports.distrustedSigners", "%v", err)
	}
}

// uses says whether the records of a name are spoken for: a domain or zone has
// mail or a web site there, and the others are hosts of ours.
func (c Config) uses(name string) bool {
	if zone := c.ServiceZone; zone != nil && (name == zone.Name || name == edgeName(*zone)) {
		return true
	}
	return slices.ContainsFunc(c.Domains, func(domain Domain) bool {
		return name == domain.Name || name == mtasts.PolicyHost(domain.Name) || domain.Zone != nil && name == domain.Zone.Name
	})
}

// below gives a name to recommend: that of a host below the first domain.
func (c Config) below(host string) string {
	if len(c.Domains) == 0 {
		return host + ".example.com"
	}
	return host + "." + c.Domains[0].Name
}

func (c *checker) digest(digest Digest) {
	c.demand(len(digest.audiences()) > 0, "digest.recipients", "list who gets the digest, or set digest.enabled to false")
	c.recipients(digest.Recipients, "digest.recipients")
	c.address(digest.Sender, "digest.sender")
	place, err := time.LoadLocation(digest.TimeZone)
	known := err == nil && digest.TimeZone != "" && digest.TimeZone != "Local"
	c.demand(known, "digest.timeZone", "%q is not a time zone, such as Europe/Berlin", digest.TimeZone)
	c.demand(slices.Contains(weekdays, digest.Weekday), "digest.weekday", "%q is unknown: write one of %s", digest.Weekday, strings.Join(weekdays, " "))
	c.demand(digest.Engine == engineS3 || digest.Engine == engineAthena, "digest.engine", "%q is unknown: write %s or %s", digest.Engine, engineS3, engineAthena)
	sure := firstSureHour <= digest.Hour && digest.Hour <= 23
	c.demand(sure, "digest.hour",
		"%d: write %d to 23; where clocks change, an earlier hour is left out once a year", digest.Hour, firstSureHour)
	if day := slices.Index(weekdays, digest.Weekday); known && sure && day >= 0 {
		reason := unsuitableHour(place, day, digest.Hour)
		c.demand(reason == "", "digest.hour", "%s: write another hour, or another weekday", reason)
	}
}

func (c *checker) athena(athena Athena) {
	c.demand(1 <= athena.ScanLimitGB && athena.ScanLimitGB <= maxScanGB, "athena.scanLimitGB", "write 1 to %d", maxScanGB)
}

// address demands a bare address with a domain in the form in which domains
// are written everywhere else.
func (c *checker) address(address, key string) {
	if address == "" {
		c.demand(false, key, "write a mail address")
		return
	}
	parsed, err := mail.ParseAddress(address)
	plain := err == nil && parsed.Address == address && !strings.ContainsAny(address, ", \"")
	if local, _, _ := strings.Cut(address, "@"); plain && strings.ContainsFunc(local, func(r rune) bool { return r > unicode.MaxASCII }) {
		c.demand(false, key, "%q has other letters than ASCII before the @, which Amazon SES does not take", address)
		return
	}
	c.demand(plain, key, "%q is not a mail address", address)
	if plain {
		c.name(domainOf(address), key)
	}
}

func domainOf(address string) string {
	return address[strings.LastIndexByte(address, '@')+1:]
}

package main

import (
	"strings"

	"sealpost/internal/archive"
	"sealpost/internal/aws/settings"
	"sealpost/internal/publication"
	"sealpost/internal/told"
	"sealpost/internal/trust"
)

// Config is what a user decides. docs/configuration.md says what each key
// means; it has a default where [defaults] names one.
type Config struct {
	StackName      string            `json:"stackName"`
	ServiceZone    *publication.Zone `json:"serviceZone"`
	Domains        []Domain          `json:"domains"`
	CertificateARN string            `json:"certificateArn"`
	Reports        Reports           `json:"reports"`
	Digest         Digest            `json:"digest"`
	Athena         Athena            `json:"athena"`
	AlarmsAddress  string            `json:"alarmsAddress"`
	RetentionDays  Retention         `json:"retentionDays"`
}

// Domain is a Policy Domain. Zones are hosted zones of Route 53 in the account
// that is deployed to.
type Domain struct {
	Name       string            `json:"name"`
	Zone       *publication.Zone `json:"zone"` // Nil where others hold the DNS.
	DNS        publication.DNS   `json:"dns"`
	TLSReports bool              `json:"tlsReports"` // Whether the stack sets the record that asks for reports.
}

// Reports says how SMTP TLS reports come in.
type Reports struct {
	Domain         string `json:"domain"`
	CertificateARN string `json:"certificateArn"`
	AcceptAny      bool   `json:"acceptAny"`
	RatePerSecond  int    `json:"ratePerSecond"`
	Burst          int    `json:"burst"`
	SilenceHours   int    `json:"silenceHours"` // None may come for so long; 0 for any time.
	HTTPSFirst     bool   `json:"httpsFirst"`   // Whether reporters are asked to post before they mail.

	DistrustedSigners []string `json:"distrustedSigners"` // Domains whose signed reports have no effect.

	Mail Mail `json:"mail"`
}

// Mail says how reports come in by mail.
type Mail struct {
	Enabled        bool   `json:"enabled"`
	Domain         string `json:"domain"` // That they are mailed to; empty where there is none.
	DomainVerified bool   `json:"domainVerified"`
	RuleSet        string `json:"ruleSet"`  // Somebody else's, into which our rule goes; empty for one of our own.
	TakeOver       bool   `json:"takeOver"` // Whether ours may become active in place of somebody else's.
}

// evidenceRules decides whether reports count as evidence. The check of the
// configuration has found nothing wrong with the signers.
func (r Reports) evidenceRules() settings.EvidenceRules {
	signers, _ := trust.Distrust(r.DistrustedSigners...)
	return settings.EvidenceRules{DistrustedSigners: signers, HTTPSOnly: !r.Mail.comes()}
}

// comes says whether reports come in by mail.
func (m Mail) comes() bool { return m.Enabled && m.Domain != "" }

// activates says whether a rule set of ours becomes the active one.
func (m Mail) activates() bool { return m.comes() && m.RuleSet == "" }

// Digest says who gets the weekly digest, and when.
type Digest struct {
	Enabled        bool     `json:"enabled"`
	Recipients     []string `json:"recipients"` // Of the digest of every domain.
	Sender         string   `json:"sender"`
	SenderVerified bool     `json:"senderVerified"`
	TimeZone       string   `json:"timeZone"`
	Weekday        string   `json:"weekday"`
	Hour           int      `json:"hour"`
	Engine         string   `json:"engine"` // What sums the reports.

	Audiences []told.Audience `json:"audiences"` // Of digests of some domains.
}

// Engines of the digest.
const (
	engineS3     = "s3"     // The function reads all of them.
	engineAthena = "athena" // Athena does.
)

// Athena says whether and how reports can be queried by SQL.
type Athena struct {
	Enabled     bool `json:"enabled"`
	ScanLimitGB int  `json:"scanLimitGB"` // That one query may read, in 10^9 bytes.
	Compaction  bool `json:"compaction"`  // Whether closed days are brought together in large files.
}

// audiences are all who get a digest.
func (d Digest) audiences() []told.Audience {
	if len(d.Recipients) == 0 {
		return d.Audiences
	}
	return append([]told.Audience{{Name: told.All, Recipients: d.Recipients}}, d.Audiences...)
}

// proves says whether a domain is verified with SES for the digest's sake.
func (d Digest) proves(domain string) bool { return d.Enabled && domainOf(d.Sender) == domain }

// Retention is in days.
type Retention struct {
	Reports    int `json:"reports"`
	Quarantine int `json:"quarantine"` // Of what was not authenticated.
	Logs       int `json:"logs"`
}

// defaults are the values of the keys that are left out.
func defaults() Config {
	return Config{
		StackName: "Sealpost",
		Reports:   Reports{RatePerSecond: 20, Burst: 40, Mail: Mail{Enabled: true}},
		// Reports about Sunday come late, so Tuesday sees them all.
		Digest:        Digest{Enabled: true, TimeZone: "UTC", Weekday: "TUE", Hour: 8, Engine: engineS3},
		Athena:        Athena{Enabled: true, ScanLimitGB: 10, Compaction: true},
		RetentionDays: Retention{Reports: 400, Quarantine: archive.UnauthenticatedDays, Logs: 90},
	}
}

// ParseConfig reads a configuration, which is JSON. The error has a line for
// each key that is wrong.
func ParseConfig(text []byte) (Config, error) {
	config, problems, err := decode(text)
	if err != nil {
		return Config{}, err
	}
	config = config.completed()
	problems = append(problems, problemsBut(problems, config.check())...)
	if len(problems) > 0 {
		return Config{}, problems
	}
	return config, nil
}

// completed fills in the defaults that follow from other keys.
func (c Config) completed() Config {
	for i, domain := range c.Domains {
		if domain.Zone != nil && domain.Zone.Name == "" {
			domain.Zone = &publication.Zone{ID: domain.Zone.ID, Name: domain.Name}
		}
		c.Domains[i] = domain
	}
	zones := c.zones()
	for i, domain := range c.Domains {
		c.Domains[i].DNS = zones.DNS(domain.Name, domain.DNS)
	}
	if c.Reports.Domain == "" && c.ServiceZone != nil && c.ServiceZone.Name != "" {
		c.Reports.Domain = "reports." + c.ServiceZone.Name
	}
	if mail := &c.Reports.Mail; mail.Enabled && mail.Domain == "" && c.ServiceZone != nil && c.ServiceZone.Name != "" {
		mail.Domain = "tlsrpt." + c.ServiceZone.Name
	}
	return c
}

// zones says where the TXT records live, to the functions that write them.
func (c Config) zones() publication.Zones {
	zones := publication.Zones{Service: c.ServiceZone, Domains: make(map[string]publication.Home)}
	for _, domain := range c.Domains {
		zones.Domains[domain.Name] = publication.Home{Zone: domain.Zone, DNS: domain.DNS}
	}
	return zones
}

// zoneOf gives the zone in which the records of a name live: the longest that
// is configured, nil if there is none.
func (c Config) zoneOf(name string) *publication.Zone {
	var longest *publication.Zone
	consider := func(zone *publication.Zone) {
		if zone != nil && within(name, zone.Name) && (longest == nil || len(zone.Name) > len(longest.Name)) {
			longest = zone
		}
	}
	consider(c.ServiceZone)
	for _, domain := range c.Domains {
		consider(domain.Zone)
	}
	return longest
}

func within(name, zone string) bool {
	return name == zone || strings.HasSuffix(name, "."+zone)
}

package main

import (
	"errors"
	"fmt"
	"strings"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"sealpost/internal/publication"
)

// contextKey is where cdk.json holds the configuration.
const contextKey = "sealpost"

// Config is what a user decides. docs/configuration.md says what each key
// means; it has a default where [defaults] names one.
type Config struct {
	StackName      string            `json:"stackName"`
	ServiceZone    *publication.Zone `json:"serviceZone"`
	Domains        []Domain          `json:"domains"`
	CertificateARN string            `json:"certificateArn"`
	Reports        Reports           `json:"reports"`
	Digest         Digest            `json:"digest"`
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
}

// Digest says who gets the weekly digest, and when.
type Digest struct {
	Enabled        bool     `json:"enabled"`
	Recipients     []string `json:"recipients"`
	Sender         string   `json:"sender"`
	SenderVerified bool     `json:"senderVerified"`
	TimeZone       string   `json:"timeZone"`
	Weekday        string   `json:"weekday"`
	Hour           int      `json:"hour"`
}

// Retention is in days.
type Retention struct {
	Reports int `json:"reports"`
	Logs    int `json:"logs"`
}

// defaults are the values of the keys that are left out.
func defaults() Config {
	return Config{
		StackName: "Sealpost",
		Reports:   Reports{RatePerSecond: 20, Burst: 40},
		// Reports about Sunday come late, so Tuesday sees them all.
		Digest:        Digest{Enabled: true, TimeZone: "UTC", Weekday: "TUE", Hour: 8},
		RetentionDays: Retention{Reports: 400, Logs: 90},
	}
}

// ParseConfig reads the context value as the CDK gives it: what cdk.json
// holds, or a string of JSON, as the command line's -c makes it. The error
// names every key that is wrong.
func ParseConfig(value any) (Config, error) {
	text, isText := value.(string)
	if value == nil {
		return Config{}, fmt.Errorf("the context in cdk.json has no key %s; docs/configuration.md says what to write there", contextKey)
	}
	if !isText {
		encoded, err := json.Marshal(value)
		if err != nil {
			return Config{}, fmt.Errorf("read the context key %s: %w", contextKey, err)
		}
		text = string(encoded)
	}
	config := defaults()
	if err := json.Unmarshal([]byte(text), &config, json.RejectUnknownMembers(true)); err != nil {
		return Config{}, decodeError(err)
	}
	config = config.completed()
	if problems := config.check(); len(problems) > 0 {
		return Config{}, fmt.Errorf("the configuration is wrong (docs/configuration.md lists every key):\n%s", strings.Join(problems, "\n"))
	}
	return config, nil
}

// decodeError says which key could not be read.
func decodeError(err error) error {
	var semantic *json.SemanticError
	switch {
	case errors.As(err, &semantic) && errors.Is(err, json.ErrUnknownName):
		return fmt.Errorf("%s: there is no such key; docs/configuration.md lists them all", keyOf(semantic.JSONPointer))
	case errors.As(err, &semantic):
		return fmt.Errorf("%s: a %s cannot stand here; docs/configuration.md says what can", keyOf(semantic.JSONPointer), kindName(semantic.JSONKind))
	default:
		return fmt.Errorf("the context key %s is not JSON: %w", contextKey, err)
	}
}

// keyOf writes a JSON Pointer as people name keys, such as
// sealpost.digest.hour or sealpost.domains[0].name.
func keyOf(pointer jsontext.Pointer) string {
	var key strings.Builder
	key.WriteString(contextKey)
	for token := range pointer.Tokens() {
		if strings.Trim(token, "0123456789") == "" {
			key.WriteString("[" + token + "]")
		} else {
			key.WriteString("." + token)
		}
	}
	return key.String()
}

func kindName(kind jsontext.Kind) string {
	switch kind {
	case 't', 'f':
		return "boolean"
	case '"':
		return "string"
	case '0':
		return "number of this kind"
	case '{':
		return "JSON object"
	case '[':
		return "list"
	default:
		return "value of this kind"
	}
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

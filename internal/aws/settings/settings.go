// Package settings says what each function needs to know of its surroundings.
// The stack writes it into the function's environment and the function reads
// it there, both by the same type, so that no name can be misspelt.
package settings

import (
	"fmt"
	"net/netip"
	"strconv"
	"time"

	"sealpost/internal/trust"
)

// Names of environment variables.
const (
	policiesTable    = "SEALPOST_POLICIES_TABLE"
	stateTable       = "SEALPOST_STATE_TABLE"
	edgeBucket       = "SEALPOST_EDGE_BUCKET"
	rotations        = "SEALPOST_ROTATIONS"
	reportsBucket    = "SEALPOST_REPORTS_BUCKET"
	accept           = "SEALPOST_ACCEPT"
	sender           = "SEALPOST_SENDER"
	configurationSet = "SEALPOST_CONFIGURATION_SET"
	unsubscribe      = "SEALPOST_UNSUBSCRIBE"
	quarantineDays   = "SEALPOST_QUARANTINE_DAYS"
	nameServer       = "SEALPOST_NAME_SERVER"
	inboxBucket      = "SEALPOST_INBOX_BUCKET"
	reportsDomain    = "SEALPOST_REPORTS_DOMAIN"
	alarmsTopic      = "SEALPOST_ALARMS_TOPIC"
	distrusted       = "SEALPOST_DISTRUSTED_SIGNERS"
	httpsOnly        = "SEALPOST_REPORTS_BY_HTTPS_ONLY"
)

// Whose reports are taken in.
const (
	acceptAny    = "any"
	acceptHosted = "hosted"
)

// Policy is what the function that serves policies needs.
type Policy struct {
	StateTable string
}

// Env returns the function's environment.
func (p Policy) Env() map[string]string {
	return map[string]string{stateTable: p.StateTable}
}

// PolicyFromEnv reads what [Policy.Env] wrote.
func PolicyFromEnv(getenv func(string) string) (Policy, error) {
	e := environment{getenv: getenv}
	p := Policy{StateTable: e.needed(stateTable)}
	return p, e.err
}

// Publish is what the function that publishes policies needs, and [Zones].
type Publish struct {
	PoliciesTable string
	StateTable    string
	EdgeBucket    string
	Rotations     string // The URL of the queue that the function rotate works off.
	NameServer    string // As [Rotate] has it.
	EvidenceRules
}

// EvidenceRules decides whether reports count as evidence.
type EvidenceRules struct {
	DistrustedSigners trust.Signers // Optional.
	HTTPSOnly         bool          // No report comes in by mail, so none can be authenticated.
}

func (r EvidenceRules) addTo(env map[string]string) map[string]string {
	if r.HTTPSOnly {
		env[httpsOnly] = "true"
	}
	return with(env, distrusted, r.DistrustedSigners.String())
}

// Env returns the function's environment.
func (p Publish) Env() map[string]string {
	env := map[string]string{policiesTable: p.PoliciesTable, stateTable: p.StateTable, edgeBucket: p.EdgeBucket, rotations: p.Rotations}
	return p.addTo(with(env, nameServer, p.NameServer))
}

// PublishFromEnv reads what [Publish.Env] wrote.
func PublishFromEnv(getenv func(string) string) (Publish, error) {
	e := environment{getenv: getenv}
	p := Publish{
		PoliciesTable: e.needed(policiesTable),
		StateTable:    e.needed(stateTable),
		EdgeBucket:    e.needed(edgeBucket),
		Rotations:     e.needed(rotations),
		NameServer:    e.address(nameServer),
		EvidenceRules: e.evidenceRules(),
	}
	return p, e.err
}

// Rotate is what the function that moves the ids in the DNS needs, and [Zones].
type Rotate struct {
	StateTable string
	EdgeBucket string
	Rotations  string // The URL of the queue that it works off.

	// NameServer is the address and port, such as 192.0.2.53:53, of the one
	// name server that is asked how a domain looks from outside. What it names
	// may be a host of a network of its own, which the Internet does not reach.
	// It is optional, and the stack leaves it out: then the system's are asked,
	// and only hosts of the Internet are.
	NameServer string
}

// Env returns the function's environment.
func (r Rotate) Env() map[string]string {
	env := map[string]string{stateTable: r.StateTable, edgeBucket: r.EdgeBucket, rotations: r.Rotations}
	return with(env, nameServer, r.NameServer)
}

// RotateFromEnv reads what [Rotate.Env] wrote.
func RotateFromEnv(getenv func(string) string) (Rotate, error) {
	e := environment{getenv: getenv}
	r := Rotate{
		StateTable: e.needed(stateTable),
		EdgeBucket: e.needed(edgeBucket),
		Rotations:  e.needed(rotations),
		NameServer: e.address(nameServer),
	}
	return r, e.err
}

// InboxPrefix begins the keys of the mails in the inbox; the id that SES gave
// a mail ends them.
const InboxPrefix = "inbox/mail/"

// MailPatience is how long the DNS may fail to tell the key of a mail's signature.
// The queue of mails has one of its tries between that and its alarms.
const MailPatience = 10 * time.Minute

// ReportIntake is what the function that takes in reports needs. It is deployed
// once for reports by HTTPS and, where there is a domain for reports by mail,
// once more for those.
type ReportIntake struct {
	StateTable    string
	ReportsBucket string
	AcceptAny     bool   // Reports about domains that are not hosted here too.
	InboxBucket   string // Where SES puts mails, below [InboxPrefix]. Optional: only for mails.
	ReportsDomain string // That reports are mailed to, in lower case. Optional; what is reported about it is marked.
	NameServer    string // As [Rotate] has it; it is asked for the keys that mails are signed with.
	AlarmsTopic   string // The ARN of the topic that tells people of failures. Optional: only signed reports wake anybody, and those come by mail.

	DistrustedSigners trust.Signers // Optional.
}

// Env returns the function's environment.
func (r ReportIntake) Env() map[string]string {
	accepted := acceptHosted
	if r.AcceptAny {
		accepted = acceptAny
	}
	env := map[string]string{stateTable: r.StateTable, reportsBucket: r.ReportsBucket, accept: accepted}
	for name, value := range map[string]string{inboxBucket: r.InboxBucket, reportsDomain: r.ReportsDomain, nameServer: r.NameServer, alarmsTopic: r.AlarmsTopic,
		distrusted: r.DistrustedSigners.String()} {
		with(env, name, value)
	}
	return env
}

// ReportIntakeFromEnv reads what [ReportIntake.Env] wrote.
func ReportIntakeFromEnv(getenv func(string) string) (ReportIntake, error) {
	e := environment{getenv: getenv}
	r := ReportIntake{
		StateTable:    e.needed(stateTable),
		ReportsBucket: e.needed(reportsBucket),
		AcceptAny:     e.oneOf(accept, acceptAny, acceptHosted) == acceptAny,
		InboxBucket:   getenv(inboxBucket),
		ReportsDomain: getenv(reportsDomain),
		NameServer:    e.address(nameServer),
		AlarmsTopic:   getenv(alarmsTopic),

		DistrustedSigners: e.signers(distrusted),
	}
	return r, e.err
}

// Digest is what the function that mails the weekly digest needs, and
// [Audiences].
type Digest struct {
	StateTable       string
	ReportsBucket    string
	Sender           string
	ConfigurationSet string
	Unsubscribe      string // The address of whoever can take a recipient off the list.
	NameServer       string // As [Rotate] has it.
	QuarantineDays   int    // How long quarantine keeps what was not authenticated.
	EvidenceRules

	// Where Athena sums the reports. Both are empty where the function reads them.
	AthenaWorkgroup string
	AthenaDatabase  string
}

// Env returns the function's environment.
func (d Digest) Env() map[string]string {
	env := with(map[string]string{
		stateTable:       d.StateTable,
		reportsBucket:    d.ReportsBucket,
		sender:           d.Sender,
		configurationSet: d.ConfigurationSet,
		unsubscribe:      d.Unsubscribe,
		quarantineDays:   strconv.Itoa(d.QuarantineDays),
	}, nameServer, d.NameServer)
	d.addTo(env)
	if d.AthenaWorkgroup != "" {
		env[athenaWorkgroup], env[athenaDatabase] = d.AthenaWorkgroup, d.AthenaDatabase
	}
	return env
}

// DigestFromEnv reads what [Digest.Env] wrote.
func DigestFromEnv(getenv func(string) string) (Digest, error) {
	e := environment{getenv: getenv}
	d := Digest{
		StateTable:       e.needed(stateTable),
		ReportsBucket:    e.needed(reportsBucket),
		Sender:           e.needed(sender),
		ConfigurationSet: e.needed(configurationSet),
		Unsubscribe:      e.needed(unsubscribe),
		QuarantineDays:   e.days(quarantineDays),
		NameServer:       e.address(nameServer),
		EvidenceRules:    e.evidenceRules(),
	}
	if getenv(athenaWorkgroup) != "" || getenv(athenaDatabase) != "" {
		d.AthenaWorkgroup, d.AthenaDatabase = e.needed(athenaWorkgroup), e.needed(athenaDatabase)
	}
	return d, e.err
}

// environment keeps the first thing that is wrong.
type environment struct {
	getenv func(string) string
	err    error
}

func (e *environment) needed(name string) string {
	value := e.getenv(name)
	if value == "" && e.err == nil {
		e.err = fmt.Errorf("the environment variable %s is missing", name)
	}
	return value
}

// with adds what may be left out.
func with(env map[string]string, name, value string) map[string]string {
	if value != "" {
		env[name] = value
	}
	return env
}

// address takes an address with a port, or nothing.
func (e *environment) address(name string) string {
	value := e.getenv(name)
	if _, err := netip.ParseAddrPort(value); value != "" && err != nil && e.err == nil {
		e.err = fmt.Errorf("the environment variable %s is %q; it takes an address and a port, such as 192.0.2.53:53", name, value)
	}
	return value
}

func (e *environment) evidenceRules() EvidenceRules {
	return EvidenceRules{DistrustedSigners: e.signers(distrusted), HTTPSOnly: e.getenv(httpsOnly) == "true"}
}

// signers takes domains with commas between them, or nothing.
func (e *environment) signers(name string) trust.Signers {
	signers, err := trust.Parse(e.getenv(name))
	if err != nil && e.err == nil {
		e.err = fmt.Errorf("the environment variable %s: %w", name, err)
	}
	return signers
}

func (e *environment) oneOf(name, a, b string) string {
	value := e.needed(name)
	if value != a && value != b && e.err == nil {
		e.err = fmt.Errorf("the environment variable %s is %q; it takes %s or %s", name, value, a, b)
	}
	return value
}

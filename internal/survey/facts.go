// Package survey looks at all of a domain from outside that matters to who sends
// mail to it over TLS: its records, its Policy Host, its MX hosts, and where it
// wants its reports. It says what was seen and what could not be looked at, and
// judges nothing; package assessment does.
package survey

import (
	"crypto/tls"
	"net/netip"
	"time"
)

// Domain is what was seen of a Policy Domain. Its JSON is described in
// docs/check.md.
type Domain struct {
	Name         string        `json:"name"`
	At           time.Time     `json:"at"`
	Record       TXT           `json:"record"` // At _mta-sts.
	PolicyHost   Host          `json:"policy_host"`
	MX           MX            `json:"mx"`
	TLSRPT       TXT           `json:"tlsrpt"` // At _smtp._tls.
	Destinations []Destination `json:"destinations,omitempty"`
	MoreIssuers  int           `json:"more_issuers,omitempty"` // Certificates of issuers that were not fetched.
}

// Unseen says why something could not be looked at; it is empty where it was.
type Unseen string

// Lookup is what the DNS says of a name, for one type of records.
type Lookup struct {
	Name          string   `json:"name"`
	CNAMEs        []string `json:"cnames,omitempty"` // That lead from the name to the records, in order.
	Loop          bool     `json:"cname_loop,omitempty"`
	Exists        bool     `json:"exists"`           // The name that they lead to has records of some type.
	Authenticated bool     `json:"dnssec,omitempty"` // The resolver says that DNSSEC vouches for it.
	By            string   `json:"by,omitempty"`     // The name server that says so, with its port.
	Unseen        Unseen   `json:"could_not_look,omitempty"`
	LimitReached  bool     `json:"limit_reached,omitempty"` // The reason is one of the limits of a look.
}

// TXT are TXT records, the strings of each joined.
type TXT struct {
	Lookup
	Values []string `json:"values,omitempty"`
}

// Addresses are those of a host, of both families.
type Addresses struct {
	CNAMEs       []string     `json:"cnames,omitempty"`
	Loop         bool         `json:"cname_loop,omitempty"`
	List         []netip.Addr `json:"list,omitempty"`
	More         int          `json:"more_addresses,omitempty"` // More than are looked at.
	Unseen       Unseen       `json:"could_not_look,omitempty"` // Some family, or more than are looked at.
	LimitReached bool         `json:"limit_reached,omitempty"`  // The reason is one of the limits of a look.
}

// Reach is how far a connection to an address came.
type Reach string

const (
	Reached   Reach = "reached"
	Refused   Reach = "refused"
	Silent    Reach = "silent"     // Nothing came back in time.
	NoRoute   Reach = "no-route"   // The way there ends before the host, here or later.
	NotPublic Reach = "not-public" // It is no address of the Internet, and was left alone.
	Failed    Reach = "failed"     // For another reason, most often one of this machine.
)

// Host is a host that is asked by HTTPS.
type Host struct {
	Name      string    `json:"name"`
	Port      string    `json:"port"`
	Addresses Addresses `json:"addresses"`
	Answers   []Answer  `json:"answers,omitempty"` // One for each address.
}

// Answer is what an address makes of an HTTPS request. It was asked whatever its
// certificate is.
type Answer struct {
	Address netip.Addr `json:"address"`
	Reach   Reach      `json:"reach"`
	Why     string     `json:"why,omitempty"` // Not reached, or no whole answer.
	TLS     *TLS       `json:"tls,omitempty"`

	Status      int    `json:"status,omitempty"` // 0 where no answer came.
	Location    string `json:"location,omitempty"`
	ContentType string `json:"content_type,omitempty"`
	Body        string `json:"body,omitempty"`
	TooLarge    bool   `json:"too_large,omitempty"` // There is more than Body, which has 64 KiB.
	TimedOut    bool   `json:"timed_out,omitempty"` // It was not whole in time.
	CutOff      bool   `json:"cut_off,omitempty"`   // It ended before it was whole.

	Took   time.Duration `json:"took_ns"`             // From the connection's begin to the answer's end.
	Waited time.Duration `json:"waited_ns,omitempty"` // What it was given, where that was not enough.
}

// TLS is a handshake.
type TLS struct {
	Version     Version      `json:"version,omitempty"` // 0 where there was none.
	Cipher      string       `json:"cipher,omitempty"`
	OldCipher   bool         `json:"old_cipher,omitempty"` // It takes none that Go offers by itself.
	OldGroups   bool         `json:"old_groups,omitempty"` // It ends the handshake if it is offered the newer groups that Go offers by itself.
	Certificate *Certificate `json:"certificate,omitempty"`
	Failure     string       `json:"failure,omitempty"`
	TimedOut    bool         `json:"timed_out,omitempty"`
	NoCommon    bool         `json:"nothing_in_common,omitempty"` // It answered with handshake_failure: it takes nothing that was offered.
}

// agreed reports whether there was a handshake.
func (t *TLS) agreed() bool { return t != nil && t.Version != 0 }

// failed reports whether a host ended a handshake.
func (t *TLS) failed() bool { return t != nil && t.Version == 0 && !t.TimedOut }

// Version is one of TLS, by its number in the protocol.
type Version uint16

func (v Version) String() string { return tls.VersionName(uint16(v)) }

// MarshalText implements [encoding.TextMarshaler].
func (v Version) MarshalText() ([]byte, error) { return []byte(v.String()), nil }

// Certificate is what a host shows. What is wrong with it is told apart: its
// names, its time, and who vouches for it.
type Certificate struct {
	Names       []string  `json:"names"`       // DNS-IDs; no others count (RFC 8461, sections 3.3 and 4.2).
	CoversHost  bool      `json:"covers_host"` // One of them is for the host.
	NotBefore   time.Time `json:"not_before"`
	NotAfter    time.Time `json:"not_after"`
	Issuer      string    `json:"issuer"`
	Trust       Trust     `json:"trust"`
	TrustNote   string    `json:"trust_note,omitempty"`
	Fingerprint string    `json:"sha256"`
}

// Trust is whether authorities that senders know vouch for a certificate.
type Trust string

const (
	Trusted          Trust = "trusted"
	SelfSigned       Trust = "self-signed"
	UnknownAuthority Trust = "unknown-authority"
	Incomplete       Trust = "incomplete-chain"  // Would be trusted, but for a certificate between that the host does not send.
	AuthorityExpired Trust = "authority-expired" // A certificate between is not valid now.
	Invalid          Trust = "invalid"           // For another reason.
)

// MX is where a domain takes mail.
type MX struct {
	Lookup
	Null     bool     `json:"null,omitempty"`     // There is a null MX: it takes none (RFC 7505), unless there are hosts beside it.
	Implicit bool     `json:"implicit,omitempty"` // There are no records, and the domain itself is the host (RFC 5321, section 5.1).
	Hosts    []MXHost `json:"hosts,omitempty"`
	Unread   int      `json:"more_hosts,omitempty"`    // More hosts than are looked at, those that senders try last.
	Untalked Unseen   `json:"not_talked_to,omitempty"` // The hosts were not talked to.
	Port     string   `json:"port"`                    // That they are talked to at.
}

// MXHost is one host that takes the mail of a domain.
type MXHost struct {
	Name       string    `json:"name"`
	Preference uint16    `json:"preference"`
	Addresses  Addresses `json:"addresses"`
	TLSA       TLSA      `json:"tlsa"`
	Talks      []Talk    `json:"talks,omitempty"` // One for each address.
}

// TLSA are the records of DANE (RFC 7672) of a host.
type TLSA struct {
	Lookup
	Records int `json:"records,omitempty"`
}

// Stage is a step of a talk in SMTP.
type Stage string

const (
	Greeting Stage = "greeting"
	EHLO     Stage = "EHLO"
	StartTLS Stage = "STARTTLS"
)

// Talk is what an address says on the port for SMTP, up to the handshake.
type Talk struct {
	Address    netip.Addr `json:"address"`
	Reach      Reach      `json:"reach"`
	Why        string     `json:"why,omitempty"` // Not reached.
	Banner     string     `json:"banner,omitempty"`
	Extensions []string   `json:"extensions,omitempty"` // As the answer to EHLO lists them.
	Ended      *Ending    `json:"ended,omitempty"`      // Before the handshake.
	TLS        *TLS       `json:"tls,omitempty"`        // After STARTTLS.
}

// Ending is how a talk ended before its time.
type Ending struct {
	Stage    Stage  `json:"stage"`
	Code     int    `json:"code,omitempty"` // Of the reply that ended it; 0 where there was none.
	Text     string `json:"text"`           // Of that reply, or what happened in its place.
	TimedOut bool   `json:"timed_out,omitempty"`
}

// Destination is where reports are to go.
type Destination struct {
	URI   string `json:"uri"`
	Mail  *Mail  `json:"mail,omitempty"`  // Of a mailto: URI.
	HTTPS *Host  `json:"https,omitempty"` // Of an https: URI: asked with HEAD, which sends nothing.
}

// Mail is whether a domain takes mail.
type Mail struct {
	Lookup
	Null      bool `json:"null,omitempty"`
	Hosts     int  `json:"hosts"`     // That MX records name.
	Addresses int  `json:"addresses"` // On the Internet, of the first five hosts or else of the domain itself.
}

package archive

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"iter"
	"path"
	"strings"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// Reason says why something lies in quarantine.
type Reason string

const (
	ReasonInvalid   Reason = "invalid"    // No report that can be understood.
	ReasonNotHosted Reason = "not-hosted" // A report about domains that are not hosted here.
	ReasonUnsigned  Reason = "unsigned"   // A mail whose sender nobody vouches for (RFC 8460, section 3).
	ReasonDNSFailed Reason = "dns-failed" // A mail whose sender may vouch for it: the DNS did not tell the key in time.
	ReasonNoReport  Reason = "no-report"  // A mail without a report in it.
)

// Reasons lists them all.
func Reasons() []Reason {
	return []Reason{ReasonInvalid, ReasonNotHosted, ReasonUnsigned, ReasonDNSFailed, ReasonNoReport}
}

// NotHostedDays is how long a report about other people's domains is kept.
const NotHostedDays = 7

// UnauthenticatedDays is how long what was not authenticated is kept by default.
const UnauthenticatedDays = 30

// Problem is one thing wrong with what was received.
type Problem struct {
	Path    string `json:"path"` // JSON Pointer (RFC 6901); empty for the whole.
	Message string `json:"message"`
}

// Quarantined is something that was received and is not counted. The bytes
// are kept as they came, a mail whole; the rest lies beside them as JSON.
type Quarantined struct {
	Reason     Reason            `json:"reason"`
	ReceivedAt time.Time         `json:"received_at"`
	Channel    Channel           `json:"channel"`
	Trust      Trust             `json:"trust"`              // Part of the key, so that what is unauthenticated can expire separately.
	Verdicts   map[string]string `json:"verdicts,omitempty"` // Of the mail server that took the mail in, such as "spam": "PASS".
	Problems   []Problem         `json:"problems"`
	Body       []byte            `json:"-"`
}

// Quarantine keeps q and gives the key of its bytes. An error means try again.
func (a Archive) Quarantine(ctx context.Context, q Quarantined) (string, error) {
	sum := sha256.Sum256(q.Body)
	q.Trust = trustIn(q.Reason, q.Trust)
	key := path.Join(QuarantinePrefix(q.Trust, q.Reason), partition(q.ReceivedAt), hex.EncodeToString(sum[:]))
	if _, err := a.Bucket.Create(ctx, key, q.Body); err != nil {
		return "", fmt.Errorf("keep the bytes in quarantine: %w", err)
	}
	note, err := json.Marshal(q, jsontext.Multiline(true), json.Deterministic(true))
	if err != nil {
		return "", fmt.Errorf("note why the bytes are in quarantine: %w", err)
	}
	if _, err := a.Bucket.Create(ctx, NoteOf(key), note); err != nil {
		return "", fmt.Errorf("note why the bytes are in quarantine: %w", err)
	}
	return key, nil
}

// trustIn returns the trust under which something is in quarantine.
func trustIn(reason Reason, trust Trust) Trust {
	switch {
	case reason == ReasonDNSFailed:
		return TrustUnknown
	case reason == ReasonUnsigned || trust == "":
		return TrustNone
	default:
		return trust
	}
}

// UnauthenticatedPrefix begins the keys of all that is in quarantine and was not
// authenticated.
const UnauthenticatedPrefix = quarantineRoot + "trust=" + string(TrustNone) + "/"

const quarantineRoot = "quarantine/v1/"

// IsAuthenticated reports whether a key in quarantine is of what was authenticated.
func IsAuthenticated(key string) bool {
	return strings.HasPrefix(key, quarantineRoot+"trust="+string(TrustDKIM)+"/")
}

// QuarantinePrefix begins the keys of all that is in quarantine for a reason, with
// or without authentication.
func QuarantinePrefix(trust Trust, reason Reason) string {
	return quarantineRoot + "trust=" + string(trust) + "/reason=" + string(reason)
}

// QuarantinePrefixes returns the prefixes of all that is in quarantine for a reason.
func QuarantinePrefixes(reason Reason) []string {
	var prefixes []string
	for _, trust := range []Trust{TrustNone, TrustDKIM, TrustUnknown} {
		prefixes = append(prefixes, QuarantinePrefix(trust, reason))
	}
	return prefixes
}

// NoteOf gives the key of what is noted of the bytes in quarantine at key.
func NoteOf(key string) string { return key + noteSuffix }

const noteSuffix = ".problems.json"

// IsNote says whether the last element of a key is that of such a note.
func IsNote(name string) bool { return strings.HasSuffix(name, noteSuffix) }

// InQuarantine gives the keys of all bytes that were received on the UTC day of
// since or later and lie in quarantine for a reason, in no order. Bytes without
// a note are passed over: they were never acknowledged. Bytes that are being
// removed may be gone already, all but their note. It ends after the first error.
func (a Archive) InQuarantine(ctx context.Context, reason Reason, since time.Time) iter.Seq2[string, error] {
	return func(yield func(string, error) bool) {
		for _, prefix := range QuarantinePrefixes(reason) {
			first := prefix + "/" + partition(since)
			for note, err := range a.Bucket.List(ctx, prefix+"/") {
				if err != nil {
					yield("", fmt.Errorf("list what is in quarantine as %s: %w", reason, err))
					return
				}
				key, isNote := strings.CutSuffix(note, noteSuffix)
				if isNote && key >= first && !yield(key, nil) {
					return
				}
			}
		}
	}
}

// CountQuarantined counts, for each reason, what was received on the UTC days of
// first to last and still lies in quarantine.
func (a Archive) CountQuarantined(ctx context.Context, first, last time.Time) (map[Reason]int, error) {
	counts := make(map[Reason]int)
	for _, reason := range Reasons() {
		for _, prefix := range QuarantinePrefixes(reason) {
			count, err := a.countNotes(ctx, prefix, first, last)
			if err != nil {
				return nil, fmt.Errorf("count what is in quarantine as %s: %w", reason, err)
			}
			if count > 0 {
				counts[reason] += count
			}
		}
	}
	return counts, nil
}

// CountUnauthenticated counts what was received on the UTC days of first to last, was not
// authenticated, and is still in quarantine, but for what is kept for days only anyway.
func (a Archive) CountUnauthenticated(ctx context.Context, first, last time.Time) (int, error) {
	total := 0
	for _, reason := range Reasons() {
		if reason == ReasonNotHosted {
			continue
		}
		count, err := a.countNotes(ctx, QuarantinePrefix(TrustNone, reason), first, last)
		if err != nil {
			return 0, fmt.Errorf("count what is in quarantine as %s: %w", reason, err)
		}
		total += count
	}
	return total, nil
}

func (a Archive) countNotes(ctx context.Context, prefix string, first, last time.Time) (count int, err error) {
	for day := range days(first, last) {
		for key, err := range a.Bucket.List(ctx, path.Join(prefix, partition(day))+"/") {
			if err != nil {
				return 0, err
			}
			if strings.HasSuffix(key, noteSuffix) {
				count++
			}
		}
	}
	return count, nil
}

// Quarantined reads what lies in quarantine at a key of its bytes. The error is
// fs.ErrNotExist where they are gone, and a [*DamagedError] where nobody can
// tell how they came.
func (a Archive) Quarantined(ctx context.Context, key string) (Quarantined, error) {
	body, err := a.Bucket.Get(ctx, key)
	if err != nil {
		return Quarantined{}, fmt.Errorf("read %s: %w", key, err)
	}
	note, err := a.Bucket.Get(ctx, NoteOf(key))
	if err != nil {
		return Quarantined{}, fmt.Errorf("read %s: %w", NoteOf(key), err)
	}
	q, err := ParseNote(note)
	if err != nil {
		return Quarantined{}, &DamagedError{NoteOf(key), err}
	}
	q.Body = body
	return q, nil
}

// ParseNote reads what is noted beside bytes in quarantine. The Body stays empty.
func ParseNote(note []byte) (Quarantined, error) {
	var q Quarantined
	err := json.Unmarshal(note, &q)
	return q, err
}

// String words a problem for a terminal.
func (p Problem) String() string {
	if p.Path == "" {
		return p.Message
	}
	return p.Path + ": " + p.Message
}

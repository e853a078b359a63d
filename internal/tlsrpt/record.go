package tlsrpt

import (
	"errors"
	"fmt"
	"net/mail"
	"net/url"
	"regexp"
	"strconv"
	"strings"
)

// Record is a TLSRPT Policy: where a domain wants its reports
// (RFC 8460, section 3).
type Record struct {
	RUAs []string // Aggregate Report URIs: mailto: or https:, at least one.
}

var (
	// ErrNoRecord says that a domain asks for no reports.
	ErrNoRecord = errors.New("no TLSRPT record (RFC 8460, section 3)")

	// ErrSeveralRecords says that there is more than one, which counts as none.
	ErrSeveralRecords = errors.New("several TLSRPT records, which senders take as none (RFC 8460, section 3)")
)

// RecordName is the name of the TXT record of a Policy Domain.
func RecordName(policyDomain string) string { return "_smtp._tls." + policyDomain }

const recordVersion = "v=TLSRPTv1"

// extension is a tlsrpt-extension of the grammar.
var extension = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9_.-]{0,31}=[!-:<>-~]+$`)

// FindRecord picks the record out of the TXT values at RecordName. Values that
// do not begin with the version are somebody else's (RFC 8460, section 3).
func FindRecord(values []string) (Record, error) {
	var found []string
	for _, value := range values {
		if strings.HasPrefix(value, recordVersion+";") {
			found = append(found, value)
		}
	}
	switch len(found) {
	case 0:
		return Record{}, ErrNoRecord
	case 1:
		return ParseRecord(found[0])
	default:
		return Record{}, ErrSeveralRecords
	}
}

// ParseRecord reads one TXT value by the grammar of RFC 8460, section 3.
// Extensions are passed over.
func ParseRecord(value string) (Record, error) {
	fields := strings.Split(value, ";")
	if trim(fields[0]) != recordVersion || strings.HasPrefix(fields[0], " ") || strings.HasPrefix(fields[0], "\t") {
		return Record{}, fmt.Errorf("the record must begin with %q", recordVersion+";")
	}
	var record Record
	for i, field := range fields[1:] {
		field = trim(field)
		rua, isRUA := strings.CutPrefix(field, "rua=")
		switch {
		case field == "" && i == len(fields)-2: // A semicolon may end the record.
		case isRUA && record.RUAs != nil:
			return Record{}, errors.New("there is more than one rua field; put all addresses into one, with commas")
		case isRUA:
			var err error
			if record.RUAs, err = parseRUAs(rua); err != nil {
				return Record{}, err
			}
		case !extension.MatchString(field):
			return Record{}, fmt.Errorf("%q is not a field such as name=value", field)
		}
	}
	if record.RUAs == nil {
		return Record{}, errors.New("there is no rua field, so nobody knows where to send reports")
	}
	return record, nil
}

func parseRUAs(list string) ([]string, error) {
	var ruas []string
	for rua := range strings.SplitSeq(list, ",") {
		rua = trim(rua)
		if err := checkRUA(rua); err != nil {
			return nil, fmt.Errorf("the rua %q %w", rua, err)
		}
		ruas = append(ruas, rua)
	}
	return ruas, nil
}

// checkRUA asks for what RFC 8460, section 3, allows: mailto: and https:, with
// comma, semicolon and exclamation mark percent-encoded.
func checkRUA(rua string) error {
	uri, err := url.Parse(rua)
	switch {
	case err != nil:
		return errors.New("is not a URI")
	case strings.ContainsAny(rua, ",;! \t"):
		return errors.New("has a comma, semicolon, exclamation mark or blank, which must be percent-encoded")
	case !isASCII(rua):
		return errors.New("must be ASCII; write letters of other scripts in a domain as IDNA does (xn--)")
	case uri.Scheme == "mailto":
		address, err := url.PathUnescape(uri.Opaque)
		if err != nil {
			return errors.New("is not a mail address")
		}
		if _, err := mail.ParseAddress(address); err != nil || strings.ContainsAny(address, "<>") {
			return errors.New("is not a mail address")
		}
		if _, domain, _ := strings.Cut(address, "@"); !isASCII(domain) {
			return errors.New("has a domain with letters that are not ASCII; write them as IDNA does (xn--)")
		}
		return nil
	case uri.Scheme == "https":
		if uri.Hostname() == "" {
			return errors.New("names no host")
		}
		if port := uri.Port(); port != "" {
			if number, err := strconv.ParseUint(port, 10, 16); err != nil || number == 0 {
				return errors.New("names a port that is none: they go from 1 to 65535")
			}
		}
		return nil
	default:
		return errors.New("must be a mailto: or https: URI")
	}
}

// String gives the TXT value.
func (r Record) String() string {
	return recordVersion + "; rua=" + strings.Join(r.RUAs, ",")
}

func trim(s string) string { return strings.Trim(s, " \t") }

package mtasts

import (
	"errors"
	"fmt"
	"regexp"
	"strings"
)

// Record is the TXT record by which a Policy Domain announces its policy
// (RFC 8461, section 3.1).
type Record struct {
	ID       string // Changes whenever the policy does; 1 to 32 letters and digits.
	SecondID string // Counts for nothing (RFC 8461, section 3.2), and is there all the same.
}

// String returns the record as it is published.
func (r Record) String() string {
	return recordStart + " id=" + r.ID + ";"
}

// Why [FindRecord] finds no record.
var (
	ErrNoRecord       = errors.New("no TXT record begins with " + recordStart)
	ErrSeveralRecords = errors.New("several TXT records begin with " + recordStart)
)

// recordStart tells MTA-STS records from others at the same name.
const recordStart = "v=" + version + ";"

// FindRecord picks the MTA-STS record out of the TXT records at [RecordName].
// Others may stand there too; more than one of ours is as good as none
// (RFC 8461, section 3.1).
func FindRecord(txts []string) (Record, error) {
	var found []string
	for _, txt := range txts {
		if strings.HasPrefix(txt, recordStart) {
			found = append(found, txt)
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

// The pieces of the grammar of RFC 8461, section 3.1, in its own terms.
var (
	recordID        = regexp.MustCompile(`^[A-Za-z0-9]{1,32}$`)
	recordExtName   = extName // The same as in a policy.
	recordExtValue  = regexp.MustCompile(`^[!-:<>-~]+$`)
	recordSeparator = regexp.MustCompile(`[ \t]*;[ \t]*`)
)

// ParseRecord reads a TXT record by the grammar of RFC 8461, section 3.1. The
// strings of which DNS makes up a record are to be joined before.
func ParseRecord(txt string) (Record, error) {
	fields := recordSeparator.Split(txt, -1)
	if fields[0] != "v="+version {
		return Record{}, fmt.Errorf("the record does not begin with v=%s", version)
	}
	fields = fields[1:]
	if last := len(fields) - 1; last >= 0 && fields[last] == "" {
		fields = fields[:last] // One separator may follow the last field.
	}
	return parseRecordFields(fields)
}

func parseRecordFields(fields []string) (Record, error) {
	var record Record
	for _, field := range fields {
		if field == "" {
			return Record{}, errors.New("a field is empty: take out one of the semicolons around it")
		}
		name, value, _ := strings.Cut(field, "=")
		if !recordExtName.MatchString(name) || !recordExtValue.MatchString(value) {
			return Record{}, fmt.Errorf("%.60q is not a field of the form name=value", field)
		}
		// RFC 8461, section 3.2: unknown fields, and all but the first of a
		// repeated one, are ignored.
		switch {
		case name != "id":
		case record.ID != "":
			record.SecondID = value
		case !recordID.MatchString(value):
			return Record{}, fmt.Errorf("the id is %.60q: it must be 1 to 32 letters and digits", value)
		default:
			record.ID = value
		}
	}
	if record.ID == "" {
		return Record{}, errors.New("the record has no id")
	}
	return record, nil
}

package tlsrpt

import (
	"errors"
	"fmt"
	"path"
	"strconv"
	"strings"
	"time"
)

// Filename is the name that RFC 8460, section 5.1, recommends for a report:
//
//	sender "!" policy-domain "!" begin "!" end [ "!" unique-id ] ".json" [ ".gz" ]
type Filename struct {
	Sender       string // The domain of contact-info.
	PolicyDomain string
	Begin, End   time.Time
	UniqueID     string // May be empty.
	Gzip         bool
}

var errFilename = errors.New("not a report's filename (RFC 8460, section 5.1)")

// ParseFilename reads the name of a report; folders before it don't matter.
// What it says is a hint: the report itself is authoritative (section 5.6).
func ParseFilename(name string) (Filename, error) {
	base := path.Base(strings.ReplaceAll(name, `\`, "/"))
	stem, isGzip := cutExtension(base, ".gz")
	stem, isJSON := cutExtension(stem, ".json")
	parts := strings.Split(stem, "!")
	if !isJSON || len(parts) < 4 || len(parts) > 5 {
		return Filename{}, errFilename
	}
	f := Filename{Sender: parts[0], PolicyDomain: strings.ToLower(strings.TrimSuffix(parts[1], ".")), Gzip: isGzip}
	if !isFilenameDomain(f.Sender) || !isFilenameDomain(f.PolicyDomain) {
		return Filename{}, fmt.Errorf("%w: sender and policy domain must be domain names", errFilename)
	}
	var err error
	if f.Begin, err = parseUnix(parts[2]); err != nil {
		return Filename{}, err
	}
	if f.End, err = parseUnix(parts[3]); err != nil {
		return Filename{}, err
	}
	if len(parts) == 5 {
		f.UniqueID = parts[4]
	}
	return f, nil
}

// cutExtension takes an extension off, in whatever case.
func cutExtension(name, extension string) (stem string, found bool) {
	stem = name[:max(0, len(name)-len(extension))]
	if !strings.EqualFold(name[len(stem):], extension) {
		return name, false
	}
	return stem, true
}

// String gives the name as section 5.1 has it.
func (f Filename) String() string {
	parts := []string{f.Sender, f.PolicyDomain, strconv.FormatInt(f.Begin.Unix(), 10), strconv.FormatInt(f.End.Unix(), 10)}
	if f.UniqueID != "" {
		parts = append(parts, f.UniqueID)
	}
	name := strings.Join(parts, "!") + ".json"
	if f.Gzip {
		name += ".gz"
	}
	return name
}

// parseUnix reads the seconds since 1970 that section 5.1 uses for times.
func parseUnix(s string) (time.Time, error) {
	const maxDigits = 11 // Until the year 5138.
	if s == "" || len(s) > maxDigits || strings.Trim(s, "0123456789") != "" {
		return time.Time{}, fmt.Errorf("%w: %q is not a time in seconds since 1970", errFilename, s)
	}
	return time.Unix(int64(number(s)), 0).UTC(), nil
}

// isFilenameDomain allows the letters of host names, so that no name from a
// mail or an archive can lead elsewhere.
func isFilenameDomain(s string) bool {
	const letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_."
	return s != "" && strings.Trim(s, letters) == "" && strings.Contains(s, ".") &&
		!strings.HasPrefix(s, ".") && !strings.Contains(s, "..")
}

package localdir

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"sealpost/internal/mtasts"
	"sealpost/internal/publication"
)

// Zone stands in for the DNS: text files that people can read and edit, in a
// folder that stands for every zone. zone/<name>.TXT has the value of one record
// in each line, plain or in quotes as tools show it, zone/<domain>.MX one host, or
// "." alone for a domain that takes no mail (RFC 7505).
type Zone struct {
	Root string
}

var (
	_ publication.Records  = Zone{}
	_ publication.Resolver = Zone{}
)

const (
	zoneFolder = "zone"
	txtSuffix  = ".TXT"
	mxSuffix   = ".MX"
)

// Folder is where the files lie.
func (z Zone) Folder() string { return filepath.Join(z.Root, zoneFolder) }

// Values implements publication.Records.
func (z Zone) Values(_ context.Context, at publication.Place) ([]string, error) {
	return z.texts(at.Name)
}

// Put implements publication.Records.
func (z Zone) Put(_ context.Context, at publication.Place, value string) error {
	path, err := z.path(at.Name, txtSuffix)
	if err != nil {
		return err
	}
	if written := textsOf(linesOf(value)); !slices.Equal(written, []string{value}) {
		return fmt.Errorf("%q cannot be a line of %s", value, path)
	}
	return replace(z.Root, path, []byte(value+"\n"))
}

// Remove implements publication.Records. Other values stay, and that is no error.
func (z Zone) Remove(_ context.Context, at publication.Place, value string) error {
	values, err := z.texts(at.Name)
	if err != nil || !slices.Equal(values, []string{value}) {
		return err
	}
	path, err := z.path(at.Name, txtSuffix)
	if err != nil {
		return err
	}
	return remove(path)
}

// TXT implements publication.Resolver. There are no CNAMEs here.
func (z Zone) TXT(_ context.Context, name string) ([]string, error) {
	return z.texts(name)
}

// MX implements publication.Resolver.
func (z Zone) MX(_ context.Context, domain string) ([]string, error) {
	hosts, err := z.lines(domain, mxSuffix)
	if err != nil {
		return nil, err
	}
	for i, host := range hosts {
		if strings.ContainsAny(host, " \t") {
			path, _ := z.path(domain, mxSuffix)
			return nil, fmt.Errorf("%s: %q is no host: write one in each line, and no preference", path, host)
		}
		hosts[i] = inDNS(host)
	}
	return hosts, nil
}

// inDNS spells a host as the DNS does: in lower-case A-labels, without the last
// dot. What is no host name stays, for others to judge.
func inDNS(host string) string {
	if name, err := mtasts.NormalizeMX(host); err == nil {
		return name
	}
	return strings.TrimSuffix(strings.ToLower(host), ".")
}

func (z Zone) texts(name string) ([]string, error) {
	lines, err := z.lines(name, txtSuffix)
	return textsOf(lines), err
}

// textsOf takes off the quotes that tools such as dig show the strings of a record
// in (RFC 1035, section 5.1); a long record has several, which count as one text.
func textsOf(lines []string) []string {
	for i, line := range lines {
		if !quoted.MatchString(line) {
			continue
		}
		lines[i] = ""
		for _, found := range quotedString.FindAllStringSubmatch(line, -1) {
			lines[i] += escaped.ReplaceAllString(found[1], "$1")
		}
	}
	return lines
}

var (
	quotedString = regexp.MustCompile(`"((?:[^"\\]|\\.)*)"`)
	quoted       = regexp.MustCompile(`^(?:` + quotedString.String() + `\s*)+$`)
	escaped      = regexp.MustCompile(`\\(.)`)
)

// maxZoneFile is far more than the records of a name need.
const maxZoneFile = 256 << 10

func (z Zone) lines(name, suffix string) ([]string, error) {
	path, err := z.path(name, suffix)
	if err != nil {
		return nil, err
	}
	text, err := readFile(path, maxZoneFile)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	return linesOf(string(text)), err
}

// linesOf passes over what editors leave: empty lines, spaces at the ends, and a
// byte order mark.
func linesOf(text string) []string {
	var lines []string
	for line := range strings.Lines(strings.TrimPrefix(text, "\ufeff")) {
		if line = strings.TrimSpace(line); line != "" {
			lines = append(lines, line)
		}
	}
	return lines
}

// path gives the place of a name's file, which never leads out of the folder.
func (z Zone) path(name, suffix string) (string, error) {
	file, err := filepath.Localize(name)
	if err != nil || file == "." || filepath.Base(file) != file {
		return "", fmt.Errorf("%q cannot be a name in the DNS", name)
	}
	return filepath.Join(z.Folder(), file+suffix), nil
}

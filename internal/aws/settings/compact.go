package settings

import (
	"fmt"
	"strconv"
)

const (
	athenaWorkgroup = "SEALPOST_ATHENA_WORKGROUP"
	athenaDatabase  = "SEALPOST_ATHENA_DATABASE"
	athenaBucket    = "SEALPOST_ATHENA_BUCKET"
	reportDays      = "SEALPOST_REPORT_DAYS"
)

// Compact is what the function that compacts days needs.
type Compact struct {
	Workgroup  string
	Database   string
	Bucket     string // Of what is compacted.
	ReportDays int    // For how many days reports are kept.
}

// Env returns the function's environment.
func (c Compact) Env() map[string]string {
	return map[string]string{
		athenaWorkgroup: c.Workgroup,
		athenaDatabase:  c.Database,
		athenaBucket:    c.Bucket,
		reportDays:      strconv.Itoa(c.ReportDays),
	}
}

// CompactFromEnv reads what [Compact.Env] wrote.
func CompactFromEnv(getenv func(string) string) (Compact, error) {
	e := environment{getenv: getenv}
	c := Compact{
		Workgroup:  e.needed(athenaWorkgroup),
		Database:   e.needed(athenaDatabase),
		Bucket:     e.needed(athenaBucket),
		ReportDays: e.days(reportDays),
	}
	return c, e.err
}

func (e *environment) days(name string) int {
	value := e.needed(name)
	days, err := strconv.Atoi(value)
	if (err != nil || days < 1) && e.err == nil {
		e.err = fmt.Errorf("the environment variable %s is %q; it takes a number of days", name, value)
	}
	return days
}

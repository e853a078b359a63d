package athena

import (
	"fmt"
	"strings"
	"time"

	"sealpost/internal/archive"
)

// CompactedPrefix begins the keys of the files that days are brought together in.
const CompactedPrefix = "compacted/v1/"

// Compaction brings the many small files of days that are over together into few
// large ones, in the table reports_compacted. The small ones stay: they are the
// archive. Its statements, in order:
//
//  1. CreateCompacted, once, and again without harm;
//  2. Reached, which says how far the table goes;
//  3. Fill, which takes up what is not yet there;
//  4. Switch, from when on days before the boundary are read from the large files.
//
// Whatever it is cut off at, or done twice, the views count right: they read
// days before the boundary from one place and later ones from the other, the
// boundary moves only once everything before it is in place, and a line that
// lies twice counts once.
type Compaction struct {
	From   time.Time // The first day to look at.
	Before time.Time // The day after the last: the boundary.
}

// SettleDays is for how many days after its receipt a report is still read from
// the file that it was received in: long enough for the digest of a week, on the
// Tuesday after it, to read no other.
const SettleDays = 8

// WindowDays is how far back days are looked at again, on Sundays: a signed copy
// may lie down beside a report long after it came. To do so every day would have a
// million small files opened for every million reports in a month.
const WindowDays = 30

// NewCompaction is that of the days that are over at the time now. It leaves no
// day out that lies behind what was reached, which is the answer to Reached, or
// the zero time where that was none.
func NewCompaction(now, reached time.Time) Compaction {
	c := Compaction{From: reached, Before: now.UTC().Truncate(24*time.Hour).AddDate(0, 0, -SettleDays)}
	if reached.IsZero() {
		c.From = archive.FirstDay
	}
	if again := c.Before.AddDate(0, 0, -WindowDays); now.UTC().Weekday() == time.Sunday && again.Before(c.From) {
		c.From = again
	}
	return c
}

// Reached asks for the last day of the table, as text; for nothing, where it is
// empty. Every day before it was taken up, too.
const Reached = "SELECT max(dt) FROM " + ReportsCompacted

// CreateCompacted makes the table, an Iceberg table, in the bucket of
// ReportsTable, unless it is there. A file for each month that is written to is
// enough: what is in which file Iceberg knows by the day. Athena wants the
// columns first that a table is partitioned by.
func CreateCompacted(bucket string) string {
	columns := []string{"  " + archive.PartitionColumn + " string"}
	for _, column := range Columns() {
		columns = append(columns, "  "+column.Name+" "+column.Type.Hive())
	}
	return fmt.Sprintf(`CREATE TABLE IF NOT EXISTS %s (
%s
)
PARTITIONED BY (truncate(7, %s))
LOCATION '%s'
TBLPROPERTIES (
  'table_type' = 'ICEBERG',
  'format' = 'parquet',
  'write_compression' = 'zstd'
)
`, ReportsCompacted, strings.Join(columns, ",\n"), archive.PartitionColumn, bucket+CompactedPrefix)
}

// Fill takes up the lines of the days that are not in the table. Iceberg makes it
// happen whole or not at all.
func (c Compaction) Fill() string { return c.fill(read("compaction/fill.sql")) }

// Switch has the views read the days before the boundary from the table.
func (c Compaction) Switch() string {
	return "CREATE OR REPLACE VIEW " + AllReports + " AS\n" + withoutComments(c.fill(read("compaction/all_reports.sql")))
}

// Tidy makes few large files of the table's many, and Vacuum removes those that
// nothing reads any more. They may be run at any time, or never.
func (c Compaction) Tidy() string   { return c.fill(read("compaction/tidy.sql")) }
func (c Compaction) Vacuum() string { return "VACUUM " + ReportsCompacted }

func (c Compaction) fill(sql string) string {
	return strings.NewReplacer("{from}", c.From.Format(time.DateOnly), "{before}", c.Before.Format(time.DateOnly)).Replace(withColumns(sql))
}

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
//  4. Switch, from when on days before the boundary are read from the large files;
//  5. Expire and Vacuum, which take away what is kept no longer.
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
// the file that it was received in.
const SettleDays = 8

// WindowDays is how far back a day is looked at again: a signed copy may lie
// down beside a report long after it came. To look takes opening each file of the
// day, so it is done once a week, on Sundays.
const WindowDays = 30

// NewCompaction is that of the days that are over at the time now. It leaves no
// day out that lies behind what was reached, which is the answer to Reached, or
// the zero time where that was none.
func NewCompaction(now, reached time.Time) Compaction {
	now = now.UTC()
	from := archive.FirstDay
	if !reached.IsZero() {
		from = reached.AddDate(0, 0, 1)
		if now.Weekday() == time.Sunday {
			from = from.AddDate(0, 0, -WindowDays)
		}
	}
	return Compaction{From: from, Before: now.Truncate(24*time.Hour).AddDate(0, 0, -SettleDays)}
}

// Reached asks for the last day of the table, as text; for nothing, where it is
// empty. Every day before it was taken up, too.
const Reached = "SELECT max(dt) AS reached FROM " + ReportsCompacted

// CreateCompacted makes the table, an Iceberg table, in a bucket from which
// nothing expires by its age, unless it is there. Each day is a partition, so that
// a day goes by its files, see Expire, and what is taken up of a day at once is a
// file or a few.
func CreateCompacted(bucket string) string {
	columns := []string{"  " + archive.PartitionColumn + " string"}
	for _, column := range Columns() {
		columns = append(columns, "  "+column.Name+" "+column.Type.Hive())
	}
	return fmt.Sprintf(`CREATE TABLE IF NOT EXISTS %s (
%s
)
PARTITIONED BY (%s)
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

func (c Compaction) fill(sql string) string {
	return strings.NewReplacer("{from}", c.From.Format(time.DateOnly), "{before}", c.Before.Format(time.DateOnly)).Replace(withColumns(sql))
}

// Expire deletes the lines of days before the oldest that is kept. As each day is
// a partition, whole files go, and nothing is written.
func Expire(oldest time.Time) string {
	return fmt.Sprintf("DELETE FROM %s WHERE %s < '%s'", ReportsCompacted, archive.PartitionColumn, oldest.Format(time.DateOnly))
}

// Vacuum removes files that no query has been able to read for five days. It may
// be run at any time.
const Vacuum = "VACUUM " + ReportsCompacted

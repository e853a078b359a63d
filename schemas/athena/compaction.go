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
//  1. Create, once, and again without harm;
//  2. Fill, which takes up what is not yet there;
//  3. Switch, from when on days before the boundary are read from the large files.
//
// Whatever it is cut off at, or done twice, the views count right: they read
// days before the boundary from one place and later ones from the other, the
// boundary moves only once everything before it is in place, and a line that
// lies twice counts once.
type Compaction struct {
	Bucket string    // As of ReportsTable.
	From   time.Time // The first day to look at.
	Before time.Time // The day after the last.
}

// SettleDays is for how many days after its receipt a report is still read from
// the file that it was received in.
const SettleDays = 8

// WindowDays is how far back a day is looked at again: a signed copy may lie
// down beside a report long after it came.
const WindowDays = 30

// NewCompaction is that of the days that are over at the time now.
func NewCompaction(bucket string, now time.Time) Compaction {
	before := now.UTC().Truncate(24*time.Hour).AddDate(0, 0, -SettleDays)
	return Compaction{Bucket: bucket, From: before.AddDate(0, 0, -WindowDays), Before: before}
}

// Create makes the table, an Iceberg table, unless it is there. Each day is a
// partition, so that a day goes by its files, see [Expire], and what is taken up
// of a day at once is a file or a few.
func (c Compaction) Create() string {
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
`, ReportsCompacted, strings.Join(columns, ",\n"), archive.PartitionColumn, c.Bucket+CompactedPrefix)
}

// Fill takes up the lines of the days that are not in the table. Iceberg makes it
// happen whole or not at all.
func (c Compaction) Fill() string { return c.fill(read("compaction/fill.sql")) }

// Switch has the views read the days before the boundary from the table.
func (c Compaction) Switch() string {
	return "CREATE OR REPLACE VIEW " + AllReports + " AS\n" + c.fill(read("compaction/all_reports.sql"))
}

// Vacuum removes files that nothing has read for five days. It may be run at any
// time, or never.
func (c Compaction) Vacuum() string { return "VACUUM " + ReportsCompacted }

func (c Compaction) fill(sql string) string {
	return strings.NewReplacer("{from}", c.From.Format(time.DateOnly), "{before}", c.Before.Format(time.DateOnly)).Replace(withColumns(sql))
}

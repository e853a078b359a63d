package athena

import (
	"fmt"
	"time"

	"sealpost/internal/archive"
)

// LastCompacted asks for the last day that has lines in the compacted table.
func LastCompacted() string {
	return fmt.Sprintf("SELECT max(%s) AS last FROM %s", archive.PartitionColumn, ReportsCompacted)
}

// Expire deletes the lines of days before the oldest from the compacted table. As
// each day is a partition, whole files go, and nothing is written.
func Expire(oldest time.Time) string {
	return fmt.Sprintf("DELETE FROM %s WHERE %s < '%s'", ReportsCompacted, archive.PartitionColumn, oldest.Format(time.DateOnly))
}

package digest

import (
	"slices"
	"time"
)

// chartHeight is that of the day with the most failures, in pixels.
const chartHeight = 40

// Column is a day of a chart.
type Column struct {
	Day      string // Such as "Mon".
	Failures int64
	Height   int // In pixels, at least 1.
}

// Failed writes the number of failures.
func (c Column) Failed() string { return grouped(c.Failures) }

// Chart shows the course of a failure over the days of the week, on a scale of
// its own: beside the sessions that succeeded nothing would be seen. There is
// none where a single day says it all.
func (f Failure) Chart() []Column {
	if f.FirstDay.Equal(f.LastDay) || f.FailedSessions == 0 {
		return nil
	}
	most := slices.Max(f.ByDay[:])
	columns := make([]Column, len(f.ByDay))
	for i, n := range f.ByDay {
		weekday := time.Weekday((i + 1) % 7) // The week begins on Monday.
		columns[i] = Column{weekday.String()[:3], n, columnHeight(n, most)}
	}
	return columns
}

// columnHeight leaves a line where nothing failed, and shows the smallest number.
func columnHeight(n, most int64) int {
	if n == 0 {
		return 1
	}
	return max(3, int(chartHeight*float64(n)/float64(most)))
}

package digesttest

import "time"

// testTime is longer than a test takes that compares days or weeks.
const testTime = 30 * time.Second

// Now returns the current time for a test of a program that reads the clock
// itself. Shortly before midnight UTC it waits for the next day, so that the
// test and the program see the same day and week.
func Now() time.Time {
	now := time.Now().UTC()
	if wait := untilNextDay(now); wait <= testTime {
		time.Sleep(wait)
		return now.Add(wait)
	}
	return now
}

func untilNextDay(now time.Time) time.Duration {
	return now.Truncate(24 * time.Hour).Add(24 * time.Hour).Sub(now)
}

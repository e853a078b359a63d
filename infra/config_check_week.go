package main

import (
	"fmt"
	"time"

	digests "sealpost/internal/digest"
)

// The years whose clocks a schedule is checked by: fixed, so that what is accepted
// today is accepted tomorrow.
const firstYear, lastYear = 2026, 2035

// callMinutes are the minutes at which the schedule calls for the digest, see
// everyWeek.
var callMinutes = [2]int{0, 45}

// unsuitableHour returns why an hour of a weekday (0 is Monday) is no time for a digest:
// the clocks skip it, or the calls at it are not all about the week that is the
// last by the calendar of the place, or all about the next. It returns the empty
// text for a good one.
func unsuitableHour(place *time.Location, weekday, hour int) string {
	monday := digests.WeekOf(time.Date(firstYear, time.January, 4, 0, 0, 0, 0, time.UTC)).Start()
	isBehind, isLevel, isAhead := false, false, false
	for ; monday.Year() <= lastYear; monday = monday.AddDate(0, 0, 7) {
		for _, minute := range callMinutes {
			call := time.Date(monday.Year(), monday.Month(), monday.Day()+weekday, hour, minute, 0, 0, place)
			if call.Hour() != hour || call.Minute() != minute {
				return fmt.Sprintf("on %s the clocks in %s skip %d:%02d, so there would be no digest",
					monday.AddDate(0, 0, weekday).Format("2 January 2006"), place, hour, minute)
			}
			switch due := digests.Last(call).End(); {
			case due.Before(monday):
				isBehind = true
			case due.Equal(monday):
				isLevel = true
			default:
				isAhead = true
			}
		}
	}
	switch {
	case isBehind:
		return fmt.Sprintf("weeks end on Sunday at midnight UTC, and on Monday at %d:00 in %s it is still Sunday there, so the digest would be about the week before", hour, place)
	case isLevel && isAhead:
		return fmt.Sprintf("weeks end on Sunday at midnight UTC, which the call on Sunday at %d:00 in %s, or the one %d minutes later, comes before at times and after at others, so one digest would be about another week than the next",
			hour, place, callMinutes[1])
	default:
		return ""
	}
}

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

// unsuitableHour returns why an hour of a weekday (0 is Monday) is no time for a
// digest, or "". The clocks must not skip it. The calls at it must all be about the
// week before by the calendar of the place, or all about the week that ends there.
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
		return fmt.Sprintf("weeks end on Sunday at midnight UTC, and on Monday at %d:00 in %s it is still Sunday in UTC. The digest would be about the week before", hour, place)
	case isLevel && isAhead:
		return fmt.Sprintf("weeks end on Sunday at midnight UTC. The calls on Sunday at %d:%02d and %d:%02d in %s are not all before it, or not all after it, whatever the season. A week would be skipped",
			hour, callMinutes[0], hour, callMinutes[1], place)
	default:
		return ""
	}
}

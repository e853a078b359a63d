package main

import (
	"archive/zip"
	"fmt"
	"io"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// differingZones reads Go's own time zones, whatever the machine has, and returns
// one of each set whose clocks are the same in the years that are checked.
func differingZones(t *testing.T) []*time.Location {
	t.Helper()
	root, err := exec.CommandContext(t.Context(), "go", "env", "GOROOT").Output()
	if err != nil {
		t.Fatal(err)
	}
	kept, err := zip.OpenReader(filepath.Join(strings.TrimSpace(string(root)), "lib", "time", "zoneinfo.zip"))
	if err != nil {
		t.Fatal(err)
	}
	defer kept.Close()
	var zones []*time.Location
	seen := make(map[string]bool)
	for _, file := range kept.File {
		if strings.HasSuffix(file.Name, "/") {
			continue
		}
		r, err := file.Open()
		if err != nil {
			t.Fatal(err)
		}
		data, err := io.ReadAll(r)
		if err != nil {
			t.Fatal(err)
		}
		zone, err := time.LoadLocationFromTZData(file.Name, data)
		if err != nil {
			t.Fatal(err)
		}
		if clocks := clocksOf(zone); !seen[clocks] {
			seen[clocks] = true
			zones = append(zones, zone)
		}
	}
	return zones
}

// clocksOf writes when the clocks of a zone change, and to what.
func clocksOf(zone *time.Location) string {
	var b strings.Builder
	end := time.Date(lastYear+1, time.February, 1, 0, 0, 0, 0, time.UTC)
	for at := time.Date(firstYear-1, time.December, 1, 0, 0, 0, 0, zone); ; {
		_, offset := at.Zone()
		_, next := at.ZoneBounds()
		fmt.Fprintln(&b, offset, next.Unix())
		if !next.After(at) || next.After(end) { // Some zones have no next change.
			return b.String()
		}
		at = next
	}
}

// TestNoScheduleSkipsAWeek: of all zones, weekdays and hours, what is accepted
// calls in each week of ten years, each time for the week after the last one, and
// twice for the same. What is refused does not, or is about a week that was over
// for six days.
func TestNoScheduleSkipsAWeek(t *testing.T) {
	zones := differingZones(t)
	if len(zones) < 50 {
		t.Fatalf("%d zones", len(zones))
	}
	for _, zone := range zones {
		for weekday := range weekdays {
			for hour := firstSureHour; hour <= 23; hour++ {
				reason := unsuitableHour(zone, weekday, hour)
				if steady := isSteady(zone, weekday, hour); steady != (reason == "") {
					t.Errorf("%s %s %d: steady: %v; the check says %q", zone, weekdays[weekday], hour, steady, reason)
				}
			}
		}
	}
}

const perWeek = 7 * 24 * 60 * 60

// isSteady counts seconds, and knows nothing of weeks but that one began at
// second 4*86400 of 1970.
func isSteady(zone *time.Location, weekday, hour int) bool {
	last := int64(0)
	first := time.Date(firstYear, time.January, 1, 0, 0, 0, 0, time.UTC)
	for first.Weekday() != time.Weekday((weekday+1)%7) {
		first = first.AddDate(0, 0, 1)
	}
	for day := first; day.Year() <= lastYear; day = day.AddDate(0, 0, 7) {
		for i, minute := range []int{0, 45} {
			call := time.Date(day.Year(), day.Month(), day.Day(), hour, minute, 0, 0, zone)
			if call.Hour() != hour || call.Minute() != minute {
				return false
			}
			week := (call.Unix() + 3*24*60*60) / perWeek
			if last != 0 && week != last+int64(1-i) {
				return false
			}
			if weekday == 0 && call.UTC().Weekday() == time.Sunday {
				return false
			}
			last = week
		}
	}
	return true
}

// TestUnsteadyHours: those that are known to be refused, and hours beside them.
func TestUnsteadyHours(t *testing.T) {
	for _, test := range []struct {
		zone    string
		weekday string
		refused []int
		taken   []int
	}{
		{"America/Los_Angeles", "SUN", []int{16}, []int{15, 17}},
		{"America/New_York", "SUN", []int{19}, []int{18, 20}},
		{"America/Chicago", "SUN", []int{18}, []int{17, 19}},
		{"America/Halifax", "SUN", []int{20}, []int{19, 21}},
		{"America/St_Johns", "SUN", []int{20, 21}, []int{19, 22}},
		{"Atlantic/Azores", "SUN", []int{23}, []int{22}},
		{"Pacific/Easter", "SUN", []int{18}, []int{17, 19}},
		{"Pacific/Easter", "SAT", []int{22}, []int{21, 23}},
		{"America/Nuuk", "SUN", []int{22}, []int{21, 23}},
		{"America/Nuuk", "SAT", []int{23}, []int{22}},
	} {
		zone, err := time.LoadLocation(test.zone)
		if err != nil {
			t.Fatal(err)
		}
		for _, hour := range slices.Concat(test.refused, test.taken) {
			reason := unsuitableHour(zone, slices.Index(weekdays, test.weekday), hour)
			if refused := slices.Contains(test.refused, hour); refused != (reason != "") {
				t.Errorf("%s %s %d: %q; want it refused: %v", test.zone, test.weekday, hour, reason, refused)
			}
		}
	}
}

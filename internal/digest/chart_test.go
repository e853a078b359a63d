package digest_test

import (
	"fmt"
	"math"
	"testing"

	"sealpost/internal/digest"
)

func TestChart(t *testing.T) {
	for _, test := range []struct {
		name string
		days [7]int64
		want string
	}{
		{"its own scale", [7]int64{1, 2, 4, 0, 0, 0, 0}, "[{Mon 1 10} {Tue 2 20} {Wed 4 40} {Thu 0 1} {Fri 0 1} {Sat 0 1} {Sun 0 1}]"},
		{"the smallest is seen", [7]int64{1, 0, 0, 0, 0, 0, 100_000}, "[{Mon 1 3} {Tue 0 1} {Wed 0 1} {Thu 0 1} {Fri 0 1} {Sat 0 1} {Sun 100000 40}]"},
		{"no end of failures", [7]int64{math.MaxInt64, math.MaxInt64, 1, 0, 0, 0, 0}, "[{Mon 9223372036854775807 40} {Tue 9223372036854775807 40} {Wed 1 3} {Thu 0 1} {Fri 0 1} {Sat 0 1} {Sun 0 1}]"},
		{"one day", [7]int64{0, 0, 7, 0, 0, 0, 0}, "[]"},
		{"no number", [7]int64{}, "[]"},
	} {
		f := digest.Failure{ByDay: test.days, FirstDay: day(6), LastDay: day(0)}
		for i, n := range test.days {
			f.FailedSessions = max(f.FailedSessions, n)
			if n > 0 && day(i).Before(f.FirstDay) {
				f.FirstDay = day(i)
			}
			if n > 0 {
				f.LastDay = day(i)
			}
		}
		if got := fmt.Sprint(f.Chart()); got != test.want {
			t.Errorf("%s:\ngot  %s\nwant %s", test.name, got, test.want)
		}
	}
}

package compaction_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"sealpost/internal/compaction"
)

// tuesday is the day of the first run.
var tuesday = time.Date(2026, time.November, 24, 5, 10, 0, 0, time.UTC)

const keepDays = 100

// clock is what the compactor goes by.
type clock struct{ time.Time }

func newCompactor(engine compaction.Engine) (compaction.Compactor, *clock) {
	now := &clock{tuesday}
	return compaction.Compactor{Engine: engine, Bucket: "s3://large/", KeepDays: keepDays, Now: func() time.Time { return now.Time }}, now
}

func daysBefore(t time.Time, n int) string { return t.AddDate(0, 0, -n).Format(time.DateOnly) }

// archived has two lines for each day that is kept.
func archived(now time.Time) []line {
	var lines []line
	for n := range keepDays + 1 {
		for report := range 2 {
			lines = append(lines, line{daysBefore(now, n), report})
		}
	}
	slices.SortFunc(lines, byDay)
	return lines
}

// TestFirstRun takes up the whole archive, in windows, and then lets the views
// read it.
func TestFirstRun(t *testing.T) {
	engine := &tables{archived: archived(tuesday)}
	compactor, _ := newCompactor(engine)
	done, err := compactor.Answer(t.Context(), []byte(`{}`))
	if want := (compaction.Done{From: "2026-08-16", Before: "2026-11-16", Oldest: "2026-08-16"}); err != nil || done != want {
		t.Errorf("got %+v, %v; want %+v", done, err, want)
	}
	want := []string{
		"CREATE TABLE",
		"INSERT 2026-08-16 2026-09-15 2026-08-16 2026-09-15",
		"INSERT 2026-09-15 2026-10-15 2026-09-15 2026-10-15",
		"INSERT 2026-10-15 2026-11-14 2026-10-15 2026-11-14",
		"INSERT 2026-11-14 2026-11-16 2026-11-14 2026-11-16",
		"CREATE OR REPLACE VIEW 2026-11-16",
		"DELETE 2026-08-16",
		"VACUUM",
	}
	if !reflect.DeepEqual(engine.ran, want) {
		t.Errorf("ran\n%s\nwant\n%s", strings.Join(engine.ran, "\n"), strings.Join(want, "\n"))
	}
}

// TestNextRuns take up one day each, and on Sundays look back.
func TestNextRuns(t *testing.T) {
	engine := &tables{archived: archived(tuesday.AddDate(0, 0, 7))}
	compactor, now := newCompactor(engine)
	for i, want := range []string{ // From Tuesday on.
		"2026-08-16", "2026-11-16", "2026-11-17", "2026-11-18", "2026-11-19", "2026-10-21", "2026-11-21",
	} {
		now.Time = tuesday.AddDate(0, 0, i)
		if done, err := compactor.Answer(t.Context(), []byte(`{}`)); err != nil || done.From != want {
			t.Errorf("on %s: from %s, %v; want %s", now.Weekday(), done.From, err, want)
		}
	}
}

// TestSince looks back as far as is asked for, and no further than is kept.
func TestSince(t *testing.T) {
	for since, want := range map[string]string{"2026-09-01": "2026-09-01", "2020-01-01": "2026-08-17", "2026-11-24": "2026-11-16"} {
		engine := &tables{archived: archived(tuesday)}
		compactor, now := newCompactor(engine)
		if _, err := compactor.Answer(t.Context(), []byte(`{}`)); err != nil {
			t.Fatal(err)
		}
		late := line{"2026-09-01", 7}
		engine.archived = append(engine.archived, late)
		now.Time = tuesday.AddDate(0, 0, 1)
		done, err := compactor.Answer(t.Context(), []byte(`{"since": "`+since+`"}`))
		if err != nil || done.From != want || slices.Contains(engine.seen(), late) != (want <= late.day) {
			t.Errorf("since %s: %+v, %v", since, done, err)
		}
	}
}

// TestOtherCalls: what was not meant so does nothing.
func TestOtherCalls(t *testing.T) {
	for call, want := range map[string]string{
		``:                        "not like",
		`{"week": "last"}`:        "week",
		`{"since": "yesterday"}`:  "no day",
		`{"since": "2026-11-31"}`: "no day",
		`{"since": 1}`:            "not like",
	} {
		engine := &tables{}
		compactor, _ := newCompactor(engine)
		if _, err := compactor.Answer(t.Context(), []byte(call)); err == nil || !strings.Contains(err.Error(), want) || len(engine.ran) > 0 {
			t.Errorf("%s: %v, ran %q; want an error with %q", call, err, engine.ran, want)
		}
	}
}

// TestDiesAnywhere: a run that ends at any step, whether that step was done or
// not, spoils no count, and the next one goes on.
func TestDiesAnywhere(t *testing.T) {
	const stepsOfAll = 8
	for step := 1; step <= stepsOfAll; step++ {
		for _, done := range []bool{false, true} {
			engine := &tables{archived: archived(tuesday)}
			engine.dies = func(s int) (before, after bool) { return s == step && !done, s == step && done }
			compactor, now := newCompactor(engine)
			if _, err := compactor.Answer(t.Context(), []byte(`{}`)); !errors.Is(err, errDied) {
				t.Fatalf("step %d: %v", step, err)
			}
			holds(t, engine, tuesday, fmt.Sprintf("after step %d", step))
			for range 2 {
				now.Time = now.Add(time.Minute)
				if _, err := compactor.Answer(t.Context(), []byte(`{}`)); err != nil {
					t.Errorf("step %d, then again: %v", step, err)
				}
				holds(t, engine, tuesday, fmt.Sprintf("after step %d, then again", step))
			}
			if engine.before != "2026-11-16" || len(engine.compacted) != 2*(keepDays-8) {
				t.Errorf("step %d: the views read %d lines of days before %s", step, len(engine.compacted), engine.before)
			}
		}
	}
}

// holds: the views read each line that is kept, once, and nothing else.
func holds(t *testing.T, engine *tables, now time.Time, when string) {
	t.Helper()
	oldest := daysBefore(now, keepDays)
	kept := func(lines []line) []line {
		lines = slices.DeleteFunc(slices.Clone(lines), func(l line) bool { return l.day < oldest })
		slices.SortFunc(lines, byDay)
		return lines
	}
	if got, want := kept(engine.seen()), kept(engine.archived); !slices.Equal(got, want) {
		t.Fatalf("%s the views read %d lines, want %d", when, len(got), len(want))
	}
}

// TestModel plays months: reports come, some late, runs are called twice, left
// out, and die; a deployment sets the views back. Nobody ever counts wrong but
// for lines that come later than any report does, and those only until a Sunday.
func TestModel(t *testing.T) {
	for seed := range uint64(20) {
		random := rand.New(rand.NewPCG(seed, 6))
		engine := &tables{archived: archived(tuesday)}
		engine.dies = func(int) (bool, bool) { return random.IntN(20) == 0, random.IntN(20) == 0 }
		compactor, now := newCompactor(engine)
		for n := range 150 {
			now.Time = now.AddDate(0, 0, 1)
			for range random.IntN(3) {
				engine.archived = append(engine.archived, line{daysBefore(now.Time, random.IntN(8)), len(engine.archived) + 1000*n})
			}
			expired := daysBefore(now.Time, keepDays)
			engine.archived = slices.DeleteFunc(engine.archived, func(l line) bool { return l.day < expired })
			if random.IntN(30) == 0 {
				engine.before = "" // Deployed.
			}
			for call := range random.IntN(4) {
				at := now.Time
				now.Time = now.Add(time.Duration(call) * time.Minute)
				_, err := compactor.Answer(t.Context(), []byte(`{}`))
				now.Time = at
				if err != nil && !errors.Is(err, errDied) {
					t.Fatalf("seed %d: %v", seed, err)
				}
				holds(t, engine, now.Time, fmt.Sprintf("seed %d, %s:", seed, now.Format(time.DateOnly)))
			}
			holds(t, engine, now.Time, fmt.Sprintf("seed %d, %s:", seed, now.Format(time.DateOnly)))
		}
		engine.dies = nil
		now.Time = now.AddDate(0, 0, 1)
		if _, err := compactor.Answer(t.Context(), []byte(`{}`)); err != nil {
			t.Fatal(err)
		}
		for _, l := range engine.compacted {
			if l.day < daysBefore(now.Time, keepDays) {
				t.Errorf("seed %d: a line of %s is kept", seed, l.day)
			}
		}
	}
}

// TestLateLines: what comes to lie among days that are compacted is found on the
// next Sunday.
func TestLateLines(t *testing.T) {
	engine := &tables{archived: archived(tuesday)}
	compactor, now := newCompactor(engine)
	run := func() {
		t.Helper()
		if _, err := compactor.Answer(t.Context(), []byte(`{}`)); err != nil {
			t.Fatal(err)
		}
	}
	run()
	late := line{"2026-11-01", 7}
	engine.archived = append(engine.archived, late)
	for now.Weekday() != time.Sunday {
		run()
		now.Time = now.AddDate(0, 0, 1)
	}
	if slices.Contains(engine.seen(), late) {
		t.Error("it is seen before")
	}
	run()
	if !slices.Contains(engine.seen(), late) {
		t.Error("it is not seen on Sunday")
	}
}

// failing is an engine whose VACUUM fails.
type failing struct {
	*tables
	err error
}

func (f failing) Run(ctx context.Context, sql, occasion string) error {
	if strings.HasPrefix(sql, "VACUUM") {
		return f.err
	}
	return f.tables.Run(ctx, sql, occasion)
}

// TestVacuumGoesOn: what one VACUUM cannot remove, the next one does.
func TestVacuumGoesOn(t *testing.T) {
	for text, fails := range map[string]bool{"ICEBERG_VACUUM_MORE_RUNS_NEEDED: Removed 20000 files": false, "ICEBERG_BAD_DATA": true} {
		engine := failing{&tables{archived: archived(tuesday)}, errors.New(text)}
		compactor, _ := newCompactor(engine)
		if _, err := compactor.Answer(t.Context(), []byte(`{}`)); (err != nil) != fails {
			t.Errorf("%s: %v", text, err)
		}
	}
}

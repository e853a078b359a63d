package alert

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"time"

	"sealpost/internal/told"
)

const (
	// lease is how long telling may take.
	lease = time.Minute

	// maxCauses is how many failures of a domain are told in a day.
	maxCauses = 20
)

// ErrUnderWay is in the error of whoever must come again, since the other may break
// off.
var ErrUnderWay = errors.New("somebody else is telling of the same at this moment; try again later")

// begin notes that people are being told of those failures that they have not
// been told of today, and gives these.
func begin(d *told.Day, n news, now time.Time) ([]failure, error) {
	tomorrow := now.AddDate(0, 0, 1).UTC().Format(time.DateOnly)
	if date := now.UTC().Format(time.DateOnly); date > d.Date || d.Date > tomorrow { // Another's clock may be a little ahead.
		d.Date, d.Causes = date, nil
	}
	before := maps.Clone(d.Causes)
	var untold []failure
	for _, f := range n.failures {
		key := f.key(n.mx)
		telling, known := before[key]
		_, begun := d.Causes[key] // Also by another failure of this report.
		switch {
		case telling.Told:
		case known && now.Sub(telling.At).Abs() < lease: // One that is further ahead is of a clock that was wrong.
			return nil, ErrUnderWay
		case begun || len(d.Causes) < maxCauses:
			untold = append(untold, f)
			set(d, key, told.Telling{At: now.UTC()})
		}
	}
	return untold, nil
}

// end notes that people have been told.
func end(d *told.Day, key string, now time.Time) {
	if _, known := d.Causes[key]; known { // Or else another day has begun.
		set(d, key, told.Telling{Told: true, At: now.UTC()})
	}
}

func set(d *told.Day, key string, t told.Telling) {
	if d.Causes == nil {
		d.Causes = make(map[string]told.Telling)
	}
	d.Causes[key] = t
}

// maxRaces is how often others may change a day first.
const maxRaces = 20

// change changes the day of a domain, and again if somebody else changed it
// meanwhile.
func (a Alerts) change(ctx context.Context, domain string, how func(*told.Day) error) error {
	for range maxRaces {
		before, err := a.Days.Day(ctx, domain)
		if err != nil {
			return fmt.Errorf("read what was told today: %w", err)
		}
		after := before
		after.Causes = maps.Clone(before.Causes)
		if err := how(&after); err != nil {
			return err
		}
		if after.Date == before.Date && maps.Equal(after.Causes, before.Causes) {
			return nil
		}
		after.Revision++
		if done, err := a.Days.SetDay(ctx, after); err != nil {
			return fmt.Errorf("note what is told today: %w", err)
		} else if done {
			return nil
		}
	}
	return errors.New("note what is told today: others keep changing it")
}

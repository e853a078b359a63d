package storetest

import (
	"bytes"
	"fmt"
	"testing"
	"time"

	"sealpost/internal/archive"
	"sealpost/internal/told"
	"sealpost/internal/weekly"
)

// Deliveries is the conformance suite of told.DeliveryStore. It opens an empty
// store for each test.
func Deliveries(t *testing.T, open func(t *testing.T) told.DeliveryStore) {
	for _, test := range []struct {
		name string
		run  func(*testing.T, told.DeliveryStore)
	}{
		{"a delivery reads back and is replaced", deliveryIsReplaced},
		{"only the next revision of a delivery is taken", onlyTheNextDelivery},
		{"of many at once one sets the delivery", oneOfManyDelivers},
		{"hostile names have no delivery", hostileDeliveries},
	} {
		t.Run(test.name, func(t *testing.T) { test.run(t, open(t)) })
	}
}

func deliveryIsReplaced(t *testing.T, store told.DeliveryStore) {
	const week, audience = "2026-W47", "all"
	wantDelivery(t, store, week, audience, told.Delivery{})
	for _, d := range []told.Delivery{
		{State: told.StateSending, Since: at, Until: at.Add(time.Minute), Mails: 1, Revision: 1},
		{State: told.StateSent, Since: at.Add(time.Nanosecond), Mails: 1, ReceiptID: "„so“ is no <id> & more", Revision: 2},
		{State: told.StateNotSent, Since: at, Mails: 3, Revision: 3},
	} {
		d.Week, d.Audience = week, audience
		setDelivery(t, store, d, true)
		wantDelivery(t, store, week, audience, d)
	}
	wantDelivery(t, store, "2026-W48", audience, told.Delivery{})
	wantDelivery(t, store, week, "al", told.Delivery{})
	wantDelivery(t, store, week, "a-l", told.Delivery{})
}

func onlyTheNextDelivery(t *testing.T, store told.DeliveryStore) {
	last := told.Delivery{}
	for i, step := range []struct {
		revision int
		done     bool
	}{{2, false}, {0, false}, {-1, false}, {1, true}, {1, false}, {0, false}, {3, false}, {2, true}, {1, false}, {3, true}} {
		d := told.Delivery{Week: "2026-W47", Audience: "all", State: told.StateSending, Since: at, Mails: i, Revision: step.revision}
		setDelivery(t, store, d, step.done)
		if step.done {
			last = d
		}
		wantDelivery(t, store, "2026-W47", "all", last)
	}
}

func oneOfManyDelivers(t *testing.T, store told.DeliveryStore) {
	for revision := 1; revision <= 2; revision++ {
		of := func(i int) told.Delivery {
			return told.Delivery{Week: "2026-W47", Audience: "all", State: told.StateSending, Since: at, ReceiptID: fmt.Sprint(i), Revision: revision}
		}
		winner := oneOfMany(t, func(i int) (bool, error) { return store.SetDelivery(t.Context(), of(i)) })
		wantDelivery(t, store, "2026-W47", "all", of(winner))
	}
}

// hostileParts can be neither a week nor the name of an audience.
var hostileParts = []string{"", ".", "..", "../all", "a/b", `a\b`, "a#b", "All", "a b", "*", "a\x00"}

func hostileDeliveries(t *testing.T, store told.DeliveryStore) {
	for _, part := range hostileParts {
		for _, d := range []told.Delivery{{Week: part, Audience: "all"}, {Week: "2026-W47", Audience: part}} {
			d.State, d.Since, d.Revision = told.StateSending, at, 1
			if done, err := store.SetDelivery(t.Context(), d); done || err == nil {
				t.Errorf("set the delivery of %q to %q: %v, %v; want an error", d.Week, d.Audience, done, err)
			}
			if got, err := store.Delivery(t.Context(), d.Week, d.Audience); err == nil {
				t.Errorf("the delivery of %q to %q: %+v; want an error", d.Week, d.Audience, got)
			}
		}
	}
}

func setDelivery(t *testing.T, store told.DeliveryStore, d told.Delivery, want bool) {
	t.Helper()
	if done, err := store.SetDelivery(t.Context(), d); err != nil || done != want {
		t.Errorf("set revision %d of the delivery: %v, %v; want %v", d.Revision, done, err, want)
	}
}

func wantDelivery(t *testing.T, store told.DeliveryStore, week, audience string, want told.Delivery) {
	t.Helper()
	if got, err := store.Delivery(t.Context(), week, audience); err != nil || got != want {
		t.Errorf("the delivery of %s to %s: %+v, %v; want %+v", week, audience, got, err, want)
	}
}

// Shelf is what keeps digests, and gives them back.
type Shelf interface {
	weekly.Shelf
	archive.Bucket
}

// Shelves is the conformance suite of weekly.Shelf. It opens an empty one for
// each test.
func Shelves(t *testing.T, open func(t *testing.T) Shelf) {
	for _, test := range []struct {
		name string
		run  func(*testing.T, Shelf)
	}{
		{"a value is put in place of the one before", valueIsReplaced},
		{"hostile keys keep nothing", hostileShelf},
	} {
		t.Run(test.name, func(t *testing.T) { test.run(t, open(t)) })
	}
}

func valueIsReplaced(t *testing.T, shelf Shelf) {
	const key, other = "digests/2026-W47/all.html", "digests/2026-W47/all.txt"
	create(t, shelf, other, "other\n")
	for _, value := range []string{"first, and long\r\n", "second\x00\xff", "", "first, and long\r\n"} {
		written := []byte(value)
		if err := shelf.Put(t.Context(), key, written); err != nil {
			t.Fatal(err)
		}
		copy(written, bytes.Repeat([]byte("X"), len(written)))
		wantValue(t, shelf, key, value)
	}
	if err := shelf.Put(t.Context(), other, []byte("another\n")); err != nil {
		t.Fatal(err)
	}
	wantValue(t, shelf, other, "another\n")
	wantKeys(t, shelf, "digests/", key, other)
}

func hostileShelf(t *testing.T, shelf Shelf) {
	for _, key := range hostileKeys {
		if err := shelf.Put(t.Context(), key, []byte("hostile")); err == nil {
			t.Errorf("put %q: no error", key)
		}
	}
	wantKeys(t, shelf, "")
}

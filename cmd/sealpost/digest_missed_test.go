package main

import (
	"testing"
	"time"
)

// TestACronJobMissesNoWeek: the run after one that was missed mails both weeks,
// but no other week when one is named.
func TestACronJobMissesNoWeek(t *testing.T) {
	box, dir := newMailbox(t), newFolder(t)
	first := time.Date(2026, time.November, 24, 8, 0, 0, 0, time.UTC)
	send := func(weeks int, said string, options ...string) {
		t.Helper()
		sealpost(t, first.AddDate(0, 0, 7*weeks), exitGood, said, append([]string{
			"digest", "-dir", dir, "-send", "-smtp", box.address, "-from", "tls@example.com", "-to", "a@example.com",
		}, options...)...)
	}
	send(0, "week 2026-W47 was mailed")
	send(2, "week 2026-W49 was mailed", "-week", "2026-W49")
	if n := len(box.taken()); n != 2 {
		t.Errorf("%d mails; want that of the first week, and that of the named one", n)
	}
	send(2, "week 2026-W48 was mailed")
	send(2, "week 2026-W49 was mailed before")
	if n := len(box.taken()); n != 3 {
		t.Errorf("%d mails; want that of the missed week too, once", n)
	}
}

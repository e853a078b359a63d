package publication_test

import (
	"testing"
	"time"
)

// TestSinceWhenItIsAnnounced: status knows it of what is served, and history of
// what was.
func TestSinceWhenItIsAnnounced(t *testing.T) {
	const domain, name = "manual.example", "_mta-sts.manual.example"
	w := newWorld(t, 1)
	since := func(want time.Time) {
		t.Helper()
		w.advance(domain)
		if got := w.status(domain).AnnouncedAt; !got.Equal(want) {
			t.Errorf("announced since %s; want %s", got, want)
		}
	}
	edit := func(members string) string {
		w.edit(domain, members)
		return w.bring(domain).TXTWanted
	}
	first := edit(`"mode": "testing", "mx": ["mx.manual.example"]`)
	w.now = w.now.Add(3 * 24 * time.Hour)
	since(time.Time{})
	w.dns.txt[name] = []string{first}
	announced := w.now
	since(announced)

	w.now = w.now.Add(time.Hour)
	edit(`"mode": "testing", "mx": ["mx.manual.example"], ` + letsRetire) // The same policy.
	w.now = w.now.Add(time.Hour)
	since(announced)
	delete(w.dns.txt, name) // For a while there is no record.
	since(announced)
	w.dns.txt[name] = []string{first}
	since(announced)

	w.dns.txt[name] = []string{"v=STSv1; id=another;"} // For a while there is another.
	since(time.Time{})
	w.now = w.now.Add(time.Hour)
	w.dns.txt[name] = []string{first}
	announced = w.now
	since(announced)

	w.now = w.now.Add(time.Hour)
	second := edit(`"mode": "testing", "mx": ["mx2.manual.example"]`)
	w.now = w.now.Add(time.Hour)
	since(time.Time{})
	edit(`"mode": "testing", "mx": ["mx3.manual.example"], ` + letsRetire)
	w.now = w.now.Add(time.Hour)
	w.dns.txt[name] = []string{second} // Somebody is late.
	since(time.Time{})

	w.items.Remove(domain)
	w.bring(domain)
	delete(w.dns.txt, name)
	w.now = w.now.Add(time.Hour)
	gone := w.now
	since(time.Time{})
	w.now = w.now.Add(2 * time.Hour)
	w.advance(domain)
	want := []time.Time{announced, {}, {}, gone}
	for i, p := range w.history(domain) {
		if !p.AnnouncedAt.Equal(want[i]) {
			t.Errorf("publication %d was announced since %s; want %s", i, p.AnnouncedAt, want[i])
		}
	}
	if len(w.history(domain)) != len(want) {
		t.Errorf("the history is %+v", w.history(domain))
	}
}

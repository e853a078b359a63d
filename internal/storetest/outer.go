package storetest

import (
	"reflect"
	"slices"
	"testing"
	"time"

	"sealpost/internal/publication"
)

// Histories is the conformance suite of publication.HistoryStore. It opens an
// empty store for each test.
func Histories(t *testing.T, open func(t *testing.T) publication.HistoryStore) {
	for _, test := range []struct {
		name string
		run  func(*testing.T, publication.HistoryStore)
	}{
		{"every publication is kept", everyPublicationKept},
		{"hostile domains have no history", hostileHistories},
	} {
		t.Run(test.name, func(t *testing.T) { test.run(t, open(t)) })
	}
}

// farFuture is until when a history must be kept that no test outlives.
var farFuture = time.Date(9999, time.December, 31, 0, 0, 0, 0, time.UTC)

func everyPublicationKept(t *testing.T, store publication.HistoryStore) {
	first := policyWithAll("example.com")
	second := policyOf("example.com", "mx2.example.com")
	second.PublishedAt = first.PublishedAt.Add(time.Nanosecond)
	back := first // To what was before: a publication of its own.
	back.PublishedAt = first.PublishedAt.AddDate(1, 0, 0)
	other := policyOf("example.net", "mx.example.net")
	longer := policyOf("com.example.com", "mx.example.com") // Its name ends like the first.
	wantHistory(t, store, "example.com")
	for range 2 { // Once more changes nothing.
		for _, p := range []publication.Published{back, second, longer, other, first} {
			if err := store.AddHistory(t.Context(), p, farFuture); err != nil {
				t.Fatalf("add to the history of %s: %v", p.Domain, err)
			}
		}
		wantHistory(t, store, "example.com", first, second, back)
		wantHistory(t, store, "example.net", other)
	}
	second.Retiring, second.AnnouncedAt = true, second.PublishedAt.Add(time.Nanosecond)
	if err := store.AddHistory(t.Context(), second, farFuture); err != nil {
		t.Fatal(err)
	}
	wantHistory(t, store, "example.com", first, second, back)
	wantHistory(t, store, "never.example")
	wantHistory(t, store, "ample.com")
}

func wantHistory(t *testing.T, store publication.HistoryStore, domain string, want ...publication.Published) {
	t.Helper()
	got, err := store.History(t.Context(), domain)
	if err != nil || len(got) != len(want) || len(got) > 0 && !reflect.DeepEqual(got, want) {
		t.Errorf("the history of %s: %+v, %v; want %+v", domain, got, err, want)
	}
}

func hostileHistories(t *testing.T, store publication.HistoryStore) {
	for _, domain := range hostileNames {
		if err := store.AddHistory(t.Context(), policyOf(domain, "mx.example.com"), farFuture); err == nil {
			t.Errorf("add to the history of %q: no error", domain)
		}
		if got, err := store.History(t.Context(), domain); err == nil || len(got) > 0 {
			t.Errorf("the history of %q: %+v, %v; want an error", domain, got, err)
		}
	}
}

// Copies is the conformance suite of publication.CopyStore. It opens an empty
// store for each test.
func Copies(t *testing.T, open func(t *testing.T) publication.CopyStore) {
	for _, test := range []struct {
		name string
		run  func(*testing.T, publication.CopyStore)
	}{
		{"a copy is replaced and removed", copyReplaced},
		{"bodies are copied", copiesAreCopied},
		{"hostile hosts have no copy", hostileCopies},
	} {
		t.Run(test.name, func(t *testing.T) { test.run(t, open(t)) })
	}
}

func copyReplaced(t *testing.T, store publication.CopyStore) {
	const host, other = "mta-sts.example.com", "mta-sts.example.net"
	wantNoCopy(t, store, host)
	putCopy(t, store, other, "other\n")
	for _, body := range []string{"first, and long\r\n", "second\n", "", "first, and long\r\n"} {
		putCopy(t, store, host, body)
		wantCopy(t, store, host, body)
	}
	for range 2 { // Once more changes nothing.
		if err := store.RemoveCopy(t.Context(), host); err != nil {
			t.Fatal(err)
		}
		wantNoCopy(t, store, host)
	}
	wantCopy(t, store, other, "other\n")
}

func copiesAreCopied(t *testing.T, store publication.CopyStore) {
	const host = "mta-sts.example.com"
	body := []byte("as it was\n")
	if err := store.PutCopy(t.Context(), host, body); err != nil {
		t.Fatal(err)
	}
	body[0] = 'X'
	got, _, err := store.Copy(t.Context(), host)
	if err != nil || len(got) != len(body) {
		t.Fatalf("the copy is %q, %v", got, err)
	}
	got[1] = 'X'
	wantCopy(t, store, host, "as it was\n")
}

func putCopy(t *testing.T, store publication.CopyStore, host, body string) {
	t.Helper()
	if err := store.PutCopy(t.Context(), host, []byte(body)); err != nil {
		t.Fatal(err)
	}
}

func wantCopy(t *testing.T, store publication.CopyStore, host, want string) {
	t.Helper()
	if got, is, err := store.Copy(t.Context(), host); err != nil || !is || string(got) != want {
		t.Errorf("the copy of %s is %q, %v, %v; want %q", host, got, is, err, want)
	}
}

func wantNoCopy(t *testing.T, store publication.CopyStore, host string) {
	t.Helper()
	if got, is, err := store.Copy(t.Context(), host); err != nil || is || len(got) > 0 {
		t.Errorf("the copy of %s is %q, %v, %v; want none", host, got, is, err)
	}
}

func hostileCopies(t *testing.T, store publication.CopyStore) {
	for _, host := range hostileNames {
		if err := store.PutCopy(t.Context(), host, []byte("hostile")); err == nil {
			t.Errorf("put the copy of %q: no error", host)
		}
		if got, is, err := store.Copy(t.Context(), host); err == nil || is {
			t.Errorf("the copy of %q: %q, %v, %v; want an error", host, got, is, err)
		}
		if err := store.RemoveCopy(t.Context(), host); err == nil {
			t.Errorf("remove the copy of %q: no error", host)
		}
	}
}

// Items is the conformance suite of publication.Items. It opens them, empty,
// for each test, with the ways in which people edit them. They may be written
// anew, so the text of an edit is JSON with its members in order and no spaces.
func Items(t *testing.T, open func(t *testing.T) (items publication.Items, put func(domain, text string), remove func(domain string))) {
	for _, test := range []struct {
		name string
		run  func(t *testing.T, items publication.Items, put func(domain, text string), remove func(domain string))
	}{
		{"an item is read as it is now", itemReadsBack},
		{"every domain with an item is listed", itemsListed},
		{"hostile domains have no item", hostileItems},
	} {
		t.Run(test.name, func(t *testing.T) {
			items, put, remove := open(t)
			test.run(t, items, put, remove)
		})
	}
}

func itemReadsBack(t *testing.T, items publication.Items, put func(domain, text string), remove func(domain string)) {
	wantNoItem(t, items, "example.com")
	for _, text := range []string{
		`{"domain":"example.com","max_age":86400,"mode":"enforce","mx":["mx1.example.com","mx2.example.com"]}`,
		`{"comment":"„so“ is no <host> & more","domain":"example.com","mode":"testing","mx":["mx.example.com"]}`,
		`{"domain":"example.com","override":{"reason":"r","rules":["brake"],"until":"2026-12-01T00:00:00Z"}}`,
	} {
		put("example.com", text)
		put("example.net", `{"domain":"example.net"}`)
		wantItem(t, items, "example.com", text)
	}
	remove("example.com")
	wantNoItem(t, items, "example.com")
	wantItem(t, items, "example.net", `{"domain":"example.net"}`)
}

func itemsListed(t *testing.T, items publication.Items, put func(domain, text string), remove func(domain string)) {
	WantDomains(t, items)
	for _, domain := range []string{"a.example", "b.example", "c.example", "xn--bcher-kva.example"} {
		put(domain, `{"domain":"`+domain+`","mode":"testing"}`)
	}
	WantDomains(t, items, "a.example", "b.example", "c.example", "xn--bcher-kva.example")
	leaveEarly(t, items.Domains(t.Context()))
	remove("b.example")
	WantDomains(t, items, "a.example", "c.example", "xn--bcher-kva.example")
}

func hostileItems(t *testing.T, items publication.Items, put func(domain, text string), _ func(domain string)) {
	put("example.com", `{"domain":"example.com"}`)
	for _, domain := range hostileNames {
		if got, is, err := items.Item(t.Context(), domain); err == nil || is {
			t.Errorf("the item of %q: %+v, %v, %v; want an error", domain, got, is, err)
		}
	}
}

func wantItem(t *testing.T, items publication.Items, domain, want string) {
	t.Helper()
	got, is, err := items.Item(t.Context(), domain)
	if err != nil || !is || string(got.Text) != want || got.Unreadable != "" {
		t.Errorf("the item of %s: %q, %q, %v, %v; want %q", domain, got.Text, got.Unreadable, is, err, want)
	}
}

func wantNoItem(t *testing.T, items publication.Items, domain string) {
	t.Helper()
	if got, is, err := items.Item(t.Context(), domain); err != nil || is {
		t.Errorf("the item of %s: %q, %v, %v; want none", domain, got.Text, is, err)
	}
}

// WantDomains gives the domains to expect of a listing, in their order.
func WantDomains(t *testing.T, items publication.Items, want ...string) {
	t.Helper()
	var got []string
	for domain, err := range items.Domains(t.Context()) {
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, domain)
	}
	if slices.Sort(got); !slices.Equal(got, want) {
		t.Errorf("domains: %q; want %q", got, want)
	}
}

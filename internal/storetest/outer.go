package storetest

import (
	"reflect"
	"testing"
	"time"

	"sealpost/internal/publication"
)

// Histories is the conformance suite of publication.HistoryStore. It opens an
// empty store for each test, with a way to see what is kept of a domain, the
// oldest first.
func Histories(t *testing.T, open func(t *testing.T) (publication.HistoryStore, func(domain string) []publication.Published)) {
	for _, test := range []struct {
		name string
		run  func(*testing.T, publication.HistoryStore, func(string) []publication.Published)
	}{
		{"every publication is kept", everyPublicationKept},
		{"hostile domains have no history", hostileHistories},
	} {
		t.Run(test.name, func(t *testing.T) {
			store, kept := open(t)
			test.run(t, store, kept)
		})
	}
}

func everyPublicationKept(t *testing.T, store publication.HistoryStore, kept func(string) []publication.Published) {
	first := policyOf("example.com", "mx1.example.com")
	second := policyOf("example.com", "mx2.example.com")
	second.PublishedAt = first.PublishedAt.Add(time.Nanosecond)
	back := first // To what was before: a publication of its own.
	back.PublishedAt = first.PublishedAt.AddDate(1, 0, 0)
	other := policyOf("example.net", "mx.example.net")
	for range 2 { // Once more changes nothing.
		for _, p := range []publication.Published{back, second, other, first} {
			if err := store.AddHistory(t.Context(), p); err != nil {
				t.Fatalf("add to the history of %s: %v", p.Domain, err)
			}
		}
		if got, want := kept("example.com"), []publication.Published{first, second, back}; !reflect.DeepEqual(got, want) {
			t.Errorf("kept: %+v; want %+v", got, want)
		}
		if got, want := kept("example.net"), []publication.Published{other}; !reflect.DeepEqual(got, want) {
			t.Errorf("kept: %+v; want %+v", got, want)
		}
	}
	if got := kept("never.example"); len(got) > 0 {
		t.Errorf("kept: %+v; want nothing", got)
	}
}

func hostileHistories(t *testing.T, store publication.HistoryStore, _ func(string) []publication.Published) {
	for _, domain := range hostileNames {
		p := policyOf(domain, "mx.example.com")
		if err := store.AddHistory(t.Context(), p); err == nil {
			t.Errorf("add to the history of %q: no error", domain)
		}
	}
}

// Copies is the conformance suite of publication.CopyStore. It opens an empty
// store for each test, with a way to see the copy of a host.
func Copies(t *testing.T, open func(t *testing.T) (publication.CopyStore, func(host string) (string, bool))) {
	for _, test := range []struct {
		name string
		run  func(*testing.T, publication.CopyStore, func(string) (string, bool))
	}{
		{"a copy is replaced and removed", copyReplaced},
		{"hostile hosts have no copy", hostileCopies},
	} {
		t.Run(test.name, func(t *testing.T) {
			store, copyOf := open(t)
			test.run(t, store, copyOf)
		})
	}
}

func copyReplaced(t *testing.T, store publication.CopyStore, copyOf func(string) (string, bool)) {
	const host, other = "mta-sts.example.com", "mta-sts.example.net"
	if err := store.PutCopy(t.Context(), other, []byte("other\n")); err != nil {
		t.Fatal(err)
	}
	for _, body := range []string{"first, and long\n", "second\n", "first, and long\n"} {
		if err := store.PutCopy(t.Context(), host, []byte(body)); err != nil {
			t.Fatal(err)
		}
		if got, is := copyOf(host); !is || got != body {
			t.Errorf("the copy is %q, %v; want %q", got, is, body)
		}
	}
	for range 2 { // Once more changes nothing.
		if err := store.RemoveCopy(t.Context(), host); err != nil {
			t.Fatal(err)
		}
		if got, is := copyOf(host); is {
			t.Errorf("after removal there is a copy: %q", got)
		}
	}
	if got, is := copyOf(other); !is || got != "other\n" {
		t.Errorf("the copy of another host is %q, %v", got, is)
	}
}

func hostileCopies(t *testing.T, store publication.CopyStore, _ func(string) (string, bool)) {
	for _, host := range hostileNames {
		if err := store.PutCopy(t.Context(), host, []byte("hostile")); err == nil {
			t.Errorf("put the copy of %q: no error", host)
		}
		if err := store.RemoveCopy(t.Context(), host); err == nil {
			t.Errorf("remove the copy of %q: no error", host)
		}
	}
}

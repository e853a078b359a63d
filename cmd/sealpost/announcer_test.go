package main

import (
	"context"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

// TestLater: the first of several times for a domain counts, and each is taken
// when it is due.
func TestLater(t *testing.T) {
	now := time.Date(2026, time.November, 17, 8, 0, 0, 0, time.UTC)
	a := newAnnouncer(nil, func() time.Time { return now }, nil)
	for _, call := range []struct {
		domain string
		after  time.Duration
	}{{"b.example", 2 * time.Minute}, {"a.example", time.Minute}, {"b.example", 3 * time.Minute}, {"c.example", time.Hour}, {"c.example", 3 * time.Minute}} {
		if err := a.Later(t.Context(), call.domain, call.after); err != nil {
			t.Fatal(err)
		}
	}
	for _, want := range []string{"a.example", "b.example", "c.example"} {
		if _, wait := a.next(); wait != time.Minute {
			t.Errorf("waits %s for %s, want a minute", wait, want)
		}
		now = now.Add(time.Minute)
		if domain, wait := a.next(); wait > 0 || domain != want {
			t.Errorf("%s is due in %s, want %s now", domain, wait, want)
		}
	}
	if _, wait := a.next(); wait < time.Minute {
		t.Errorf("waits %s though nothing is due", wait)
	}
}

// TestLoopback: the policy comes from our own server, by the name of its host.
func TestLoopback(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Host != "mta-sts.example.com" || r.URL.Path != "/.well-known/mta-sts.txt" {
			http.Redirect(w, r, "/elsewhere", http.StatusFound)
			return
		}
		w.Write([]byte("the policy")) //nolint:errcheck // The client would say so.
	}))
	defer server.Close()
	hosts := newLoopback(server.Listener.Addr())
	if body, err := hosts.Fetch(t.Context(), "example.com"); err != nil || string(body) != "the policy" {
		t.Errorf("got %q, %v", body, err)
	}
	if _, err := hosts.Fetch(t.Context(), "other.example"); err == nil || !strings.Contains(err.Error(), "mta-sts.other.example answers 302") {
		t.Errorf("a redirect: %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := hosts.Fetch(ctx, "example.com"); err == nil {
		t.Error("it was fetched though nobody waits")
	}
	if all := newLoopback(&net.TCPAddr{IP: net.IPv6unspecified, Port: 8460}); all.address != "localhost:8460" {
		t.Errorf("a server on all addresses is looked for at %s", all.address)
	}
}

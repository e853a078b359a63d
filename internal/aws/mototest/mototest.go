// Package mototest finds moto, which has ideas of its own of what AWS does. It
// takes Python, so that not everybody has it: .ci/run starts one.
package mototest

import (
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"sync"
	"testing"
)

const variable = "SEALPOST_MOTO"

// Address is where a moto server listens; empty where there is none.
func Address() string { return os.Getenv(variable) }

// Need gives the address, or skips a test that has no use without.
func Need(t *testing.T) string {
	t.Helper()
	address := Address()
	if address == "" {
		t.Skip(variable + " is not set to the URL of a moto server, such as http://127.0.0.1:5000")
	}
	return address
}

// NeedInTurn is Need for tests in which writes race: it gives an address at which
// one request is answered after the other. By itself moto looks at a condition, and
// then writes, and lets others write in between.
func NeedInTurn(t *testing.T) string {
	t.Helper()
	address, err := url.Parse(Need(t))
	if err != nil {
		t.Fatal(err)
	}
	moto := httputil.NewSingleHostReverseProxy(address)
	var turn sync.Mutex
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		turn.Lock()
		defer turn.Unlock()
		moto.ServeHTTP(w, r)
	}))
	t.Cleanup(server.Close)
	return server.URL
}

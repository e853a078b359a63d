package main

import (
	"bytes"
	"encoding/json"
	"os/exec"
	"strings"
	"testing"

	"sealpost/internal/mtasts"
)

// request is a request as a viewer function is given it.
type request struct {
	Method      string         `json:"method"`
	URI         string         `json:"uri"`
	Querystring map[string]any `json:"querystring"`
	Headers     map[string]any `json:"headers"`
	Cookies     map[string]any `json:"cookies"`
}

// passed is what the function gives back: the request, or an answer.
type passed struct {
	StatusCode  int            `json:"statusCode"`
	URI         string         `json:"uri"`
	Querystring map[string]any `json:"querystring"`
	Headers     map[string]struct{ Value string }
	Body        struct{ Encoding, Data string }
}

// driver runs the viewer function on each request of a list.
const driver = `
const requests = JSON.parse(require('fs').readFileSync(0, 'utf8'));
process.stdout.write(JSON.stringify(requests.map(request => handler({
	version: '1.0', context: {eventType: 'viewer-request'}, viewer: {ip: '192.0.2.1'}, request,
}))));`

// view runs viewer.js in Node.
func view(t *testing.T, requests ...request) []passed {
	t.Helper()
	input, err := json.Marshal(requests)
	if err != nil {
		t.Fatal(err)
	}
	var stderr bytes.Buffer
	command := exec.CommandContext(t.Context(), "node", "-e", "'use strict';"+viewerCode+driver)
	command.Stdin, command.Stderr = bytes.NewReader(input), &stderr
	output, err := command.Output()
	if err != nil {
		t.Fatalf("%v\n%s", err, stderr.Bytes())
	}
	var results []passed
	if err := json.Unmarshal(output, &results); err != nil {
		t.Fatal(err)
	}
	return results
}

func fetch(host, uri string) request {
	return request{
		Method: "GET", URI: uri,
		Querystring: map[string]any{}, Cookies: map[string]any{},
		Headers: map[string]any{"host": map[string]any{"value": host}},
	}
}

func TestViewerPaths(t *testing.T) {
	uris := []struct {
		uri    string
		passes bool
	}{
		{mtasts.PolicyPath, true},
		{"/", false},
		{"", false},
		{"/p/mta-sts.example.com", false},
		{"/.well-known/mta-sts.txt/", false},
		{"//.well-known/mta-sts.txt", false},
		{"/.well-known/../.well-known/mta-sts.txt", false},
		{"/.well-known/mta%2Dsts.txt", false},
		{"/.well-known/MTA-STS.txt", false},
		{"/.well-known/mta-sts.txt?x", false},
		{"/.well-known/mta-sts.txt\n", false},
		{"/.well-known/acme-challenge/x", false},
	}
	var requests []request
	for _, u := range uris {
		requests = append(requests, fetch("mta-sts.example.com", u.uri))
	}
	for i, got := range view(t, requests...) {
		want := ""
		if uris[i].passes {
			want = "/p/mta-sts.example.com"
		}
		check(t, uris[i].uri, got, want)
	}
}

// check: a request passes by the path want, or is refused in plain text.
func check(t *testing.T, name string, got passed, want string) {
	t.Helper()
	switch {
	case want != "" && (got.StatusCode != 0 || got.URI != want):
		t.Errorf("%.80q became %d %q, want %q", name, got.StatusCode, got.URI, want)
	case want == "" && (got.StatusCode != 404 || got.URI != ""):
		t.Errorf("%.80q became %d %q, want 404", name, got.StatusCode, got.URI)
	case want == "" && (got.Headers["content-type"].Value != "text/plain; charset=utf-8" || got.Headers["cache-control"].Value != "max-age=60" || got.Body.Encoding != "text" || !strings.HasPrefix(got.Body.Data, "Not found: ")):
		t.Errorf("%.80q is refused with %v", name, got)
	}
}

// TestViewerHosts: the function takes what the Policy Host itself takes, save
// names that are not ASCII, and gives each domain one path of its own.
func TestViewerHosts(t *testing.T) {
	label := strings.Repeat("a", 63)
	longest := strings.Repeat(strings.Repeat("a", 47)+".", 5) + "test"
	hosts := []string{
		"mta-sts.example.com", "MTA-STS.EXAMPLE.COM", "mta-sts.example.com.", "mta-sts.example.com:443", "mta-sts.example.com.:8443", "mta-sts.example.com:",
		"mta-sts.mta-sts.example.com", "mta-sts.example.net", "mta-sts.xn--bcher-kva.example", "mta-sts.1.example", "mta-sts.a-b--c.example", "mta-sts." + longest, "mta-sts." + label + ".example",

		"", ":443", ".", "example.com", "mta-sts", "mta-sts.", "mta-sts.com", "mta-sts.com.", "xmta-sts.example.com", "_mta-sts.example.com", "mta-sts_example.com", "mta-stsXexample.com",
		"mta-sts..example.com", "mta-sts.example..com", "mta-sts.example.com..", "mta-sts.*.example.com", "mta-sts.-a.example", "mta-sts.a-.example", "mta-sts.a_b.example",
		"mta-sts.example.com:https", "mta-sts.example.com:000443", "mta-sts.example.com:443:443", "mta-sts.example.com:443.",
		"a@mta-sts.example.com", "mta-sts.example.com@evil.example", "mta-sts.example.com,mta-sts.example.net", "mta-sts.example.com mta-sts.example.net",
		"mta-sts.example.com/x", "mta-sts.example.com/../mta-sts.example.net", "mta-sts.example.com\\x", "mta-sts.ex%61mple.com", "mta-sts.example.com\n", "mta-sts.example.com\x00", " mta-sts.example.com",
		"mta-sts.192.0.2.1", "mta-sts.example.1", "[2001:db8::1]:443", "[mta-sts.example.com]", "mta-sts.a" + longest, "mta-sts." + label + "a.example", "mta-sts." + strings.Repeat("a.", 5000) + "example",
	}
	var requests []request
	for _, host := range hosts {
		requests = append(requests, fetch(host, mtasts.PolicyPath))
	}
	owner := make(map[string]string)
	for i, got := range view(t, requests...) {
		want := ""
		if domain, ok := mtasts.PolicyDomain(hosts[i]); ok {
			want = "/p/" + mtasts.PolicyHost(domain)
			if first, taken := owner[got.URI]; taken && first != domain {
				t.Errorf("%s and %s share the path %s", first, domain, got.URI)
			}
			owner[got.URI] = domain
		}
		check(t, hosts[i], got, want)
	}
	if len(owner) != 8 {
		t.Errorf("%d paths, want 8: %v", len(owner), owner)
	}
}

// TestViewerHostsPutTogether tries thousands of names, put together from what
// matters in them. A fuzz target would need a process for each.
func TestViewerHostsPutTogether(t *testing.T) {
	pieces := []string{"mta-sts", "MTA-STS", ".", "..", "-", "--", "a", "Z", "0", "_", ":", ":443", "com", "%", "/", "xn--", "\u00fc"}
	var hosts []string
	for _, a := range pieces {
		for _, b := range pieces {
			for _, c := range pieces {
				hosts = append(hosts, "mta-sts."+a+b+c+".example", a+b+c, "mta-sts."+a+"."+b+c)
			}
		}
	}
	var requests []request
	for _, host := range hosts {
		requests = append(requests, fetch(host, mtasts.PolicyPath))
	}
	through := 0
	for i, got := range view(t, requests...) {
		domain, ok := mtasts.PolicyDomain(hosts[i])
		switch path := "/p/" + mtasts.PolicyHost(domain); {
		case got.StatusCode == 0 && ok && got.URI != path:
			t.Errorf("%q goes to %q, and is the Policy Host of %q", hosts[i], got.URI, domain)
		case got.StatusCode == 0:
			through++ // If it is no Policy Host, the function behind says so.
		case ok && isASCII(hosts[i]):
			t.Errorf("%q is refused, and is the Policy Host of %q", hosts[i], domain)
		}
	}
	if through == 0 || through == len(hosts) {
		t.Errorf("%d of %d went through", through, len(hosts))
	}
}

func isASCII(s string) bool {
	return strings.IndexFunc(s, func(r rune) bool { return r >= 0x80 }) < 0
}

// TestViewerDropsTheRest: nothing but the host decides what is asked for.
func TestViewerDropsTheRest(t *testing.T) {
	busy := fetch("mta-sts.example.com", mtasts.PolicyPath)
	busy.Querystring["x"] = map[string]any{"value": "1"}
	busy.Headers["x-forwarded-host"] = map[string]any{"value": "mta-sts.evil.example"}
	without := fetch("", mtasts.PolicyPath)
	delete(without.Headers, "host")
	two := fetch("mta-sts.example.com", mtasts.PolicyPath)
	two.Headers["host"] = map[string]any{"value": "mta-sts.example.com", "multiValue": []any{
		map[string]any{"value": "mta-sts.example.com"}, map[string]any{"value": "mta-sts.evil.example"},
	}}
	got := view(t, busy, without, two)
	check(t, "a query", got[0], "/p/mta-sts.example.com")
	if len(got[0].Querystring) != 0 {
		t.Errorf("the query goes on: %v", got[0].Querystring)
	}
	check(t, "no host", got[1], "")
	check(t, "two hosts", got[2], "")
}

// Package pageguard keeps pages for people to browsers on this machine. The pages
// have no login. Without a guard, a web site could read them through the browser of
// its visitor: it points its own name to 127.0.0.1 (DNS rebinding), and the browser
// takes the pages for its own. Such a request names the site in Host.
package pageguard

import (
	"net/http"
	"net/netip"
	"strings"
)

const refusal = `These pages are for browsers on the machine that Sealpost runs on, and answer to loopback names only.

Open the page under http://localhost, http://127.0.0.1 or http://[::1], with the port that Sealpost serves on.
To read it from another machine, forward the port: ssh -L 8460:localhost:8460 HOST.
`

// Loopback serves pages to requests for loopback names, and answers 421 (Misdirected
// Request; RFC 9110, section 15.5.20) to others. No other site can frame what it
// serves, embed it, or learn its address from links, and no cache keeps it.
//
// It is no login. A program that reaches the address can put any name into Host.
func Loopback(pages http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		setHeaders(w.Header())
		if !IsLoopback(r.Host) {
			http.Error(w, refusal, http.StatusMisdirectedRequest)
			return
		}
		pages.ServeHTTP(w, r)
	})
}

// setHeaders allows a page its own text and styles, and nothing else.
func setHeaders(header http.Header) {
	header.Set("Content-Security-Policy",
		"default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'")
	header.Set("X-Frame-Options", "DENY") // For browsers without frame-ancestors.
	header.Set("X-Content-Type-Options", "nosniff")
	header.Set("Referrer-Policy", "no-referrer")
	header.Set("Cross-Origin-Opener-Policy", "same-origin")
	header.Set("Cross-Origin-Resource-Policy", "same-origin")
	header.Set("Cache-Control", "no-store")
}

// IsLoopback reports whether a host, with or without a port, is a name or an address
// that leads to the machine that asks: localhost and the names below it (RFC 6761,
// section 6.3), 127.0.0.0/8 and [::1]. It takes them as browsers send them.
func IsLoopback(host string) bool {
	name, ok := withoutPort(host)
	if !ok {
		return false
	}
	if literal, is := strings.CutPrefix(name, "["); is {
		address, err := netip.ParseAddr(strings.TrimSuffix(literal, "]"))
		return err == nil && address.Is6() && address.Zone() == "" && address.Unmap().IsLoopback()
	}
	if address, err := netip.ParseAddr(name); err == nil {
		return address.Is4() && address.IsLoopback()
	}
	name = strings.ToLower(strings.TrimSuffix(name, "."))
	return name == "localhost" || isHostName(name) && strings.HasSuffix(name, ".localhost")
}

// withoutPort splits off the port, if there is one. An IPv6 address keeps its
// brackets, and is valid in no other form (RFC 3986, section 3.2.2).
func withoutPort(host string) (name string, ok bool) {
	end := strings.LastIndexByte(host, ':')
	if end < 0 || strings.HasSuffix(host, "]") {
		return host, strings.HasPrefix(host, "[") == strings.HasSuffix(host, "]")
	}
	name, port := host[:end], host[end+1:]
	return name, strings.Trim(port, "0123456789") == "" && strings.HasPrefix(name, "[") == strings.HasSuffix(name, "]")
}

func isHostName(name string) bool {
	return strings.Trim(name, "abcdefghijklmnopqrstuvwxyz0123456789-_.") == "" && !strings.HasPrefix(name, ".") && !strings.Contains(name, "..")
}

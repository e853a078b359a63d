package reportintake

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
)

// isOfAnotherSite reports whether a browser makes a request for a page that is not of
// the host asked. A page can have every browser that shows it post a report, into
// networks that the page's author cannot reach, and under many addresses.
//
// Browsers say so in Sec-Fetch-Site, older ones in Origin or at least in Referer. A
// page cannot change these fields, and reporters send none of them. The origin of a
// page in a sandbox is "null", which is no host's.
func (h *Handler) isOfAnotherSite(r *http.Request) bool {
	isForeign := func(page string) bool { return page != "" && !h.isOwnPage(page, r.Host) }
	isForeignSite := func(site string) bool { return !h.isOwnSite(site, r.Host) }
	return slices.ContainsFunc(r.Header.Values("Sec-Fetch-Site"), isForeignSite) ||
		slices.ContainsFunc(r.Header.Values("Origin"), isForeign) ||
		slices.ContainsFunc(r.Header.Values("Referer"), isForeign)
}

// isOwnSite reports whether Sec-Fetch-Site names neither another site nor another host
// of the same one. "none" is a request that a person made, and no page.
func (h *Handler) isOwnSite(site, host string) bool {
	return site == "none" || site == "same-origin" && h.hasPages(host)
}

func (h *Handler) isOwnPage(page, host string) bool {
	origin, err := url.Parse(page)
	return err == nil && origin.Host != "" && strings.EqualFold(origin.Host, host) && h.hasPages(host)
}

// hasPages reports whether pages of the host may post reports.
func (h *Handler) hasPages(host string) bool {
	return h.IsAllowedOrigin == nil || h.IsAllowedOrigin(host)
}

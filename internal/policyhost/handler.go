// Package policyhost serves MTA-STS policies over HTTPS, RFC 8461, section 3.3.
package policyhost

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"strconv"
	"time"

	"sealpost/internal/mtasts"
)

// Policy is a policy as it is published.
type Policy struct {
	Body []byte // Never empty.
	ID   string // The id of the TXT record, as [mtasts.ID] gives it.
}

// Store holds the published policies.
type Store interface {
	// Published returns the policy of a Policy Domain, a lower-case A-label
	// name. False means that none is hosted here; an error, that it could not
	// be told. The body has passed every check, and is never an older one in
	// place of one that could not be read. The caller does not change it.
	Published(ctx context.Context, domain string) (Policy, bool, error)
}

// Fresh is how long those who serve a policy on from here may keep it (RFC 8461,
// section 8.2). Senders themselves keep to its max_age.
const Fresh = time.Minute

// MediaType is that of policies (RFC 8461, section 3.2).
const MediaType = "text/plain; charset=utf-8"

// CacheControl goes with each policy, wherever it is served from. Nobody may
// fall back on an expired copy: it could be older than the id.
var CacheControl = fmt.Sprintf("max-age=%d, must-revalidate, stale-if-error=0", Fresh/time.Second)

// Handler answers for every Policy Host whose policy is in Store. It needs both
// fields.
type Handler struct {
	Store Store
	Log   *slog.Logger
}

// ServeHTTP serves the policy of the host that the request names.
//
// It compares the path as it is. An http.ServeMux would redirect to cleaned
// paths, and to a sender anything but 200 is a failure (RFC 8461, section 3.3).
func (h Handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.URL.Path != mtasts.PolicyPath {
		refuse(w, notFound, "Not found: only "+mtasts.PolicyPath+" is served here.\n")
		return
	}
	h.servePolicy(w, r, r.Host)
}

// servePolicy serves the policy of host. For the same reason there is no 304
// Not Modified: conditions and ranges in the request are not looked at.
func (h Handler) servePolicy(w http.ResponseWriter, r *http.Request, host string) {
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		w.Header().Set("Allow", "GET, HEAD")
		refuse(w, badMethod, "Method not allowed: only GET and HEAD are.\n")
		return
	}
	domain, ok := mtasts.PolicyDomain(host)
	if !ok {
		refuse(w, notFound, "Not found: the host name is not of the form mta-sts.<domain>.\n")
		return
	}
	policy, ok, err := h.Store.Published(r.Context(), domain)
	if err == nil && ok && len(policy.Body) == 0 {
		err = errors.New("the published policy is empty")
	}
	switch {
	case err != nil:
		h.Log.ErrorContext(r.Context(), "read published policy", "domain", domain, "error", err)
		refuse(w, unavailable, "Service unavailable: the policy cannot be read now. Try again later.\n")
	case !ok:
		refuse(w, notFound, "Not found: no policy is hosted here for this domain.\n")
	default:
		serve(w, policy)
	}
}

// refusal is an answer other than a policy. How long caches may keep it
// matters: an error kept too long delays the repair.
type refusal struct {
	status       int
	cacheControl string
}

var (
	notFound    = refusal{http.StatusNotFound, fmt.Sprintf("max-age=%d", Fresh/time.Second)}
	badMethod   = refusal{http.StatusMethodNotAllowed, "no-store"}
	unavailable = refusal{http.StatusServiceUnavailable, "no-store"}
)

// refuse says why in plain text, and names nobody's domain.
func refuse(w http.ResponseWriter, r refusal, why string) {
	header := w.Header()
	header.Set("Cache-Control", r.cacheControl)
	setTextHeaders(header, len(why))
	w.WriteHeader(r.status)
	io.WriteString(w, why)
}

func serve(w http.ResponseWriter, policy Policy) {
	header := w.Header()
	header.Set("Cache-Control", CacheControl)
	header.Set("Etag", `"`+policy.ID+`"`)
	setTextHeaders(header, len(policy.Body))
	w.WriteHeader(http.StatusOK)
	w.Write(policy.Body)
}

func setTextHeaders(header http.Header, length int) {
	header.Set("Content-Type", MediaType)
	header.Set("X-Content-Type-Options", "nosniff")
	header.Set("Content-Length", strconv.Itoa(length))
}

package policyhost

import (
	"net/http"
	"strings"

	"sealpost/internal/mtasts"
)

// Edge is a [Handler] behind caches that keep what they get by its path alone,
// and call it by a host name of its own. They ask for the policy of a Policy
// Host at [EdgePath], which stands for the host wherever the policy is kept, so
// that no policy is ever answered to another's senders.
type Edge struct {
	Handler Handler
}

const edgePrefix = "/p/"

// EdgePath is where an [Edge] is asked for the policy of a Policy Host.
func EdgePath(host string) string { return edgePrefix + host }

// ServeHTTP serves the policy of the host that the path names. Nothing else in
// the request tells a host, since anybody may have written it. A name has one
// spelling here: with several, there would be several copies to keep true.
func (e Edge) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	path := r.URL.EscapedPath()
	domain, ok := mtasts.PolicyDomain(strings.TrimPrefix(path, edgePrefix))
	if !ok || path != EdgePath(mtasts.PolicyHost(domain)) {
		refuse(w, notFound, "Not found: the path is not of the form "+EdgePath(mtasts.PolicyHost("<domain>"))+".\n")
		return
	}
	e.Handler.servePolicy(w, r, mtasts.PolicyHost(domain))
}

package reportintake

import (
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"os"
	"strconv"
	"strings"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"sealpost/internal/archive"
)

// Path is where reports are posted.
const Path = "/v1/reports"

// MaxBody is the size of the largest request, in bytes; gzip fits a report of
// 20 MiB into it.
const MaxBody = 1 << 20

// Handler takes reports by HTTPS (RFC 8460, section 5.4): POST or PUT, JSON or
// gzip whatever the media type says, one report a request.
type Handler struct {
	Intake *Intake
	Log    *slog.Logger

	// IsAllowedOrigin reports whether pages of a host may post reports to that same
	// host; nil allows all hosts.
	IsAllowedOrigin func(host string) bool
}

// ServeHTTP answers with a status of RFC 9110 and JSON that says what became
// of the report. It answers 200 or 201 only once the report is stored, and
// never redirects.
func (h *Handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodPost && r.Method != http.MethodPut {
		w.Header().Set("Allow", "POST, PUT")
		h.say(w, r, http.StatusMethodNotAllowed, refused("reports are sent by POST (RFC 8460, section 5.4) or PUT"))
		return
	}
	if h.isOfAnotherSite(r) {
		h.say(w, r, http.StatusForbidden, refused("a browser sent this for a page of another site; reports are taken from reporters only. "+
			"Send the report without the fields Sec-Fetch-Site, Origin and Referer"))
		return
	}
	body, err := h.readBody(w, r)
	defer body.Release()
	if err != nil {
		h.notReceived(w, r, err)
		return
	}
	receipt, err := h.Intake.Receive(r.Context(), Submission{
		Body:    body.Bytes,
		Channel: archive.ChannelHTTPS,
		Trust:   archive.TrustNone,
	})
	switch {
	case errors.Is(err, ErrBusy):
		h.busy(w, r)
		return
	case err != nil:
		h.Log.ErrorContext(r.Context(), "report not kept", "error", err)
		w.Header().Set("Retry-After", "60")
		h.say(w, r, http.StatusServiceUnavailable, refused("the report could not be stored; please send it again later"))
		return
	}
	h.say(w, r, statusCode(receipt), receipt)
}

// readBody reads no more than a report may have, and nothing at all where the
// sender declares more.
func (h *Handler) readBody(w http.ResponseWriter, r *http.Request) (Received, error) {
	if r.ContentLength > MaxBody {
		return Received{}, &http.MaxBytesError{Limit: MaxBody}
	}
	return h.Intake.ReadBody(r.Context(), http.MaxBytesReader(w, r.Body, MaxBody), r.ContentLength)
}

// busy answers where more reports come than there is room for.
func (h *Handler) busy(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Retry-After", "60")
	h.say(w, r, http.StatusServiceUnavailable, refused("too many reports are being received; please send it again later"))
}

// notReceived answers where the bytes did not come whole. A sender that went
// away hears nothing, and sends again.
func (h *Handler) notReceived(w http.ResponseWriter, r *http.Request, err error) {
	var tooLarge *http.MaxBytesError
	if errors.As(err, &tooLarge) {
		h.say(w, r, http.StatusRequestEntityTooLarge,
			refused(fmt.Sprintf("a report may have at most %d bytes as sent; compress it with gzip", tooLarge.Limit)))
		return
	}
	if errors.Is(err, ErrBusy) {
		h.busy(w, r)
		return
	}
	h.Log.InfoContext(r.Context(), "report not received whole", "error", err)
	code := http.StatusBadRequest
	if errors.Is(err, os.ErrDeadlineExceeded) {
		code = http.StatusRequestTimeout
	}
	h.say(w, r, code, refused("the request ended before the report was whole; please send it again"))
}

func statusCode(receipt Receipt) int {
	switch {
	case receipt.Status == Stored:
		return http.StatusCreated
	case receipt.Status.Counts():
		return http.StatusOK
	case receipt.Reason == archive.ReasonNotHosted:
		return http.StatusNotFound
	case receipt.Status == Quarantined:
		return http.StatusBadRequest
	default:
		return http.StatusRequestEntityTooLarge
	}
}

func (h *Handler) say(w http.ResponseWriter, r *http.Request, code int, receipt Receipt) {
	body, err := json.Marshal(receipt, jsontext.EscapeForHTML(true))
	if err != nil {
		h.Log.ErrorContext(r.Context(), "answer not encoded", "error", err)
		code, body = http.StatusInternalServerError, []byte("{}")
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Content-Length", strconv.Itoa(len(body)+1))
	w.Header().Set("X-Content-Type-Options", "nosniff")
	w.WriteHeader(code)
	w.Write(append(body, '\n')) //nolint:errcheck // The sender is gone; the report is stored or it is not.
	h.Log.InfoContext(r.Context(), "report", "answer", code, "status", receipt.Status, "reason", receipt.Reason, "key", receipt.Key,
		"media_type", strings.ToValidUTF8(r.Header.Get("Content-Type"), "?"))
}

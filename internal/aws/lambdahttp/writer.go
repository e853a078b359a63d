package lambdahttp

import (
	"bytes"
	"net/http"
)

// writer holds an answer until it is whole.
type writer struct {
	header http.Header // As the handler sees it.
	sent   http.Header // As it was when the handler began to answer.
	status int
	body   bytes.Buffer
}

func (w *writer) Header() http.Header {
	if w.header == nil {
		w.header = make(http.Header)
	}
	return w.header
}

func (w *writer) WriteHeader(status int) {
	informational := 100 <= status && status < 200 // There is no way to send these.
	if w.status == 0 && !informational {
		w.status, w.sent = status, w.header.Clone()
	}
}

// Write finds out the media type where the handler gives none, like a server.
// Otherwise an HTTP API says that any answer is JSON.
func (w *writer) Write(p []byte) (int, error) {
	if w.status == 0 {
		if w.Header().Get("Content-Type") == "" {
			w.header.Set("Content-Type", http.DetectContentType(p))
		}
		w.WriteHeader(http.StatusOK)
	}
	return w.body.Write(p)
}

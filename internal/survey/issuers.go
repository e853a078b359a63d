package survey

import (
	"context"
	"io"
	"net"
	"net/http"
	"sync"
)

const maxCertificate = 64 << 10

// issuers fetches the certificates of issuers from where certificates say that they
// are: each once in a look, and not more than so many.
type issuers struct {
	look *look // Its own, so that issuers take no look-ups from the domain.

	mu      sync.Mutex
	known   map[string]func() []byte // By URL.
	refused int
}

// unfetched is how many were not fetched.
func (i *issuers) unfetched() int {
	i.mu.Lock()
	defer i.mu.Unlock()
	return i.refused
}

// fetch returns what is at a URL; nothing where that could not be fetched, or may not.
func (i *issuers) fetch(ctx context.Context, url string) []byte {
	i.mu.Lock()
	fetched, known := i.known[url]
	if !known {
		fetched = func() []byte { return nil }
		if len(i.known)-i.refused < maxIssuers {
			fetched = sync.OnceValue(func() []byte { return i.look.fetch(ctx, url) })
		} else {
			i.refused++
		}
		i.known[url] = fetched
	}
	i.mu.Unlock()
	return fetched()
}

func (l *look) fetch(ctx context.Context, url string) []byte {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return nil
	}
	client := http.Client{
		Transport: &http.Transport{
			DisableKeepAlives: true,
			DialContext: func(ctx context.Context, _, address string) (net.Conn, error) {
				host, port, err := net.SplitHostPort(address)
				if err != nil {
					return nil, err
				}
				return l.connectHost(ctx, host, port)
			},
		},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	response, err := client.Do(request)
	if err != nil {
		return nil
	}
	defer response.Body.Close()
	body, err := io.ReadAll(io.LimitReader(response.Body, maxCertificate))
	if err != nil {
		return nil
	}
	return body
}

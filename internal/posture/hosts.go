// Package posture looks at a domain from outside, as those who send mail to it
// do: at the policy that its Policy Host serves, and at its DNS.
package posture

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"sync/atomic"
	"syscall"
	"time"

	"sealpost/internal/mtasts"
)

// PolicyHosts fetches policies as senders do (RFC 8461, section 3.3). The zero
// value asks the hosts of the Internet.
type PolicyHosts struct {
	Roots    *x509.CertPool // Who vouches for certificates; nil for those whom the system trusts.
	DNS      *net.Resolver  // Where addresses are looked up; nil for the system's resolver.
	Timeout  time.Duration  // Of a fetch as a whole; 0 for 10 seconds.
	Port     string         // 443 if empty.
	Internal bool           // Also connects to addresses that the Internet does not reach, such as 127.0.0.1.
}

const (
	fetchTimeout = 10 * time.Second

	maxBody   = 64 << 10 // RFC 8461, section 3.3 gives it as an example, and senders follow it.
	maxHeader = 64 << 10

	maxAddresses = 16 // That are tried: DNS may name thousands.
)

// Fetch gives the body that the Policy Host of a domain serves: at most 64 KiB,
// and whatever it says. The error is one line that says, for who runs the host,
// why a sender would have none.
//
// It asks no cache, no proxy, and nobody whom the host redirects to.
func (p PolicyHosts) Fetch(ctx context.Context, domain string) ([]byte, error) {
	host, timeout := mtasts.PolicyHost(domain), p.Timeout
	if timeout == 0 {
		timeout = fetchTimeout
	}
	limited, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	body, err := p.fetch(limited, host)
	switch {
	case err == nil:
		return body, nil
	case ctx.Err() != nil:
		return nil, fmt.Errorf("fetching the policy of %s: %w", domain, ctx.Err())
	case limited.Err() != nil:
		return nil, fmt.Errorf("%s did not serve its policy within %s", host, timeout)
	default:
		return nil, err
	}
}

func (p PolicyHosts) fetch(ctx context.Context, host string) ([]byte, error) {
	url := "https://" + host + mtasts.PolicyPath
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return nil, err
	}
	response, err := p.client().Do(request)
	if err != nil {
		return nil, unreachable(host, err)
	}
	defer response.Body.Close()
	if err := acceptable(response); err != nil {
		return nil, fmt.Errorf("%s %w", url, err)
	}
	body, err := io.ReadAll(io.LimitReader(response.Body, maxBody+1))
	switch {
	case err != nil:
		return nil, fmt.Errorf("%s ends before it is whole: %w", url, err)
	case len(body) > maxBody:
		return nil, fmt.Errorf("%s is larger than %d bytes, which is as much as senders read", url, maxBody)
	}
	return body, nil
}

// client is for one request. It speaks HTTP/1.1, which every sender does.
func (p PolicyHosts) client() *http.Client {
	return &http.Client{
		Transport: &http.Transport{
			DialContext:            p.dial,
			TLSClientConfig:        &tls.Config{RootCAs: p.Roots, MinVersion: tls.VersionTLS12},
			DisableKeepAlives:      true,
			DisableCompression:     true, // The bytes count.
			MaxResponseHeaderBytes: maxHeader,
		},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

// dial connects to a host of the DNS. The dot at the end keeps the system's
// search list out.
func (p PolicyHosts) dial(ctx context.Context, network, address string) (net.Conn, error) {
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		return nil, err
	}
	if p.Port != "" {
		port = p.Port
	}
	dialer := net.Dialer{Resolver: p.DNS, Control: p.control()}
	return dialer.DialContext(ctx, network, net.JoinHostPort(host+".", port))
}

// control lets a dialer try maxAddresses addresses, and none inside. Each further one
// fails immediately, and the dialer reports the first failure.
func (p PolicyHosts) control() func(network, address string, c syscall.RawConn) error {
	tried := new(atomic.Int32)
	return func(network, address string, c syscall.RawConn) error {
		switch {
		case tried.Add(1) > maxAddresses:
			return errors.New("the host has too many addresses")
		case p.Internal:
			return nil
		default:
			return RefuseInternal(network, address, c)
		}
	}
}

// acceptable says what of an answer would make a sender turn away. The words go
// on from the URL.
func acceptable(response *http.Response) error {
	code, location := response.StatusCode, response.Header.Get("Location")
	switch {
	case code >= 300 && code < 400 && location != "":
		return fmt.Errorf("answers %s to %.200q; senders follow no redirect (RFC 8461, section 3.3)", status(code), location)
	case code != http.StatusOK:
		return fmt.Errorf("answers %s; senders take a policy only with 200 OK (RFC 8461, section 3.3)", status(code))
	}
	switch said := response.Header.Get("Content-Type"); {
	case said == "":
		return errors.New("comes without a media type; senders take a policy only as text/plain (RFC 8461, section 3.2)")
	case !mtasts.IsMediaType(said):
		return fmt.Errorf("comes as %.60q; senders take a policy only as text/plain (RFC 8461, section 3.2)", said)
	}
	return nil
}

// status words a status ourselves: what the host says in its place may be anything.
func status(code int) string {
	if text := http.StatusText(code); text != "" {
		return fmt.Sprintf("%d %s", code, text)
	}
	return fmt.Sprint(code)
}

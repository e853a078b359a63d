package lambdahttp

import (
	"context"
	"encoding/base64"
	"errors"
	"io"
	"net/http"
	"net/netip"
	"net/url"
	"strings"

	"github.com/aws/aws-lambda-go/events"
)

var encoding = base64.StdEncoding

// request is the event as a server would have read it. Its URL.Path is the
// event's path as it is: HTTP APIs have decoded it and function URLs have not,
// so to decode it here could find a path that nobody asked for.
func request(ctx context.Context, event events.APIGatewayV2HTTPRequest) (*http.Request, error) {
	body, err := bodyOf(event)
	if err != nil {
		return nil, err
	}
	header := headerOf(event)
	asked := event.RequestContext.HTTP
	r := &http.Request{
		Method:        asked.Method,
		URL:           &url.URL{Path: event.RawPath, RawQuery: event.RawQueryString},
		Proto:         asked.Protocol,
		Header:        header,
		Body:          io.NopCloser(strings.NewReader(body)),
		ContentLength: int64(len(body)),
		Host:          takeHost(header, event.RequestContext.DomainName),
		RemoteAddr:    remoteAddr(asked.SourceIP),
	}
	r.ProtoMajor, r.ProtoMinor, _ = http.ParseHTTPVersion(asked.Protocol)
	return r.WithContext(context.WithValue(ctx, requestID{}, event.RequestContext.RequestID)), nil
}

func bodyOf(event events.APIGatewayV2HTTPRequest) (string, error) {
	if !event.IsBase64Encoded {
		return event.Body, nil
	}
	decoded, err := encoding.DecodeString(event.Body)
	if err != nil {
		return "", errors.New("the body is not the base64 that it is said to be")
	}
	return string(decoded), nil
}

// headerOf has the event's fields; those that came several times are joined by
// commas already, and cookies stand apart.
func headerOf(event events.APIGatewayV2HTTPRequest) http.Header {
	header := make(http.Header, len(event.Headers)+1)
	for name, value := range event.Headers {
		header.Set(name, value)
	}
	if len(event.Cookies) > 0 {
		header.Set("Cookie", strings.Join(event.Cookies, "; "))
	}
	return header
}

// takeHost moves the host out of the header, as a server does.
func takeHost(header http.Header, domainName string) string {
	host := header.Get("Host")
	header.Del("Host")
	if host == "" {
		return domainName
	}
	return host
}

// remoteAddr has the form that a server gives it, though the port is not known.
func remoteAddr(ip string) string {
	address, err := netip.ParseAddr(ip)
	if err != nil {
		return ip
	}
	return netip.AddrPortFrom(address, 0).String()
}

type requestID struct{}

// RequestID returns the id that AWS gave the request, as its access logs name
// it; it is empty where ctx is not that of a request.
func RequestID(ctx context.Context) string {
	id, _ := ctx.Value(requestID{}).(string)
	return id
}

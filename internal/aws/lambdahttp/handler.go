// Package lambdahttp lets an http.Handler answer in AWS Lambda, by the payload
// format 2.0 that HTTP APIs and function URLs share.
package lambdahttp

import (
	"context"
	"fmt"
	"net/http"
	"runtime/debug"
	"strings"
	"unicode/utf8"

	"github.com/aws/aws-lambda-go/events"

	"sealpost/internal/aws/deadline"
)

const version = "2.0"

// Handler returns what lambda.Start needs for h to answer. An error is for the
// operator: the client hears of it by nothing but a status of 5xx. h has to be
// done a second before the function's time is over, and can so still say that
// something was too slow.
func Handler(h http.Handler) func(context.Context, events.APIGatewayV2HTTPRequest) (events.APIGatewayV2HTTPResponse, error) {
	return func(ctx context.Context, event events.APIGatewayV2HTTPRequest) (events.APIGatewayV2HTTPResponse, error) {
		// Another version has its path and method elsewhere, and so would all
		// be answered alike.
		if event.Version != version {
			return events.APIGatewayV2HTTPResponse{}, fmt.Errorf("the event has payload format %q; only %s is understood", event.Version, version)
		}
		ctx, cancel := deadline.Early(ctx)
		defer cancel()
		r, err := request(ctx, event)
		if err != nil {
			return response(badRequest(err), event.RequestContext.HTTP.Method), nil
		}
		var w writer
		if err := serve(h, &w, r); err != nil {
			return events.APIGatewayV2HTTPResponse{}, err
		}
		return response(&w, r.Method), nil
	}
}

// serve makes a panic an error, so that an answer half written is never sent,
// and the function's errors count it. The process goes on, as a server would:
// otherwise whoever finds the way to a panic can keep the function starting.
func serve(h http.Handler, w http.ResponseWriter, r *http.Request) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("panic in the handler: %v\n%s", p, debug.Stack())
		}
	}()
	h.ServeHTTP(w, r)
	return nil
}

func badRequest(err error) *writer {
	var w writer
	http.Error(&w, "Bad request: "+err.Error()+".", http.StatusBadRequest)
	return &w
}

func response(w *writer, method string) events.APIGatewayV2HTTPResponse {
	w.WriteHeader(http.StatusOK)
	answer := events.APIGatewayV2HTTPResponse{
		StatusCode: w.status,
		Headers:    make(map[string]string, len(w.sent)),
		Cookies:    w.sent.Values("Set-Cookie"),
	}
	for name, values := range w.sent {
		if name != "Set-Cookie" { // The one field that must not be joined (RFC 9110, section 5.3).
			answer.Headers[name] = strings.Join(values, ", ")
		}
	}
	if method != http.MethodHead {
		answer.Body, answer.IsBase64Encoded = text(w.body.Bytes())
	}
	return answer
}

// text puts a body into JSON, where only UTF-8 has a place.
func text(body []byte) (s string, encoded bool) {
	if utf8.Valid(body) {
		return string(body), false
	}
	return encoding.EncodeToString(body), true
}

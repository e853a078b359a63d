// Package awslog writes the logs of functions, so that a line can be followed
// to what AWS has of the same request.
package awslog

import (
	"context"
	"errors"
	"io"
	"log/slog"

	"github.com/aws/aws-lambda-go/lambdacontext"

	"sealpost/internal/aws/lambdahttp"
)

// New returns a logger that writes JSON to w, one line a record. To what is
// logged it adds the ids that AWS knows a request by:
//
//   - request_id, of the invocation, as in the lines that Lambda itself writes;
//   - api_request_id, of the request by HTTP, as in the access logs;
//   - aws_request_id, of the call to AWS that an error among the attributes
//     comes from, as CloudTrail has it and AWS Support asks for it.
//
// The first two come from the context, so whatever logs must pass it on.
func New(w io.Writer) *slog.Logger {
	return slog.New(handler{slog.NewJSONHandler(w, nil)})
}

type handler struct{ slog.Handler }

// Handle implements slog.Handler.
func (h handler) Handle(ctx context.Context, record slog.Record) error {
	record = record.Clone() // Others may hold the same.
	add(&record, "aws_request_id", callID(record))
	if invocation, is := lambdacontext.FromContext(ctx); is {
		add(&record, "request_id", invocation.AwsRequestID)
	}
	add(&record, "api_request_id", lambdahttp.RequestID(ctx))
	return h.Handler.Handle(ctx, record)
}

// WithAttrs implements slog.Handler.
func (h handler) WithAttrs(attrs []slog.Attr) slog.Handler {
	return handler{h.Handler.WithAttrs(attrs)}
}

// WithGroup implements slog.Handler. The ids are in the group too.
func (h handler) WithGroup(name string) slog.Handler { return handler{h.Handler.WithGroup(name)} }

func add(record *slog.Record, name, id string) {
	if id != "" {
		record.AddAttrs(slog.String(name, id))
	}
}

// answer is an error of the SDK that has come from AWS.
type answer interface{ ServiceRequestID() string }

// callID gives the id of the first failed call that the record tells of.
func callID(record slog.Record) (id string) {
	record.Attrs(func(attribute slog.Attr) bool {
		var failed answer
		if err, is := attribute.Value.Any().(error); is && errors.As(err, &failed) {
			id = failed.ServiceRequestID()
		}
		return id == ""
	})
	return id
}

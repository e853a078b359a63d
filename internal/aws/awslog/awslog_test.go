package awslog_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-lambda-go/lambdacontext"
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"sealpost/internal/aws/awslog"
	"sealpost/internal/aws/lambdahttp"
)

// invoked is the context of an invocation.
func invoked(ctx context.Context, id string) context.Context {
	return lambdacontext.NewContext(ctx, &lambdacontext.LambdaContext{AwsRequestID: id})
}

// asked is the context of a request by HTTP, in that of an invocation.
func asked(t *testing.T, ctx context.Context, id string) (request context.Context) {
	t.Helper()
	h := lambdahttp.Handler(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { request = r.Context() }))
	event := events.APIGatewayV2HTTPRequest{Version: "2.0"}
	event.RequestContext.RequestID = id
	if _, err := h(ctx, event); err != nil {
		t.Fatal(err)
	}
	return request
}

// answering is a server of AWS that refuses everything.
func answering(t *testing.T) string {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("X-Amzn-Requestid", "call-1") // DynamoDB and most others.
		w.Header().Set("X-Amz-Request-Id", "call-1") // S3.
		w.WriteHeader(http.StatusBadRequest)
		io.WriteString(w, `{"__type": "ValidationException"}`) //nolint:errcheck // The test would fail.
	}))
	t.Cleanup(server.Close)
	return server.URL
}

// refused is what the SDK makes of a refusal.
func refused(t *testing.T) (fromDynamoDB, fromS3 error) {
	t.Helper()
	endpoint, test := answering(t), credentials.NewStaticCredentialsProvider("test", "test", "")
	_, fromDynamoDB = dynamodb.New(dynamodb.Options{Region: "us-east-1", BaseEndpoint: &endpoint, Credentials: test}).
		ListTables(t.Context(), nil)
	_, fromS3 = s3.New(s3.Options{Region: "us-east-1", BaseEndpoint: &endpoint, Credentials: test, UsePathStyle: true}).
		DeleteObject(t.Context(), &s3.DeleteObjectInput{Bucket: aws.String("b"), Key: aws.String("k")})
	if fromDynamoDB == nil || fromS3 == nil {
		t.Fatal("the calls succeeded")
	}
	return fromDynamoDB, fromS3
}

func TestIDs(t *testing.T) {
	ctx := t.Context()
	fromDynamoDB, fromS3 := refused(t)
	for _, test := range []struct {
		name string
		ctx  context.Context
		args []any
		want map[string]any
	}{
		{"no ids", ctx, nil, map[string]any{}},
		{"an invocation", invoked(ctx, "i-1"), nil, map[string]any{"request_id": "i-1"}},
		{"a request", asked(t, invoked(ctx, "i-1"), "a-1"), nil, map[string]any{"request_id": "i-1", "api_request_id": "a-1"}},
		{"an error of ours", invoked(ctx, "i-1"), []any{"error", errors.New("no")}, map[string]any{"request_id": "i-1"}},
		{"an error of DynamoDB", ctx, []any{"domain", "a.example", "error", fmt.Errorf("read: %w", fromDynamoDB)},
			map[string]any{"aws_request_id": "call-1"}},
		{"an error of S3", ctx, []any{"error", fromS3}, map[string]any{"aws_request_id": "call-1"}},
		{"one of several", ctx, []any{"error", errors.Join(errors.New("no"), fromS3)}, map[string]any{"aws_request_id": "call-1"}},
		{"two", asked(t, invoked(ctx, "i-1"), "a-1"), []any{"error", fromS3, "then", fromDynamoDB},
			map[string]any{"request_id": "i-1", "api_request_id": "a-1", "aws_request_id": "call-1"}},
		{"a call without an answer", ctx, []any{"error", context.DeadlineExceeded}, map[string]any{}},
		{"no error at all", ctx, []any{"error", nil}, map[string]any{}},
	} {
		t.Run(test.name, func(t *testing.T) {
			var log bytes.Buffer
			awslog.New(&log).ErrorContext(test.ctx, "m", test.args...)
			if got := ids(t, log.Bytes()); !maps.Equal(got, test.want) {
				t.Errorf("got %v; want %v in %s", got, test.want, &log)
			}
		})
	}
}

// ids takes from a line what has to do with ids. A name that is there twice is
// counted out.
func ids(t *testing.T, line []byte) map[string]any {
	t.Helper()
	var all map[string]any
	if err := json.Unmarshal(line, &all); err != nil {
		t.Fatalf("%s: %v", line, err)
	}
	found := make(map[string]any)
	for _, name := range []string{"request_id", "api_request_id", "aws_request_id"} {
		if value, is := all[name]; is {
			found[name] = value
		}
		if bytes.Count(line, []byte(`"`+name+`":`)) > 1 {
			t.Errorf("%s is twice in %s", name, line)
		}
	}
	return found
}

// TestWith: loggers made of the logger do the same.
func TestWith(t *testing.T) {
	var log bytes.Buffer
	awslog.New(&log).With("a", "b").InfoContext(invoked(t.Context(), "i-1"), "m", "c", "d")
	if want := `"level":"INFO","msg":"m","a":"b","c":"d","request_id":"i-1"}` + "\n"; !bytes.HasSuffix(log.Bytes(), []byte(want)) {
		t.Errorf("got %s; want %s", &log, want)
	}
	log.Reset()
	awslog.New(&log).WithGroup("g").InfoContext(invoked(t.Context(), "i-1"), "m")
	if want := `"msg":"m","g":{"request_id":"i-1"}}` + "\n"; !bytes.HasSuffix(log.Bytes(), []byte(want)) {
		t.Errorf("got %s; want %s", &log, want)
	}
}

// TestRecordStays: a record is logged twice, and neither line spoils the other.
func TestRecordStays(t *testing.T) {
	record := slog.Record{Message: "m"}
	for i := range 8 { // More than a record keeps in itself: the others lie where copies share them.
		record.AddAttrs(slog.Int(fmt.Sprint(i), i))
	}
	var log bytes.Buffer
	handler := awslog.New(&log).Handler()
	for _, id := range []string{"i-1", "i-2"} {
		log.Reset()
		if err := handler.Handle(invoked(t.Context(), id), record); err != nil {
			t.Fatal(err)
		}
		if want := `"7":7,"request_id":"` + id + `"}` + "\n"; !bytes.HasSuffix(log.Bytes(), []byte(want)) {
			t.Errorf("got %s; want %s", &log, want)
		}
	}
}

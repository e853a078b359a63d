package main

import (
	"context"
	"encoding/base64"
	"fmt"
	"net/http"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/go-json-experiment/json"
)

// functions calls deployed functions as AWS does.
type functions struct {
	client *lambda.Client
}

// call hands a function an event, and reads its answer into result.
func (f functions) call(ctx context.Context, function string, event, result any) error {
	payload, err := json.Marshal(event)
	if err != nil {
		return fmt.Errorf("encode the event: %w", err)
	}
	called, err := f.client.Invoke(ctx, &lambda.InvokeInput{FunctionName: &function, Payload: payload})
	if err != nil {
		return fmt.Errorf("call %s: %w", function, err)
	}
	if called.FunctionError != nil {
		return fmt.Errorf("%s failed: %s", function, called.Payload)
	}
	if result == nil {
		return nil
	}
	if err := json.Unmarshal(called.Payload, result); err != nil {
		return fmt.Errorf("read the answer of %s: %w", function, err)
	}
	return nil
}

// get asks as the edge does, by the URL of a function.
func (f functions) get(ctx context.Context, function, path string) (events.LambdaFunctionURLResponse, error) {
	var response events.LambdaFunctionURLResponse
	err := f.call(ctx, function, events.LambdaFunctionURLRequest{
		Version: "2.0",
		RawPath: path,
		Headers: map[string]string{"host": "tryout.lambda-url.us-east-1.on.aws"},
		RequestContext: events.LambdaFunctionURLRequestContext{
			DomainName: "tryout.lambda-url.us-east-1.on.aws",
			HTTP:       events.LambdaFunctionURLRequestContextHTTPDescription{Method: http.MethodGet, Path: path, Protocol: "HTTP/1.1", SourceIP: "192.0.2.1"},
		},
	}, &response)
	return response, err
}

// post sends as a reporter does, by the HTTP API. The API hands on as text what
// it takes for text, and all else in base64.
func (f functions) post(ctx context.Context, function, path, mediaType string, body []byte, isText bool) (events.APIGatewayV2HTTPResponse, error) {
	event := events.APIGatewayV2HTTPRequest{
		Version:         "2.0",
		RouteKey:        "POST " + path,
		RawPath:         path,
		Headers:         map[string]string{"content-type": mediaType, "host": "reports.example.com"},
		Body:            string(body),
		IsBase64Encoded: !isText,
		RequestContext: events.APIGatewayV2HTTPRequestContext{
			DomainName: "reports.example.com",
			HTTP:       events.APIGatewayV2HTTPRequestContextHTTPDescription{Method: http.MethodPost, Path: path, Protocol: "HTTP/1.1", SourceIP: "192.0.2.1"},
		},
	}
	if event.IsBase64Encoded {
		event.Body = base64.StdEncoding.EncodeToString(body)
	}
	var response events.APIGatewayV2HTTPResponse
	err := f.call(ctx, function, event, &response)
	return response, err
}

package stack

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/go-json-experiment/json"

	"sealpost/internal/aws/awsconfig"
	"sealpost/internal/aws/s3bucket"
	"sealpost/internal/weekly"
)

// The outputs of a stack that say where digests are made and kept. Without a
// digest it has not the first.
const (
	digestOutput  = "DigestFunction"
	reportsOutput = "ReportsBucket"
)

// patienceFor is for the function that mails digests, which answers when it has,
// after 15 minutes at most. To call it again mails nothing twice, unless it is by
// order.
func patienceFor(call weekly.Call) awsconfig.Patience {
	patience := awsconfig.Patience{Attempts: 2, Connect: 5 * time.Second, Answer: 15 * time.Minute}
	if call.Resend {
		patience.Attempts = 1
	}
	return patience
}

// Digests asks the function that mails digests to do so, and waits for what
// becomes of it. It takes the right lambda:InvokeFunction.
func (s Stack) Digests(ctx context.Context, call weekly.Call) (weekly.Answer, error) {
	function := s.outputs[digestOutput]
	if function == "" {
		return weekly.Answer{}, fmt.Errorf("the stack has no output %s: its configuration has no digest, or it is one of an older version; deploy it again", digestOutput)
	}
	text, err := json.Marshal(call)
	if err != nil {
		return weekly.Answer{}, fmt.Errorf("write the call of the function %s: %w", function, err)
	}
	patience := patienceFor(call)
	called, err := lambda.NewFromConfig(s.config, func(o *lambda.Options) {
		o.HTTPClient = patience.Client()
		o.Retryer = patience.Retryer()
	}).Invoke(ctx, &lambda.InvokeInput{FunctionName: &function, Payload: text})
	if err != nil {
		return weekly.Answer{}, fmt.Errorf("call the function %s: %w", function, Explain(err))
	}
	if called.FunctionError != nil {
		return weekly.Answer{}, failed(called.Payload)
	}
	var answer weekly.Answer
	if err := json.Unmarshal(called.Payload, &answer); err != nil {
		return weekly.Answer{}, fmt.Errorf("read the answer of the function %s: %w", function, err)
	}
	return answer, nil
}

// failed gives the error that a function ended with.
func failed(payload []byte) error {
	var said struct {
		Message string `json:"errorMessage"`
	}
	if err := json.Unmarshal(payload, &said); err != nil || said.Message == "" {
		return fmt.Errorf("the function failed: %s", payload)
	}
	return errors.New(said.Message)
}

// Kept is where the digests that were mailed lie.
func (s Stack) Kept() (s3bucket.Bucket, error) {
	name := s.outputs[reportsOutput]
	if name == "" {
		return s3bucket.Bucket{}, fmt.Errorf("the stack has no output %s: it is no stack of Sealpost, or one of an older version; deploy it again", reportsOutput)
	}
	return s3bucket.Bucket{Client: s3.NewFromConfig(s.config), Name: name, Timeout: callTimeout}, nil
}

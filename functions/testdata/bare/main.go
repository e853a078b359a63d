// Command bare is the least that a function can be: the yardstick for how soon
// the others give their first answer.
package main

import (
	"context"
	"encoding/json"

	"github.com/aws/aws-lambda-go/lambda"
)

func main() {
	lambda.Start(func(context.Context, json.RawMessage) (string, error) { return "here", nil })
}

// Command receiptrules is the Lambda function that makes the stack's receipt rule
// set the active one, for CloudFormation.
package main

import (
	"context"
	"os"
	"time"

	"github.com/aws/aws-lambda-go/cfn"
	"github.com/aws/aws-lambda-go/lambda"
	"github.com/aws/aws-sdk-go-v2/service/ses"

	"sealpost/internal/aws/awsconfig"
	"sealpost/internal/aws/awslog"
	"sealpost/internal/aws/receiptrules"
)

// callTimeout leaves time for pauses: SES takes one such call a second.
const callTimeout = 15 * time.Second

func main() {
	config, err := awsconfig.Load(context.Background(), awsconfig.Patience{Attempts: 5, Connect: 2 * time.Second, Answer: 5 * time.Second})
	if err != nil {
		awslog.New(os.Stdout).Error("start", "error", err)
		os.Exit(1)
	}
	sets := receiptrules.SES{Client: ses.NewFromConfig(config), Timeout: callTimeout}
	lambda.Start(cfn.LambdaWrap(receiptrules.Resource{Sets: sets}.Handle))
}

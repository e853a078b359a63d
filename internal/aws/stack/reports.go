package stack

import (
	"context"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"sealpost/internal/aws/s3bucket"
	"sealpost/internal/aws/settings"
)

// Reports is what a stack holds of reports, and how it judges them.
type Reports struct {
	settings.ReportIntake
	Bucket s3bucket.Bucket
	Inbox  s3bucket.Bucket // Only where the stack takes in mails: see InboxBucket.
}

// The outputs of a stack that name the function that takes in reports, as it is
// deployed for mails, if it is, and for HTTPS.
const (
	mailIntakeOutput   = "MailIntakeFunction"
	reportIntakeOutput = "ReportIntakeFunction"
)

// transferTimeout is for a whole mail over whatever line people have.
const transferTimeout = 2 * time.Minute

// Reports asks the function that takes in reports for its settings, so that
// nobody has to repeat them. It takes the right lambda:GetFunctionConfiguration.
func (s Stack) Reports(ctx context.Context) (Reports, error) {
	function := s.outputs[mailIntakeOutput]
	if function == "" {
		function = s.outputs[reportIntakeOutput]
	}
	if function == "" {
		return Reports{}, fmt.Errorf("the stack has no output %s: it is one of an older version; deploy it again", reportIntakeOutput)
	}
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	configuration, err := s.lambda.GetFunctionConfiguration(ctx, &lambda.GetFunctionConfigurationInput{FunctionName: &function})
	if err != nil {
		return Reports{}, fmt.Errorf("read the settings of the function %s: %w", function, Explain(err))
	}
	var variables map[string]string
	if configuration.Environment != nil {
		variables = configuration.Environment.Variables
	}
	read, err := settings.ReportIntakeFromEnv(func(name string) string { return variables[name] })
	if err != nil {
		return Reports{}, fmt.Errorf("read the settings of the function %s: %w; deploy the stack again", function, err)
	}
	objects := s3.NewFromConfig(s.config)
	return Reports{
		ReportIntake: read,
		Bucket:       s3bucket.Bucket{Client: objects, Name: read.ReportsBucket, Timeout: transferTimeout},
		Inbox:        s3bucket.Bucket{Client: objects, Name: read.InboxBucket, Timeout: transferTimeout},
	}, nil
}

// Package stack opens a deployed stack by its name, with the rights of whoever
// asks: the tables of policies, the function that looks after all domains, and the
// buckets of reports.
package stack

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/lambda/types"
	"github.com/aws/smithy-go/logging"

	"sealpost/internal/aws/awsconfig"
	"sealpost/internal/aws/dynamostore"
)

// Region is where every stack is: the certificate of a CloudFront distribution
// must be there
// (https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/cnames-and-https-requirements.html).
const Region = "us-east-1"

// Stack is what a deployed stack holds of publication, and the way to the rest.
type Stack struct {
	Items dynamostore.Items
	State dynamostore.State

	config  aws.Config
	lambda  *lambda.Client
	walk    string // The name of the function.
	outputs map[string]string
}

const (
	callTimeout        = 20 * time.Second
	credentialsTimeout = 15 * time.Second // Some are asked for over the network.
)

// The outputs of a stack that say where its parts are.
const (
	policiesOutput = "PoliciesTable"
	stateOutput    = "PolicyStateTable"
	walkOutput     = "WalkFunction"
)

// Open finds a stack with the credentials that the environment has, as for every
// program of AWS. It takes the right cloudformation:DescribeStacks.
func Open(ctx context.Context, name string) (Stack, error) {
	if err := CheckName(name); err != nil {
		return Stack{}, err
	}
	loaded, err := awsconfig.Load(ctx, awsconfig.Patience{Attempts: 3, Connect: 5 * time.Second, Answer: 10 * time.Second}, config.WithRegion(Region),
		config.WithLogger(logging.Nop{})) // What it would warn of is no concern of people at a terminal.
	if err != nil {
		return Stack{}, Explain(err)
	}
	if err := haveCredentials(ctx, loaded.Credentials); err != nil {
		return Stack{}, err
	}
	outputs, err := outputsOf(ctx, cloudformation.NewFromConfig(loaded), name)
	if err != nil {
		return Stack{}, err
	}
	for _, output := range []string{policiesOutput, stateOutput, walkOutput} {
		if outputs[output] == "" {
			return Stack{}, fmt.Errorf("the stack %s has no output %s: it is no stack of Sealpost, or one of an older version; deploy it again", name, output)
		}
	}
	tables := dynamodb.NewFromConfig(loaded)
	return Stack{
		Items: dynamostore.Items{Client: tables, Table: outputs[policiesOutput], Timeout: callTimeout},
		State: dynamostore.State{Client: tables, Table: outputs[stateOutput], Timeout: callTimeout},

		config:  loaded,
		lambda:  lambda.NewFromConfig(loaded),
		walk:    outputs[walkOutput],
		outputs: outputs,
	}, nil
}

// names are those that CloudFormation lets a stack have, and its ARN
// (https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_DescribeStacks.html).
var names = regexp.MustCompile(`^([a-zA-Z][-a-zA-Z0-9]{0,127}|arn:[-a-zA-Z0-9:/._+]+)$`)

// CheckName refuses what can be the name of no stack.
func CheckName(name string) error {
	if !names.MatchString(name) {
		return fmt.Errorf("%.140q cannot be the name of a stack: it begins with a letter, and has letters, digits and hyphens", name)
	}
	return nil
}

func haveCredentials(ctx context.Context, provider aws.CredentialsProvider) error {
	ctx, cancel := context.WithTimeout(ctx, credentialsTimeout)
	defer cancel()
	if _, err := provider.Retrieve(ctx); err != nil {
		return fmt.Errorf("there are no credentials for AWS: log in, or set AWS_PROFILE, as for the aws command (%w)", err)
	}
	return nil
}

func outputsOf(ctx context.Context, client *cloudformation.Client, name string) (map[string]string, error) {
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	described, err := client.DescribeStacks(ctx, &cloudformation.DescribeStacksInput{StackName: &name})
	if isMissing(err) {
		return nil, fmt.Errorf("there is no stack %s in this account in %s; name another with -stack, or another account by AWS_PROFILE", name, Region)
	}
	if err != nil {
		return nil, fmt.Errorf("read the outputs of the stack %s: %w", name, Explain(err))
	}
	outputs := make(map[string]string)
	for _, stack := range described.Stacks {
		for _, output := range stack.Outputs {
			outputs[aws.ToString(output.OutputKey)] = aws.ToString(output.OutputValue)
		}
	}
	return outputs, nil
}

// Walk has all domains looked after now, as it is done every hour. It does not
// wait for that. It takes the right lambda:InvokeFunction.
func (s Stack) Walk(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	answer, err := s.lambda.Invoke(ctx, &lambda.InvokeInput{
		FunctionName:   &s.walk,
		InvocationType: types.InvocationTypeEvent,
		Payload:        []byte(`{"walk": true}`),
	})
	if err == nil && answer.FunctionError != nil {
		err = errors.New(*answer.FunctionError)
	}
	if err != nil {
		return fmt.Errorf("call the function %s: %w", s.walk, err)
	}
	return nil
}

package main

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
	"github.com/aws/smithy-go"
)

// stack is where the parts of a deployed stack are.
type stack struct {
	policiesTable, stateTable, reportsBucket     string // Its outputs tell.
	edgeBucket                                   string
	reportsAddress, mails, failedMails           string // Empty if the stack takes in no reports by mail.
	policyFunction, intakeFunction, digestMailer string // The last is empty if the stack mails no digest.
	workgroup, database, compactor               string // Empty if reports are not queried, or not compacted.
}

func findStack(ctx context.Context, client *cloudformation.Client, name string) (stack, error) {
	outputs, err := outputsOf(ctx, client, name)
	if err != nil {
		return stack{}, err
	}
	resources, err := resourcesOf(ctx, client, name)
	if err != nil {
		return stack{}, err
	}
	s := stack{
		policiesTable:  outputs["PoliciesTable"],
		stateTable:     outputs["PolicyStateTable"],
		reportsBucket:  outputs["ReportsBucket"],
		reportsAddress: outputs["ReportsAddress"],
		mails:          resources["AWS::SQS::Queue mails"],
		failedMails:    resources["AWS::SQS::Queue failedmails"],
		edgeBucket:     resources["AWS::S3::Bucket edge"],
		policyFunction: resources["AWS::Lambda::Function policy"],
		intakeFunction: resources["AWS::Lambda::Function reportintake"],
		digestMailer:   resources["AWS::Lambda::Function digest"],
		workgroup:      outputs["AthenaWorkgroup"],
		database:       outputs["AthenaDatabase"],
		compactor:      resources["AWS::Lambda::Function compact"],
	}
	for what, found := range map[string]string{
		"output PoliciesTable": s.policiesTable, "output PolicyStateTable": s.stateTable, "output ReportsBucket": s.reportsBucket,
		"bucket Edge": s.edgeBucket, "function Policy": s.policyFunction, "function ReportIntake": s.intakeFunction,
	} {
		if found == "" {
			return stack{}, fmt.Errorf("the stack %s has no %s", name, what)
		}
	}
	return s, nil
}

// absent fails if there is a stack, whatever its state. CloudFormation has no
// other error for one that it does not know.
func absent(ctx context.Context, client *cloudformation.Client, name string) error {
	_, err := client.DescribeStacks(ctx, &cloudformation.DescribeStacksInput{StackName: &name})
	var answer smithy.APIError
	switch {
	case err == nil:
		return fmt.Errorf("there is a stack %s already", name)
	case errors.As(err, &answer) && answer.ErrorCode() == "ValidationError":
		return nil
	default:
		return fmt.Errorf("look for the stack %s: %w", name, err)
	}
}

func outputsOf(ctx context.Context, client *cloudformation.Client, name string) (map[string]string, error) {
	described, err := client.DescribeStacks(ctx, &cloudformation.DescribeStacksInput{StackName: &name})
	if err != nil {
		return nil, fmt.Errorf("read the outputs of the stack %s: %w", name, err)
	}
	outputs := make(map[string]string)
	for _, stack := range described.Stacks {
		for _, output := range stack.Outputs {
			outputs[*output.OutputKey] = *output.OutputValue
		}
	}
	return outputs, nil
}

// uniquePart is what the CDK puts behind the id of a construct.
var uniquePart = regexp.MustCompile(`[0-9A-F]{8}$`)

// resourcesOf gives names of resources by their type and the id that they have
// in the source, in lower case.
func resourcesOf(ctx context.Context, client *cloudformation.Client, name string) (map[string]string, error) {
	resources := make(map[string]string)
	pages := cloudformation.NewListStackResourcesPaginator(client, &cloudformation.ListStackResourcesInput{StackName: &name})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, fmt.Errorf("list the resources of the stack %s: %w", name, err)
		}
		for _, r := range page.StackResourceSummaries {
			if r.PhysicalResourceId != nil {
				resources[*r.ResourceType+" "+strings.ToLower(uniquePart.ReplaceAllString(*r.LogicalResourceId, ""))] = *r.PhysicalResourceId
			}
		}
	}
	return resources, nil
}

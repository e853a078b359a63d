package main

import (
	"testing"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/assertions"
	"github.com/aws/aws-cdk-go/awscdk/v2/awss3"
	"github.com/aws/jsii-runtime-go"
	"github.com/cdklabs/cdk-nag-go/cdknag/v2"
)

// TestGoodPractice holds the stacks to the rules of cdk-nag. Where one is not
// followed, the code says why.
func TestGoodPractice(t *testing.T) {
	for name, text := range matrix {
		t.Run(name, func(t *testing.T) {
			config := mustParse(t, text)
			stack := newStack(newApp(), config, stubs(t, config))
			for _, finding := range findings(stack) {
				t.Error(finding)
			}
		})
	}
}

// TestBadPracticeIsFound: what the rules find is seen.
func TestBadPracticeIsFound(t *testing.T) {
	stack := awscdk.NewStack(newApp(), jsii.String("Bad"), nil)
	awss3.NewBucket(stack, jsii.String("Careless"), nil)
	if found := findings(stack); len(found) == 0 {
		t.Error("nothing was found")
	}
}

func findings(stack awscdk.Stack) []string {
	awscdk.Aspects_Of(stack).Add(cdknag.NewAwsSolutionsChecks(&cdknag.NagPackProps{Verbose: jsii.Bool(true)}), nil)
	annotations := assertions.Annotations_FromStack(stack)
	everywhere, rules := jsii.String("*"), assertions.Match_StringLikeRegexp(jsii.String("AwsSolutions-.*"))
	var found []string
	for _, message := range append(*annotations.FindError(everywhere, rules), *annotations.FindWarning(everywhere, rules)...) {
		//lint:ignore SA1019 assertions gives what it found in no other type.
		found = append(found, *message.Id+": "+message.Entry.Data.(string))
	}
	return found
}

// Command infra describes Sealpost's stack on AWS. The CDK runs it, as
// cdk.json says: it reads the configuration, builds the functions and writes
// the CloudFormation template.
package main

import (
	"context"
	"fmt"
	"os"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/jsii-runtime-go"
)

func main() {
	if err := run(context.Background()); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(ctx context.Context) error {
	// Before the CDK's own code is started, which takes its time.
	config, from, err := findConfig(".", os.Getenv("CDK_CONTEXT_JSON"))
	if err != nil {
		return err
	}
	fmt.Fprintln(os.Stderr, "The configuration is that of "+from+".")
	folder, err := os.MkdirTemp("", "sealpost-functions-")
	if err != nil {
		return fmt.Errorf("make a folder for the functions: %w", err)
	}
	defer os.RemoveAll(folder) // The CDK has copied them by then.
	if err := build(ctx, ".", folder, config.functions()...); err != nil {
		return err
	}
	if err := equip(folder, config); err != nil {
		return err
	}
	defer jsii.Close()
	app := awscdk.NewApp(nil)
	newStack(app, config, folder)
	app.Synth(nil)
	return nil
}

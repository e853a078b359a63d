//go:build !race

package main

import "github.com/aws/jsii-runtime-go"

func closeRuntime() { jsii.Close() }

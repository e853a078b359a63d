//go:build race

package main

// closeRuntime leaves it to the process to end with this one: jsii.Close has a
// race of its own, which the race detector would find.
func closeRuntime() {}

package settings

import (
	"runtime/debug"
	"strconv"
)

// LimitMemory has a function's garbage collected in time to stay within seven
// eighths of the memory that Lambda gives it, unless GOMEMLIMIT says otherwise. Lambda
// ends a function that takes more, and nobody learns which report it was.
func LimitMemory(environment func(string) string) {
	megabytes, err := strconv.ParseInt(environment("AWS_LAMBDA_FUNCTION_MEMORY_SIZE"), 10, 64)
	if err == nil && megabytes > 0 && environment("GOMEMLIMIT") == "" {
		debug.SetMemoryLimit(megabytes << 20 / 8 * 7)
	}
}

package settings

import (
	"runtime/debug"
	"strconv"
)

// LimitMemory sets the memory limit of the garbage collector to seven eighths of what
// Lambda gives the function, unless GOMEMLIMIT is set. Lambda ends a function that
// takes more, and no log line names the report that it was.
func LimitMemory(environment func(string) string) {
	megabytes, err := strconv.ParseInt(environment("AWS_LAMBDA_FUNCTION_MEMORY_SIZE"), 10, 64)
	if err == nil && megabytes > 0 && environment("GOMEMLIMIT") == "" {
		debug.SetMemoryLimit(megabytes << 20 / 8 * 7)
	}
}

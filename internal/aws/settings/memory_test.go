package settings_test

import (
	"runtime/debug"
	"testing"

	"sealpost/internal/aws/settings"
)

func TestLimitMemory(t *testing.T) {
	defer debug.SetMemoryLimit(debug.SetMemoryLimit(-1))
	const before = 1 << 40
	for _, test := range []struct {
		lambda, golang string
		want           int64
	}{
		{"512", "", 448 << 20},
		{"512", "100MiB", before},
		{"", "", before},
		{"much", "", before},
		{"-1", "", before},
	} {
		debug.SetMemoryLimit(before)
		settings.LimitMemory(func(name string) string {
			return map[string]string{"AWS_LAMBDA_FUNCTION_MEMORY_SIZE": test.lambda, "GOMEMLIMIT": test.golang}[name]
		})
		if got := debug.SetMemoryLimit(-1); got != test.want {
			t.Errorf("%+v: got %d", test, got)
		}
	}
}

package digest_test

import (
	"testing"

	"sealpost/internal/digest"
	"sealpost/internal/tlsrpt"
)

func TestEveryResultTypeHasItsMeaning(t *testing.T) {
	seen := map[digest.Meaning]string{digest.MeaningOf("made-up"): "made-up", digest.MeaningOf(""): "no type"}
	for _, resultType := range tlsrpt.ResultTypes() {
		m := digest.MeaningOf(string(resultType))
		if other, taken := seen[m]; taken || m.What == "" || m.Do == "" {
			t.Errorf("%s means the same as %s: %v", resultType, other, m)
		}
		seen[m] = string(resultType)
	}
}

package querytest

import "testing"

// TestTrino holds to the corpus the engine that Athena is made of.
func TestTrino(t *testing.T) {
	trino := NewTrino(t)
	NewCorpus().Store(t, trino.Dir)
	Test(t, trino.Engine(t))
}

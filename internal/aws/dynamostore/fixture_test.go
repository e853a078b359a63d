package dynamostore_test

import (
	"testing"

	"sealpost/internal/aws/dynamostore/dynamotest"
	"sealpost/internal/aws/mototest"
)

// onEach runs a test on every program there is that behaves like DynamoDB.
// Dynalite always is, after npm ci.
func onEach(t *testing.T, test func(t *testing.T, endpoint string)) {
	t.Run("dynalite", func(t *testing.T) { test(t, dynamotest.Dynalite(t)) })
	t.Run("moto", func(t *testing.T) { test(t, mototest.NeedInTurn(t)) })
}

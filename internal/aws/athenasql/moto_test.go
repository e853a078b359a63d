package athenasql_test

import (
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/athena"
	"github.com/aws/aws-sdk-go-v2/service/athena/types"

	"sealpost/internal/aws/athenasql"
	"sealpost/internal/aws/mototest"
)

// TestOnMoto: somebody else's idea of Athena understands what is asked. It runs
// no SQL, and finds nothing.
func TestOnMoto(t *testing.T) {
	endpoint := mototest.Need(t)
	client := athena.New(athena.Options{
		BaseEndpoint: &endpoint,
		Region:       "us-east-1",
		Credentials:  credentials.NewStaticCredentialsProvider("test", "test", ""),
	})
	name := "athenasql-test"
	_, err := client.CreateWorkGroup(t.Context(), &athena.CreateWorkGroupInput{Name: &name, Configuration: &types.WorkGroupConfiguration{}})
	if err != nil {
		t.Fatal(err)
	}
	w := athenasql.Workgroup{Client: client, Name: name, Database: "reports", Now: time.Now, Timeout: time.Minute}
	if lines, err := written(w, t.Context(), statement); err != nil || len(lines) > 0 {
		t.Errorf("got %q, %v", lines, err)
	}
	if err := w.Run(t.Context(), statement.SQL, statement.Occasion); err != nil {
		t.Error(err)
	}
}

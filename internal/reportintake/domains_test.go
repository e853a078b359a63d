package reportintake_test

import (
	"fmt"
	"strings"
	"testing"

	"sealpost/internal/archive"
	"sealpost/internal/reportintake"
	"sealpost/internal/storetest"
)

func TestNotHostedNamesFewDomains(t *testing.T) {
	receipt, err := newIntake(new(storetest.Memory)).Receive(t.Context(), reportintake.Submission{
		Body: list(1000, func(i int) string { return onePolicy("sts", fmt.Sprintf("hill%05d.example", i)) }),
	})
	if err != nil || receipt.Status != reportintake.Quarantined || receipt.Reason != archive.ReasonNotHosted {
		t.Fatalf("got %+v, %v; want it quarantined", receipt, err)
	}
	const named = "but hill00000.example, hill00001.example, hill00002.example, hill00003.example, hill00004.example"
	if message := receipt.Problems[0].Message; !strings.HasSuffix(message, named) {
		t.Errorf("the problem is %q, want the first five domains named", message)
	}
}

func TestAnyDomain(t *testing.T) {
	intake := newIntakeFor(reportintake.Any{}, new(storetest.Memory))
	for _, body := range [][]byte{list(0, nil), list(1, func(int) string { return onePolicy("sts", "") })} {
		receipt, err := intake.Receive(t.Context(), reportintake.Submission{Body: body})
		if err != nil || receipt.Status != reportintake.Stored {
			t.Errorf("got %+v, %v; want it stored", receipt, err)
		}
	}
}

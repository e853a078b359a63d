package reportintake_test

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"sealpost/internal/reportintake"
	"sealpost/internal/storetest"
	"sealpost/internal/tlsrpt"
)

// asking counts what it is asked, and says yes to one domain.
type asking struct {
	asked []string
	ours  string
}

func (a *asking) Ours(_ context.Context, policyType tlsrpt.PolicyType, domain string) (bool, error) {
	a.asked = append(a.asked, fmt.Sprintf("%s %s", policyType, domain))
	return domain == a.ours, nil
}

func TestWhoseReport(t *testing.T) {
	hill, meadow, dane := onePolicy("sts", "hill.example"), onePolicy("sts", "meadow.example"), onePolicy("tlsa", "hill.example")
	for _, test := range []struct {
		name     string
		policies []string
		asked    string
		want     reportintake.Status
	}{
		{"one of ours", []string{meadow}, "sts meadow.example", reportintake.Stored},
		{"ours among others", []string{hill, meadow, dane}, "sts hill.example, sts meadow.example", reportintake.Stored},
		{"none of ours", []string{hill, hill, dane, hill}, "sts hill.example, tlsa hill.example", reportintake.Quarantined},
		{"no policies", nil, " ", reportintake.Quarantined},
	} {
		t.Run(test.name, func(t *testing.T) {
			domains := &asking{ours: "meadow.example"}
			intake := newIntake(new(storetest.Memory))
			intake.Domains = domains
			receipt, err := intake.Receive(t.Context(), reportintake.Submission{
				Body: list(len(test.policies), func(i int) string { return test.policies[i] }),
			})
			if err != nil || receipt.Status != test.want {
				t.Errorf("got %+v, %v; want it %s", receipt, err, test.want)
			}
			if got := strings.Join(domains.asked, ", "); got != test.asked {
				t.Errorf("asked %q, want %q", got, test.asked)
			}
		})
	}
}

func TestFewDomainsAreAsked(t *testing.T) {
	domains := &asking{ours: "hill00100.example"}
	intake := newIntake(new(storetest.Memory))
	intake.Domains = domains
	receipt, err := intake.Receive(t.Context(), reportintake.Submission{
		Body: list(1000, func(i int) string { return onePolicy("sts", fmt.Sprintf("hill%05d.example", i)) }),
	})
	if err != nil || receipt.Status != reportintake.Quarantined || len(domains.asked) != 100 {
		t.Errorf("got %+v, %v after asking %d times; want it quarantined after 100", receipt, err, len(domains.asked))
	}
	const named = "but hill00000.example, hill00001.example, hill00002.example, hill00003.example, hill00004.example"
	if message := receipt.Problems[0].Message; !strings.HasSuffix(message, named) {
		t.Errorf("the problem is %q, want the first five domains named", message)
	}
}

func TestAnyDomain(t *testing.T) {
	intake := newIntake(new(storetest.Memory))
	intake.Domains = reportintake.Any{}
	for _, body := range [][]byte{list(0, nil), list(1, func(int) string { return onePolicy("sts", "") })} {
		receipt, err := intake.Receive(t.Context(), reportintake.Submission{Body: body})
		if err != nil || receipt.Status != reportintake.Stored {
			t.Errorf("got %+v, %v; want it stored", receipt, err)
		}
	}
}

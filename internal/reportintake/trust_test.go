package reportintake_test

import (
	"strings"
	"testing"

	"sealpost/internal/archive"
	"sealpost/internal/dkim/dkimtest"
	"sealpost/internal/reportintake"
	"sealpost/internal/storetest"
)

// TestTrustInQuarantine: what a valid, aligned signature covers does not expire with
// what anyone can send, though it cannot be understood.
func TestTrustInQuarantine(t *testing.T) {
	l := exampleLetter(t)
	l.reports = [][]byte{[]byte(`{"organization-name": "no more than that"}`)}
	broken := l.String()
	for name, c := range map[string]struct {
		mail, prefix string
	}{
		"signed":     {dkimtest.Sign(t, broken, "northwind.example"), "quarantine/v1/trust=dkim/reason=invalid/"},
		"not signed": {broken, "quarantine/v1/trust=none/reason=invalid/"},
	} {
		bucket := new(storetest.Memory)
		m := reportintake.Mail{Raw: []byte(c.mail)}
		if name == "signed" {
			m.ReceivedAt = dkimtest.SignedAt(t, c.mail)
		}
		receipts, err := newMailIntake(bucket).ReceiveMail(t.Context(), m)
		if err != nil || len(receipts) != 1 || receipts[0].Reason != archive.ReasonInvalid || !strings.HasPrefix(receipts[0].Key, c.prefix) {
			t.Errorf("%s: %+v, %v; want it below %s", name, receipts, err, c.prefix)
		}
	}
}

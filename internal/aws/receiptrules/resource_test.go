package receiptrules_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/aws/aws-lambda-go/cfn"

	"sealpost/internal/aws/receiptrules"
)

const ours = "Sealpost"

var errDown = errors.New("SES does not answer")

// account is one with rule sets, of which one may be active.
type account struct {
	sets    []string
	active  string
	asked   int  // How often SES was asked.
	failing int  // Which time it fails; 0 for never.
	late    bool // It fails having done what it was asked.
}

func (a *account) Active(context.Context) (string, error) {
	if a.asked++; a.asked == a.failing {
		return "", errDown
	}
	return a.active, nil
}

func (a *account) Activate(_ context.Context, name string) error {
	a.asked++
	if a.asked == a.failing && !a.late {
		return errDown
	}
	if name != "" && !strings.Contains(" "+strings.Join(a.sets, " ")+" ", " "+name+" ") {
		return receiptrules.ErrNoSet
	}
	a.active = name
	if a.asked == a.failing {
		return errDown
	}
	return nil
}

func newAccount(active string) *account {
	return &account{sets: []string{ours, "inbound", "other"}, active: active}
}

// handle asks for one thing as CloudFormation does.
func handle(t *testing.T, a *account, request cfn.RequestType, id, takeOver string) (string, error) {
	t.Helper()
	id, _, err := receiptrules.Resource{Sets: a}.Handle(t.Context(), cfn.Event{
		RequestType:        request,
		PhysicalResourceID: id,
		ResourceProperties: map[string]any{receiptrules.RuleSet: ours, receiptrules.TakeOver: takeOver},
	})
	return id, err
}

func TestCreate(t *testing.T) {
	for _, test := range []struct {
		name, active, takeOver string
		id, after, err         string
	}{
		{name: "none is active", takeOver: "false", id: ours, after: ours},
		{name: "ours is, from the time before", active: ours, takeOver: "false", id: ours, after: ours},
		{name: "ours is, and might take over", active: ours, takeOver: "true", id: ours, after: ours},
		{name: "another is, and is given up", active: "inbound", takeOver: "true", id: "Sealpost after inbound", after: ours},
		{name: "another is", active: "inbound", takeOver: "false", id: ours, after: "inbound", err: `reports.mail.ruleSet "inbound"`},
		{name: "another is, and nothing was said", active: "inbound", id: ours, after: "inbound", err: "reports.mail.takeOver true"},
	} {
		t.Run(test.name, func(t *testing.T) {
			a := newAccount(test.active)
			id, err := handle(t, a, cfn.RequestCreate, "", test.takeOver)
			if id != test.id || a.active != test.after {
				t.Errorf("it is %q, and %q is active; want %q, %q", id, a.active, test.id, test.after)
			}
			if (err == nil) != (test.err == "") || err != nil && !strings.Contains(err.Error(), test.err) {
				t.Errorf("got %v; want %q", err, test.err)
			}
		})
	}
}

func TestUpdate(t *testing.T) {
	const id = "Sealpost after inbound"
	for _, test := range []struct {
		name, active, takeOver string
		after, err             string
	}{
		{name: "ours is active", active: ours, takeOver: "false", after: ours},
		{name: "somebody deactivated it", takeOver: "false", after: ours},
		{name: "somebody activated another", active: "other", takeOver: "false", after: "other", err: "the receipt rule set other is active"},
		{name: "somebody activated another, which is given up", active: "other", takeOver: "true", after: ours},
	} {
		t.Run(test.name, func(t *testing.T) {
			a := newAccount(test.active)
			got, err := handle(t, a, cfn.RequestUpdate, id, test.takeOver)
			if got != id { // CloudFormation would have the old one deleted.
				t.Errorf("the id changed to %q", got)
			}
			if a.active != test.after || (err == nil) != (test.err == "") || err != nil && !strings.Contains(err.Error(), test.err) {
				t.Errorf("%q is active, error %v; want %q, %q", a.active, err, test.after, test.err)
			}
		})
	}
}

func TestDelete(t *testing.T) {
	for _, test := range []struct{ name, active, id, after string }{
		{name: "nothing was active before", active: ours, id: ours, after: ""},
		{name: "another was active before", active: ours, id: "Sealpost after inbound", after: "inbound"},
		{name: "the one before is gone", active: ours, id: "Sealpost after gone", after: ""},
		{name: "somebody has activated another", active: "other", id: "Sealpost after inbound", after: "other"},
		{name: "somebody has deactivated it", active: "", id: "Sealpost after inbound", after: ""},
		{name: "it was refused", active: "inbound", id: ours, after: "inbound"},
		{name: "it was never made, and has an id of CloudFormation's", active: "inbound", id: "2026/11/25/[$LATEST]0123", after: "inbound"},
		{name: "the names are alike", active: ours, id: "Sealpost-2 after inbound", after: ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			a := newAccount(test.active)
			for range 2 { // It may be asked for again.
				if id, err := handle(t, a, cfn.RequestDelete, test.id, "true"); id != test.id || err != nil {
					t.Errorf("it is %q, %v; want %q", id, err, test.id)
				}
				if a.active != test.after {
					t.Errorf("%q is active; want %q", a.active, test.after)
				}
			}
		})
	}
}

// TestFailures: whatever fails when, the deployment that is taken back leaves
// the set that was active before.
func TestFailures(t *testing.T) {
	for _, before := range []string{"", "inbound"} {
		for failing := 1; failing <= 2; failing++ {
			for _, late := range []bool{false, true} {
				a := newAccount(before)
				a.failing, a.late = failing, late
				id, err := handle(t, a, cfn.RequestCreate, "", "true")
				if !errors.Is(err, errDown) {
					t.Errorf("%q: call %d fails, and the error is %v", before, failing, err)
				}
				if _, err := handle(t, a, cfn.RequestDelete, id, "true"); err != nil || a.active != before {
					t.Errorf("%q: call %d fails, late: %v; in the end %q is active, error %v", before, failing, late, a.active, err)
				}
			}
		}
	}
}

// TestGivingBackFails: then the stack stays, and it is asked for again.
func TestGivingBackFails(t *testing.T) {
	for failing := 1; failing <= 2; failing++ {
		a := newAccount(ours)
		a.failing = failing
		if _, err := handle(t, a, cfn.RequestDelete, "Sealpost after inbound", "true"); !errors.Is(err, errDown) || a.active != ours {
			t.Errorf("call %d fails: %v, and %q is active", failing, err, a.active)
		}
		if _, err := handle(t, a, cfn.RequestDelete, "Sealpost after inbound", "true"); err != nil || a.active != "inbound" {
			t.Errorf("the second time: %v, and %q is active", err, a.active)
		}
	}
}

func TestWhatIsNotUnderstood(t *testing.T) {
	a := newAccount("inbound")
	if _, err := handle(t, a, "Replace", "id", "true"); err == nil || a.active != "inbound" {
		t.Errorf("an unknown request: %v, and %q is active", err, a.active)
	}
	if _, _, err := (receiptrules.Resource{Sets: a}).Handle(t.Context(), cfn.Event{RequestType: cfn.RequestCreate}); err == nil || a.active != "inbound" {
		t.Errorf("no rule set: %v, and %q is active", err, a.active)
	}
}

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

// handle asks one of the two resources for one thing as CloudFormation does. Only
// the one that remembers is asked without what was before.
func handle(t *testing.T, a *account, request cfn.RequestType, id, takeOver string, before ...string) (string, error) {
	t.Helper()
	properties := map[string]any{receiptrules.RuleSet: ours, receiptrules.TakeOver: takeOver}
	if len(before) > 0 {
		properties[receiptrules.Before] = before[0]
	}
	id, _, err := receiptrules.Resource{Sets: a}.Handle(t.Context(), cfn.Event{RequestType: request, PhysicalResourceID: id, ResourceProperties: properties})
	return id, err
}

// TestRemember: which set was active before is known before anything is changed,
// and stays known.
func TestRemember(t *testing.T) {
	for active, want := range map[string]string{"": ours, ours: ours, "inbound": "Sealpost after inbound"} {
		a := newAccount(active)
		for range 2 { // It may be asked for again.
			if id, err := handle(t, a, cfn.RequestCreate, "", "false"); id != want || err != nil {
				t.Errorf("%q is active: it is %q, %v; want %q", active, id, err, want)
			}
		}
		for _, request := range []cfn.RequestType{cfn.RequestUpdate, cfn.RequestDelete} {
			if id, err := handle(t, a, request, "Sealpost after other", "true"); id != "Sealpost after other" || err != nil {
				t.Errorf("%s makes it %q, %v", request, id, err)
			}
		}
		if a.active != active {
			t.Errorf("%q is active; want %q", a.active, active)
		}
	}
}

func TestCreate(t *testing.T) {
	for _, test := range []struct {
		name, active, takeOver string
		after, err             string
	}{
		{name: "none is active", takeOver: "false", after: ours},
		{name: "ours is, from the time before", active: ours, takeOver: "false", after: ours},
		{name: "ours is, and might take over", active: ours, takeOver: "true", after: ours},
		{name: "another is, and is given up", active: "inbound", takeOver: "true", after: ours},
		{name: "another is", active: "inbound", takeOver: "false", after: "inbound", err: `reports.mail.ruleSet "inbound"`},
		{name: "another is, and nothing was said", active: "inbound", after: "inbound", err: "reports.mail.takeOver true"},
	} {
		t.Run(test.name, func(t *testing.T) {
			a := newAccount(test.active)
			id, err := handle(t, a, cfn.RequestCreate, "", test.takeOver, ours)
			if id != ours || a.active != test.after {
				t.Errorf("it is %q, and %q is active; want %q, %q", id, a.active, ours, test.after)
			}
			if (err == nil) != (test.err == "") || err != nil && !strings.Contains(err.Error(), test.err) {
				t.Errorf("got %v; want %q", err, test.err)
			}
		})
	}
}

func TestUpdate(t *testing.T) {
	const id = "an id"
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
			got, err := handle(t, a, cfn.RequestUpdate, id, test.takeOver, ours)
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
	for _, test := range []struct{ name, active, before, after string }{
		{name: "nothing was active before", active: ours, before: ours, after: ""},
		{name: "another was active before", active: ours, before: "Sealpost after inbound", after: "inbound"},
		{name: "the one before is gone", active: ours, before: "Sealpost after gone", after: ""},
		{name: "somebody has activated another", active: "other", before: "Sealpost after inbound", after: "other"},
		{name: "somebody has deactivated it", active: "", before: "Sealpost after inbound", after: ""},
		{name: "it was refused", active: "inbound", before: "Sealpost after inbound", after: "inbound"},
		{name: "the names are alike", active: ours, before: "Sealpost-2 after inbound", after: ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			a := newAccount(test.active)
			for _, id := range []string{ours, madeUp} { // It may be asked for again, and by an id of CloudFormation's.
				if got, err := handle(t, a, cfn.RequestDelete, id, "true", test.before); got != id || err != nil {
					t.Errorf("it is %q, %v; want %q", got, err, id)
				}
				if a.active != test.after {
					t.Errorf("%q is active; want %q", a.active, test.after)
				}
			}
		})
	}
}

// madeUp is the id by which CloudFormation has taken back what it never heard of
// the making of.
const madeUp = "stack-ActiveReceiptRules-0123"

// TestFailures: whatever fails when, whatever answer is lost, and however often
// it is asked for, the deployment that is taken back leaves the set that was active
// before.
func TestFailures(t *testing.T) {
	for _, before := range []string{"", "inbound"} {
		for failing := range 3 { // 0: the answer alone is lost.
			for _, late := range []bool{false, true} {
				for again := range 3 {
					a := newAccount(before)
					remembered, err := handle(t, a, cfn.RequestCreate, "", "true")
					if err != nil {
						t.Fatal(err)
					}
					a.asked, a.failing, a.late = 0, failing, late
					if _, err := handle(t, a, cfn.RequestCreate, "", "true", remembered); (failing > 0) != errors.Is(err, errDown) {
						t.Errorf("%q: call %d fails, and the error is %v", before, failing, err)
					}
					for range again {
						if _, err := handle(t, a, cfn.RequestCreate, "", "true", remembered); err != nil || a.active != ours {
							t.Errorf("asked again: %v, and %q is active", err, a.active)
						}
					}
					if _, err := handle(t, a, cfn.RequestDelete, madeUp, "true", remembered); err != nil || a.active != before {
						t.Errorf("%q: call %d fails, late: %v; asked %d times more; in the end %q is active, error %v", before, failing, late, again, a.active, err)
					}
				}
			}
		}
	}
}

func TestRememberingFails(t *testing.T) {
	a := newAccount("inbound")
	a.failing = 1
	if _, err := handle(t, a, cfn.RequestCreate, "", "true"); !errors.Is(err, errDown) {
		t.Errorf("got %v", err)
	}
}

// TestGivingBackFails: then the stack stays, and it is asked for again.
func TestGivingBackFails(t *testing.T) {
	for failing := 1; failing <= 2; failing++ {
		a := newAccount(ours)
		a.failing = failing
		if _, err := handle(t, a, cfn.RequestDelete, ours, "true", "Sealpost after inbound"); !errors.Is(err, errDown) || a.active != ours {
			t.Errorf("call %d fails: %v, and %q is active", failing, err, a.active)
		}
		if _, err := handle(t, a, cfn.RequestDelete, ours, "true", "Sealpost after inbound"); err != nil || a.active != "inbound" {
			t.Errorf("the second time: %v, and %q is active", err, a.active)
		}
	}
}

func TestWhatIsNotUnderstood(t *testing.T) {
	a := newAccount("inbound")
	if _, err := handle(t, a, "Replace", "id", "true", ours); err == nil || a.active != "inbound" {
		t.Errorf("an unknown request: %v, and %q is active", err, a.active)
	}
	if _, _, err := (receiptrules.Resource{Sets: a}).Handle(t.Context(), cfn.Event{RequestType: cfn.RequestCreate}); err == nil || a.active != "inbound" {
		t.Errorf("no rule set: %v, and %q is active", err, a.active)
	}
}

// Package receiptrules makes a set of receipt rules the one that Amazon SES goes
// by, which CloudFormation cannot. There is one in an account, for all mail that
// it receives: so what others have set up is left in place unless they agreed,
// and given back in the end.
package receiptrules

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/aws/aws-lambda-go/cfn"

	"sealpost/internal/aws/deadline"
)

// Sets are the receipt rule sets of an account, in one region.
type Sets interface {
	// Active gives the name of the set that is active; empty if none is.
	Active(ctx context.Context) (string, error)

	// Activate makes a set the active one, in place of any other. With an empty
	// name none is active any more, and no mail is received. The error is
	// [ErrNoSet] where there is no such set.
	Activate(ctx context.Context, name string) error
}

// ErrNoSet says that there is no such receipt rule set.
var ErrNoSet = errors.New("there is no such receipt rule set")

// Properties of the resources, beside their function. The stack writes them.
const (
	RuleSet  = "RuleSet"  // The name of the set to be active.
	TakeOver = "TakeOver" // "true" if it may take the place of somebody else's.
	Before   = "Before"   // The physical id of the resource that remembers, which has no such property itself.
)

// Resource is two custom resources of CloudFormation. The first remembers, in its
// physical id, which set was active before; the second is that our set is active,
// and gives back what the first remembers. So CloudFormation knows what to give back
// before anything is changed, whatever answer of this function is lost, and whatever
// is asked for again.
type Resource struct {
	Sets Sets
}

// Handle does what CloudFormation asks for. It may ask again, for whatever was
// done already. What fails is taken back by CloudFormation, and [Resource] does
// that without harm to a set that it did not activate.
func (r Resource) Handle(ctx context.Context, event cfn.Event) (physicalID string, _ map[string]any, err error) {
	ctx, cancel := deadline.Early(ctx)
	defer cancel()
	set, _ := event.ResourceProperties[RuleSet].(string)
	if set == "" {
		return event.PhysicalResourceID, nil, fmt.Errorf("the property %s is missing", RuleSet)
	}
	if before, acts := event.ResourceProperties[Before].(string); acts {
		physicalID, err = r.keepActive(ctx, event, set, beforeOf(set, before))
	} else {
		physicalID, err = r.remember(ctx, event, set)
	}
	return physicalID, nil, err
}

// remember changes nothing. Whatever is updated later, the id stays the same: what
// is given back is what was active at first.
func (r Resource) remember(ctx context.Context, event cfn.Event, set string) (physicalID string, err error) {
	if event.RequestType != cfn.RequestCreate {
		return event.PhysicalResourceID, nil
	}
	active, err := r.Sets.Active(ctx)
	if active == set { // It is no other's.
		active = ""
	}
	return idOf(set, active), err
}

// keepActive does what there is to do: our set is active from the time that it is
// made until it is deleted.
func (r Resource) keepActive(ctx context.Context, event cfn.Event, set, before string) (physicalID string, err error) {
	mayTakeOver := event.ResourceProperties[TakeOver] == "true"
	switch event.RequestType {
	case cfn.RequestCreate:
		return set, r.activate(ctx, set, mayTakeOver)
	case cfn.RequestUpdate:
		// With another id, CloudFormation would have what the old one stands for
		// taken back.
		return event.PhysicalResourceID, r.activate(ctx, set, mayTakeOver)
	case cfn.RequestDelete:
		return event.PhysicalResourceID, r.giveBack(ctx, set, before)
	default:
		return event.PhysicalResourceID, fmt.Errorf("the request type %q is unknown", event.RequestType)
	}
}

func (r Resource) activate(ctx context.Context, set string, mayTakeOver bool) error {
	active, err := r.Sets.Active(ctx)
	switch {
	case err != nil, active == set:
		return err
	case active != "" && !mayTakeOver:
		return foreign(active, set)
	default:
		return r.Sets.Activate(ctx, set)
	}
}

func foreign(active, set string) error {
	return fmt.Errorf("the receipt rule set %s is active in this account, Amazon SES goes by one only, and it was not made by this stack. "+
		"Configure one of two things: reports.mail.ruleSet %q, and the rule for reports is put into that set; "+
		"or reports.mail.takeOver true, and %s takes its place, so that nothing else that is in it happens to mail any more, until this stack is taken down", active, active, set)
}

// giveBack leaves everything as it is where somebody else has activated another
// set meanwhile.
func (r Resource) giveBack(ctx context.Context, set, before string) error {
	active, err := r.Sets.Active(ctx)
	if err != nil || active != set {
		return err
	}
	err = r.Sets.Activate(ctx, before)
	if errors.Is(err, ErrNoSet) { // Nobody has a use for it any more.
		err = r.Sets.Activate(ctx, "")
	}
	return err
}

// after stands between two names in a physical id. Names have no blanks.
const after = " after "

func idOf(set, before string) string {
	if before == "" {
		return set
	}
	return set + after + before
}

// beforeOf reads what idOf wrote.
func beforeOf(set, physicalID string) string {
	before, is := strings.CutPrefix(physicalID, set+after)
	if !is {
		return ""
	}
	return before
}

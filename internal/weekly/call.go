package weekly

import (
	"context"
	"errors"
	"fmt"

	"github.com/go-json-experiment/json"

	"sealpost/internal/digest"
)

// LastWeek asks for the digest of the last week that is over, whichever that is.
const LastWeek = "last"

// Call is what asks for a digest.
type Call struct {
	Week string `json:"week"` // LastWeek, or a week such as "2026-W47" that is over.
}

// Answer mails the digest that a call asks for, a Call as JSON, and says of which
// week it was. It does nothing for any other call: everybody would get a mail
// that nobody meant.
func (m Mail) Answer(ctx context.Context, call []byte) (digest.Week, error) {
	week, err := m.weekOf(call)
	if err != nil {
		return digest.Week{}, fmt.Errorf("no digest is mailed: %w", err)
	}
	return week, m.Send(ctx, week)
}

func (m Mail) weekOf(text []byte) (digest.Week, error) {
	var call Call
	if err := json.Unmarshal(text, &call, json.RejectUnknownMembers(true)); err != nil {
		return digest.Week{}, fmt.Errorf(`the call is not like {"week": "last"} or {"week": "2026-W47"}: %w`, err)
	}
	now := m.Digests.Now()
	switch call.Week {
	case "":
		return digest.Week{}, errors.New(`the call names no week, as {"week": "last"} or {"week": "2026-W47"} do`)
	case LastWeek:
		return digest.Last(now), nil
	}
	week, err := digest.ParseWeek(call.Week)
	if err == nil && week.End().After(now) {
		err = fmt.Errorf("week %s is not over", week)
	}
	return week, err
}

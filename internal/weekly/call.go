package weekly

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/go-json-experiment/json"

	"sealpost/internal/digest"
	"sealpost/internal/told"
)

// LastWeek asks for the digest of the last week that is over, the one that is
// due, and for that of the week before to each audience that missed it.
const LastWeek = "last"

// Call is what asks for digests.
type Call struct {
	Week     string `json:"week"`              // LastWeek, or a week such as "2026-W47" that is over.
	Audience string `json:"audience,omitzero"` // Its name; every audience if it is left out.
	Resend   bool   `json:"resend,omitzero"`   // Whether to mail what may have been mailed before. It takes an audience.
}

// Answer is what became of a call.
type Answer struct {
	Outcomes []told.Outcome `json:"outcomes"`
	Remark   string         `json:"remark,omitzero"` // What else whoever called had better know.
}

// Answer mails the digests that a call asks for, a Call as JSON, and says what
// became of each. It does nothing for any other call: everybody would get a mail
// that nobody meant. One audience whose digest cannot be mailed keeps none from
// the others; the error has all that went wrong.
func (m Mail) Answer(ctx context.Context, text []byte) (Answer, error) {
	call, week, audiences, err := m.read(text)
	if err != nil {
		return Answer{}, fmt.Errorf("no digest is mailed: %w", err)
	}
	r := run{mail: m, due: digest.Last(m.Digests.Now())}
	r.send(ctx, week, audiences, call.Resend)
	if call.Week == LastWeek && !call.Resend {
		// After the due week, which must not wait for an older one.
		r.sendMissed(ctx, week, audiences)
	}
	return r.answer, errors.Join(r.failed...)
}

// run collects what became of the digests of one call.
type run struct {
	mail   Mail
	due    digest.Week
	answer Answer
	failed []error
}

// send mails the digests of a week to some audiences.
func (r *run) send(ctx context.Context, week digest.Week, audiences []told.Audience, again bool) {
	gather := r.mail.gathering(ctx, week)
	for _, audience := range audiences {
		delivery, now, err := r.mail.send(ctx, week, audience, again, gather)
		outcome := told.Outcome{Week: week.String(), Due: week == r.due, Audience: audience.Name, Recipients: audience.Recipients, Now: now, Err: err}
		if delivery.State == told.StateSent {
			outcome.Sent, outcome.At, outcome.ReceiptID = true, delivery.Since, delivery.ReceiptID
		}
		r.answer.Outcomes = append(r.answer.Outcomes, outcome)
		r.failed = append(r.failed, err)
	}
}

// sendMissed mails the digests of the week before the due one to the audiences
// that missed it.
func (r *run) sendMissed(ctx context.Context, due digest.Week, audiences []told.Audience) {
	var missed []told.Audience
	for _, audience := range audiences {
		is, err := r.mail.isMissed(ctx, due, audience)
		if is {
			missed = append(missed, audience)
		}
		r.failed = append(r.failed, err)
	}
	r.send(ctx, due.Prev(), missed, false)
}

func (m Mail) read(text []byte) (call Call, week digest.Week, audiences []told.Audience, err error) {
	if err := json.Unmarshal(text, &call, json.RejectUnknownMembers(true)); err != nil {
		return Call{}, digest.Week{}, nil, fmt.Errorf(`the call is not like {"week": "last"} or {"week": "2026-W47"}: %w`, err)
	}
	if week, err = weekOf(call.Week, m.Digests.Now()); err != nil {
		return Call{}, digest.Week{}, nil, err
	}
	audiences = m.Audiences
	if call.Audience != "" {
		audiences = slices.DeleteFunc(slices.Clone(audiences), func(a told.Audience) bool { return a.Name != call.Audience })
	}
	switch {
	case len(audiences) == 0:
		return Call{}, digest.Week{}, nil, fmt.Errorf("there is no audience %.60q; there are %q", call.Audience, m.names())
	case call.Resend && call.Audience == "" && len(audiences) > 1:
		return Call{}, digest.Week{}, nil, fmt.Errorf("to send one again, name its audience, one of %q", m.names())
	}
	return call, week, audiences, nil
}

func (m Mail) names() []string {
	var names []string
	for _, audience := range m.Audiences {
		names = append(names, audience.Name)
	}
	return names
}

func weekOf(name string, now time.Time) (digest.Week, error) {
	switch name {
	case "":
		return digest.Week{}, errors.New(`the call names no week, as {"week": "last"} or {"week": "2026-W47"} do`)
	case LastWeek:
		return digest.Last(now), nil
	}
	week, err := digest.ParseWeek(name)
	if err == nil && week.End().After(now) {
		err = fmt.Errorf("week %s is not over", week)
	}
	return week, err
}

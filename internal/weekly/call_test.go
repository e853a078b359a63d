package weekly_test

import (
	"strings"
	"testing"
	"time"

	"sealpost/internal/told"
)

func TestAnswer(t *testing.T) {
	for call, want := range map[string]string{
		`{"week": "last"}`:                        "2026-W47",
		`{"week": "2026-W47"}`:                    "2026-W47",
		`{"week": "2026-W01"}`:                    "2026-W01",
		`{"week": "2026-W01", "audience": "all"}`: "2026-W01",
		`{"week": "2026-W01", "resend": true}`:    "2026-W01",
	} {
		w := newWorld(t)
		answer, err := w.mail.Answer(t.Context(), []byte(call))
		if err != nil || len(answer.Outcomes) != 1 || answer.Outcomes[0].Week != want || answer.Outcomes[0].Audience != "all" || !answer.Outcomes[0].At.Equal(tuesday) || answer.Outcomes[0].ReceiptID != "id 1" ||
			len(w.sent) != 1 || !strings.Contains(w.sent[0], want) {
			t.Errorf("%s: %+v, %v; sent %q; want %s", call, answer.Outcomes, err, w.sent, want)
		}
	}
}

// TestResendByCall: what was mailed is mailed again by order alone.
func TestResendByCall(t *testing.T) {
	w := newWorld(t)
	for _, step := range []struct {
		call string
		sent int
	}{
		{`{"week": "2026-W47"}`, 1},
		{`{"week": "2026-W47"}`, 1},
		{`{"week": "2026-W47", "audience": "all", "resend": false}`, 1},
		{`{"week": "2026-W47", "audience": "all", "resend": true}`, 2},
		{`{"week": "last", "resend": true}`, 3},
	} {
		answer, err := w.mail.Answer(t.Context(), []byte(step.call))
		if err != nil || len(w.sent) != step.sent || len(answer.Outcomes) != 1 || !answer.Outcomes[0].Sent {
			t.Errorf("%s: %+v, %v, sent %d mails; want %d", step.call, answer.Outcomes, err, len(w.sent), step.sent)
		}
	}
}

// TestWeekThatJustEnded: its digest can be mailed from that moment on.
func TestWeekThatJustEnded(t *testing.T) {
	for at, over := range map[time.Time]bool{week.End(): true, week.End().Add(-1): false} {
		w := newWorld(t)
		w.now = at
		if _, err := w.mail.Answer(t.Context(), []byte(`{"week": "2026-W47"}`)); (err == nil) != over {
			t.Errorf("at %s: %v; want it over: %v", at, err, over)
		}
	}
}

// TestInDoubt: the outcome says so, for the alarm.
func TestInDoubt(t *testing.T) {
	w := newWorld(t)
	w.FailNext(opSend, false)
	for i, doubt := range []bool{false, true} {
		answer, err := w.mail.Answer(t.Context(), []byte(`{"week": "last"}`))
		if err == nil || len(answer.Outcomes) != 1 || answer.Outcomes[0].InDoubt() != doubt || answer.Outcomes[0].Sent {
			t.Errorf("call %d: %+v, %v; want it in doubt: %v", i+1, answer.Outcomes, err, doubt)
		}
		w.now = w.now.AddDate(0, 0, 1)
	}
}

// TestOtherCalls: a call that was not meant so mails nobody anything.
func TestOtherCalls(t *testing.T) {
	for call, want := range map[string]string{
		``:                                   "not like",
		`{}`:                                 "names no week",
		`{"week": ""}`:                       "names no week",
		`{"week": null}`:                     "names no week",
		`{"weak": "2026-W47"}`:               "weak",
		`{"week": "last", "x": 1}`:           "x",
		`{"Records": []}`:                    "Records",
		`{"week": 47}`:                       "not like",
		`{"week": "never"}`:                  "never",
		`{"week": "2026-W54"}`:               "no such week",
		`{"week": "2026-W48"}`:               "week 2026-W48 is not over",
		`{"week": "2027-W01"}`:               "not over",
		`{"week": "Last"}`:                   "Last",
		`["last"]`:                           "not like",
		`{"week": "last"} {"week":1}`:        "not like",
		`{"week": "last", "audience": "al"}`: `there is no audience "al"; there are ["all" "hill"]`,
		`{"week": "last", "resend": true}`:   "name its audience",
	} {
		w := newWorld(t)
		w.mail.Audiences = append(w.mail.Audiences, told.Audience{Name: "hill", Recipients: []string{"a@hill.example"}})
		answer, err := w.mail.Answer(t.Context(), []byte(call))
		if err == nil || !strings.Contains(err.Error(), want) || len(answer.Outcomes) > 0 || len(w.sent) > 0 {
			t.Errorf("%s: %+v, %v, sent %q; want an error with %q", call, answer.Outcomes, err, w.sent, want)
		}
	}
}

package weekly_test

import (
	"strings"
	"testing"

	"sealpost/internal/digest"
)

func TestAnswer(t *testing.T) {
	for call, want := range map[string]string{
		`{"week": "last"}`:     "2026-W47",
		`{"week": "2026-W47"}`: "2026-W47",
		`{"week": "2026-W01"}`: "2026-W01",
	} {
		m, sent, _, _ := newMail(t)
		week, err := m.Answer(t.Context(), []byte(call))
		if err != nil || week.String() != want || len(sent.sent) != 1 || !strings.Contains(sent.sent[0], want) {
			t.Errorf("%s: week %s, %v; sent %q; want %s", call, week, err, sent.sent, want)
		}
	}
}

// TestOtherCalls: a call that was not meant so mails nobody anything.
func TestOtherCalls(t *testing.T) {
	for call, want := range map[string]string{
		``:                            "not like",
		`{}`:                          "names no week",
		`{"week": ""}`:                "names no week",
		`{"week": null}`:              "names no week",
		`{"weak": "2026-W47"}`:        "weak",
		`{"week": "last", "x": 1}`:    "x",
		`{"Records": []}`:             "Records",
		`{"week": 47}`:                "not like",
		`{"week": "never"}`:           "never",
		`{"week": "2026-W54"}`:        "no such week",
		`{"week": "2026-W48"}`:        "week 2026-W48 is not over",
		`{"week": "2027-W01"}`:        "not over",
		`{"week": "Last"}`:            "Last",
		`["last"]`:                    "not like",
		`{"week": "last"} {"week":1}`: "not like",
	} {
		m, sent, _, _ := newMail(t)
		week, err := m.Answer(t.Context(), []byte(call))
		if err == nil || !strings.Contains(err.Error(), want) || week != (digest.Week{}) || len(sent.sent) > 0 {
			t.Errorf("%s: week %s, %v, sent %q; want an error with %q", call, week, err, sent.sent, want)
		}
	}
}

package main

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

func TestWalkEndsAtTheFirstThatFails(t *testing.T) {
	var took []string
	take := func(name string, err error) step {
		return step{name, func(context.Context) error { took = append(took, name); return err }}
	}
	err := walk(t.Context(), []step{take("one", nil), take("two", errors.New("wrong")), take("three", nil)})
	if !slices.Equal(took, []string{"one", "two"}) || err == nil || !strings.Contains(err.Error(), "two: this is not so: wrong") {
		t.Errorf("took %q, error %v", took, err)
	}
}

func TestEventually(t *testing.T) {
	tests := map[string]struct {
		answers int // Until it is so.
		want    string
	}{
		"at once":        {1, ""},
		"after a while":  {5, ""},
		"never, in time": {1000, "after 1m0s: not yet"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				asked, begun := 0, time.Now()
				err := visit{wait: time.Minute}.eventually(t.Context(), func(ctx context.Context) error {
					if asked++; asked >= test.answers {
						return nil
					}
					if ctx.Err() != nil {
						return ctx.Err()
					}
					return errors.New("not yet")
				})
				if test.want == "" && err != nil || test.want != "" && (err == nil || err.Error() != test.want) {
					t.Errorf("error %v, want %q", err, test.want)
				}
				if took := time.Since(begun); took > time.Minute {
					t.Errorf("it took %s", took)
				}
			})
		})
	}
}

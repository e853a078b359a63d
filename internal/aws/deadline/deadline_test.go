package deadline_test

import (
	"context"
	"testing"
	"time"

	"sealpost/internal/aws/deadline"
)

func TestEarly(t *testing.T) {
	end := time.Date(2099, time.January, 1, 0, 0, 0, 0, time.UTC)
	call, cancel := context.WithDeadline(t.Context(), end)
	defer cancel()
	early, done := deadline.Early(call)
	defer done()
	if got, is := early.Deadline(); !is || !got.Equal(end.Add(-time.Second)) {
		t.Errorf("it ends %v, %v; want a second before %v", got, is, end)
	}
	cancel()
	if early.Err() == nil {
		t.Error("it goes on after the call")
	}
}

func TestWithoutDeadline(t *testing.T) {
	early, done := deadline.Early(context.Background())
	if _, is := early.Deadline(); is || early.Err() != nil {
		t.Errorf("it ends: %v, %v", is, early.Err())
	}
	done()
	if early.Err() == nil {
		t.Error("it does not end")
	}
}

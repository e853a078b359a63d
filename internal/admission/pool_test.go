package admission_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"sealpost/internal/admission"
)

func take(t *testing.T, p *admission.Pool, n int64) *admission.Charge {
	t.Helper()
	charge, err := p.Take(t.Context(), n)
	if err != nil {
		t.Fatal(err)
	}
	return charge
}

func TestWaitingIsBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		pool := admission.NewPool(10, 2, time.Minute)
		whole := take(t, pool, 11)
		if held := whole.Held(); held != 10 {
			t.Errorf("more than there is gives %d, want all 10", held)
		}
		begun := time.Now()
		ends := make(chan error)
		for range 2 {
			go func() {
				_, err := pool.Take(t.Context(), 1)
				ends <- err
			}()
		}
		synctest.Wait()
		if _, err := pool.Take(t.Context(), 1); !errors.Is(err, admission.ErrBusy) || time.Since(begun) != 0 {
			t.Errorf("the third to wait gets %v after %v, want ErrBusy at once", err, time.Since(begun))
		}
		for range 2 {
			if err := <-ends; !errors.Is(err, admission.ErrBusy) || time.Since(begun) != time.Minute {
				t.Errorf("%v after %v, want ErrBusy after a minute", err, time.Since(begun))
			}
		}
		whole.Release()
		whole.Release()
		take(t, pool, 10).Release()
	})
}

func TestCharges(t *testing.T) {
	pool := admission.NewPool(10, 0, time.Minute)
	first := take(t, pool, 6)
	if first.Grow(11) && first.Held() != 10 {
		t.Errorf("grew to %d", first.Held())
	}
	first.Shrink(4)
	second := take(t, pool, 6)
	if first.Grow(5) {
		t.Error("a charge grew beyond the pool")
	}
	second.Release()
	if !first.Grow(5) || first.Held() != 5 {
		t.Errorf("a charge did not grow, and is %d", first.Held())
	}
	var none *admission.Charge
	none.Release()
	if none.Held() != 0 {
		t.Error("the nil charge is not empty")
	}
}

func TestWhoGivesUp(t *testing.T) {
	pool := admission.NewPool(1, 1, time.Hour)
	defer take(t, pool, 1).Release()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := pool.Take(ctx, 1); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want context.Canceled", err)
	}
}

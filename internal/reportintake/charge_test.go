package reportintake_test

import (
	"runtime"
	"runtime/debug"
	"runtime/metrics"
	"slices"
	"testing"
	"time"

	"sealpost/internal/reportintake"
	"sealpost/internal/tlsrpt"
	"sealpost/internal/tlsrpt/tlsrpttest"
)

// charged are the bodies that come closest to what they are charged, by bytes, by values and by both.
var charged = []string{
	"long text", "escapes", "records within a record", "empty failures", "empty failures beside a long text",
	"addresses to rewrite", "every failure strange", "explained as far as it is", "explained to the last",
}

// TestCharge holds what is charged against the memory that is taken.
func TestCharge(t *testing.T) {
	const noise = 8 << 20 // Of the runtime and the test; a quarter besides waits to be collected.
	intake := newIntakeFor(hosted{"meadow.example"}, forgetful{})
	for _, name := range charged {
		text := worst[slices.IndexFunc(worst, func(w worstBody) bool { return w.name == name })].make(t)
		if testing.Short() && len(text) > 1<<20 {
			continue
		}
		body := tlsrpttest.Gzip(t, text)
		charged := reportintake.ChargedFor(len(text), tlsrpt.Values(text))
		text = nil
		taken := growth(func() {
			if _, err := intake.Receive(t.Context(), reportintake.Submission{Body: body}); err != nil {
				t.Error(err)
			}
		})
		t.Logf("%s: charged %d MiB, takes %d MiB", name, charged>>20, taken>>20)
		if taken > charged*5/4+noise {
			t.Errorf("%s: takes %d MiB, and is charged %d MiB", name, taken>>20, charged>>20)
		}
	}
}

// growth is by how much the heap is larger at most while do runs. With a collection after every few percent, that is
// what is in use.
func growth(do func()) int64 {
	defer debug.SetGCPercent(debug.SetGCPercent(10))
	runtime.GC()
	runtime.GC() // What lies in pools is gone after two.
	before := heapSize()
	most, stop, done := before, make(chan struct{}), make(chan struct{})
	go func() {
		defer close(done)
		often := time.NewTicker(time.Millisecond)
		defer often.Stop()
		for {
			select {
			case <-stop:
				return
			case <-often.C:
				most = max(most, heapSize())
			}
		}
	}()
	do()
	close(stop)
	<-done
	return most - before
}

func heapSize() int64 {
	sample := []metrics.Sample{{Name: "/memory/classes/heap/objects:bytes"}}
	metrics.Read(sample)
	return int64(sample[0].Value.Uint64())
}

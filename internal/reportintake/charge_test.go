package reportintake_test

import (
	"fmt"
	"runtime"
	"runtime/debug"
	"runtime/metrics"
	"slices"
	"strings"
	"testing"
	"time"

	"sealpost/internal/archive"
	"sealpost/internal/dkim/dkimtest"
	"sealpost/internal/message"
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

// TestChargeOfMails holds what mails are charged while they are read against the
// memory that is taken of what is kept of their headers.
func TestChargeOfMails(t *testing.T) {
	const noise = 8 << 20
	var tags strings.Builder
	for i := 0; tags.Len() < 125_000; i++ {
		fmt.Fprintf(&tags, "a%x=;", i)
	}
	intake := reportintake.New(archive.Archive{Bucket: forgetful{}}, hosted{"meadow.example"}, reportintake.Deaf{}, time.Now,
		reportintake.Resolver(dkimtest.Zone{}))
	for name, header := range map[string]string{
		"fields":               strings.Repeat("a:\n", 43_000),
		"as many fields as go": strings.Repeat("a:\n", message.MaxFields-5),
		"signed fields":        "DKIM-Signature: v=1; d=x.example; s=s; h=" + strings.Repeat(":", 125_000) + "\n",
		"tags":                 "DKIM-Signature: " + tags.String() + "\n",
		"tags of many fields":  strings.Repeat("DKIM-Signature: v=1; d=x.example; s=s; h=From:::::::::::::::::::::::\n", 900),
	} {
		part := "--b\nContent-Type: message/rfc822\n\nContent-Type: application/tlsrpt+json\nFrom: a@x.example\n" + header + "\n{}\n"
		mail := []byte("Content-Type: multipart/mixed; boundary=b\n\n" + strings.Repeat(part, tlsrpt.MaxAttachments) + "--b--\n")
		charged := reportintake.HeldOfMail * int64(len(mail))
		taken := growth(func() {
			if _, err := intake.ReceiveMail(t.Context(), reportintake.Mail{Raw: mail}); err != nil {
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

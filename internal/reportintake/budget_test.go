package reportintake_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/iotest"
	"testing/synctest"
	"time"

	"sealpost/internal/archive"
	"sealpost/internal/dkim/dkimtest"
	"sealpost/internal/reportintake"
	"sealpost/internal/storetest"
	"sealpost/internal/tlsrpt"
	"sealpost/internal/tlsrpt/tlsrpttest"
)

// slow is a bucket in which large objects wait until they may be stored.
type slow struct {
	*storetest.Memory
	waiting chan string
	goOn    chan struct{}
}

func (s slow) Create(ctx context.Context, key string, value []byte) (bool, error) {
	if len(value) > 4096 {
		s.waiting <- key
		<-s.goOn
	}
	return s.Memory.Create(ctx, key, value)
}

func hasty(bucket archive.Bucket) *reportintake.Intake {
	return reportintake.New(archive.Archive{Bucket: bucket}, hosted{"meadow.example"}, reportintake.Deaf{}, time.Now,
		reportintake.WithBudget(reportintake.NewBudget(0, time.Second)))
}

// TestSmallReportsDoNotWait: while large reports take all the memory there is for
// them, another large one is sent away, and small ones are taken.
func TestSmallReportsDoNotWait(t *testing.T) {
	bucket := slow{new(storetest.Memory), make(chan string), make(chan struct{})}
	handler := newHandler(hasty(bucket))
	large := tlsrpttest.Gzip(t, edited(t, `"failure-details": [`, `"failure-details": [`+strings.Repeat("{},", 249_000)))
	first := make(chan int)
	go func() {
		w := httptest.NewRecorder()
		handler.ServeHTTP(w, httptest.NewRequest(http.MethodPost, reportintake.Path, bytes.NewReader(large)))
		first <- w.Code
	}()
	<-bucket.waiting
	response, answer := post(t, handler, large)
	if response.StatusCode != http.StatusServiceUnavailable || response.Header.Get("Retry-After") == "" || answer.Status != reportintake.Refused {
		t.Errorf("a second large report: %s %+v", response.Status, answer)
	}
	for _, body := range [][]byte{example(t), tlsrpttest.Gzip(t, example(t))} {
		if response, answer := post(t, handler, body); response.StatusCode/100 != 2 {
			t.Errorf("a small report: %s %+v", response.Status, answer)
		}
	}
	close(bucket.goOn)
	if code := <-first; code != http.StatusCreated {
		t.Errorf("the first large report: %d", code)
	}
}

// TestHeldBodiesAreBounded holds as many bodies as there is memory for.
func TestHeldBodiesAreBounded(t *testing.T) {
	in := hasty(new(storetest.Memory))
	var held []reportintake.Received
	for {
		received, err := in.ReadBody(t.Context(), bytes.NewReader(make([]byte, reportintake.MaxBody)), reportintake.MaxBody)
		if errors.Is(err, reportintake.ErrBusy) {
			break
		}
		if err != nil || len(received.Bytes) != reportintake.MaxBody {
			t.Fatal(len(received.Bytes), err)
		}
		if held = append(held, received); len(held) > 100 {
			t.Fatal("there is no bound")
		}
	}
	if _, err := in.ReadBody(t.Context(), strings.NewReader("{}"), 2); err != nil {
		t.Errorf("a small body beside %d large ones: %v", len(held), err)
	}
	for _, received := range held {
		received.Release()
	}
	if received, err := in.ReadBody(t.Context(), bytes.NewReader(make([]byte, 1<<20)), -1); err != nil || len(received.Bytes) != 1<<20 {
		t.Errorf("after they are released: %d bytes, %v", len(received.Bytes), err)
	}
}

// TestEveryEndGivesBack: whatever becomes of a report, all that it was charged is
// free for the next.
func TestEveryEndGivesBack(t *testing.T) {
	text, spaces := string(example(t)), strings.Repeat(" ", 1<<20)
	zipped := tlsrpttest.Gzip(t, example(t))
	members := func(texts ...string) (body []byte) { // The last of them has the size that the body declares.
		for _, text := range texts {
			body = append(body, tlsrpttest.Gzip(t, []byte(text))...)
		}
		return body
	}
	const moreThanSmall, moreThanLarge = 17, 3 // That there is memory for at the same time.
	for name, test := range map[string]struct {
		body  []byte
		times int
		want  reportintake.Status // Of the first.
	}{
		"small":                                {example(t), moreThanSmall, reportintake.Stored},
		"damaged":                              {zipped[:len(zipped)-9], moreThanSmall, reportintake.Quarantined},
		"damaged, and large":                   {members(text+spaces, text)[:1500], moreThanSmall, reportintake.Quarantined},
		"of many values":                       {edited(t, `"failure-details": [`, `"failure-details": [`+strings.Repeat("{},", 8000)), moreThanSmall, reportintake.Stored},
		"larger than it declares":              {members(text+spaces, spaces[:200<<10]), moreThanLarge, reportintake.Stored},
		"larger than it declares, to be small": {members(text+spaces, " "), moreThanSmall, reportintake.Stored},
		"over the limit":                       {tlsrpttest.Gzip(t, bytes.Repeat([]byte(" "), tlsrpt.MaxSize+1)), moreThanLarge, reportintake.Refused},
	} {
		t.Run(name, func(t *testing.T) {
			in := hasty(new(storetest.Memory))
			for i := range test.times {
				receipt, err := in.Receive(t.Context(), reportintake.Submission{Body: test.body})
				if err != nil {
					t.Fatal(err)
				}
				if i == 0 && receipt.Status != test.want {
					t.Errorf("got %+v; want it %s", receipt, test.want)
				}
			}
			if receipt, err := in.Receive(t.Context(), reportintake.Submission{Body: example(t)}); err != nil || !receipt.Status.Counts() {
				t.Errorf("a small report after them: %+v, %v", receipt, err)
			}
		})
	}
}

// TestWaitingBodiesAreBounded: as many as may wait do so, and the next one is sent
// away at once.
func TestWaitingBodiesAreBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		in := reportintake.New(archive.Archive{Bucket: new(storetest.Memory)}, reportintake.Any{}, reportintake.Deaf{}, time.Now,
			reportintake.WithBudget(reportintake.NewBudget(1, time.Minute)))
		read := func() error {
			_, err := in.ReadBody(t.Context(), bytes.NewReader(make([]byte, reportintake.MaxBody)), reportintake.MaxBody)
			return err
		}
		for held := 0; ; held++ {
			if err := read(); errors.Is(err, reportintake.ErrBusy) {
				break
			} else if err != nil || held > 100 {
				t.Fatal(held, err)
			}
		}
		begun, waits := time.Now(), make(chan error)
		go func() { waits <- read() }()
		synctest.Wait()
		if err := read(); !errors.Is(err, reportintake.ErrBusy) || time.Since(begun) != 0 {
			t.Errorf("the second to wait: %v after %s; want it busy at once", err, time.Since(begun))
		}
		if err := <-waits; !errors.Is(err, reportintake.ErrBusy) || time.Since(begun) != time.Minute {
			t.Errorf("the first to wait: %v after %s; want it busy after a minute", err, time.Since(begun))
		}
	})
}

// TestNotNeededIsGivenBack: a report holds no more than it turned out to need while
// it is judged.
func TestNotNeededIsGivenBack(t *testing.T) {
	const reports = 3
	body := append(example(t), strings.Repeat(" ", 1<<20)...) // It could have so many values that one would take all memory.
	synctest.Test(t, func(t *testing.T) {
		g := &gate{pass: make(chan error)}
		intake := newIntakeFor(g, new(storetest.Memory))
		for range reports {
			go intake.Receive(t.Context(), reportintake.Submission{Body: body}) //nolint:errcheck // Any end will do.
		}
		synctest.Wait()
		if judged := g.waiting.Load(); judged != reports {
			t.Errorf("%d reports are judged at the same time; want %d", judged, reports)
		}
		for range reports {
			g.pass <- nil
		}
	})
}

// TestBrokenOffGivesBack: what comes only in part, or finds no room to grow, is not
// charged any more once it is released.
func TestBrokenOffGivesBack(t *testing.T) {
	gone := errors.New("the sender is gone")
	in := hasty(new(storetest.Memory))
	part := func() io.Reader {
		return io.MultiReader(bytes.NewReader(make([]byte, 100<<10)), iotest.ErrReader(gone))
	}
	for range 20 {
		received, err := in.ReadBody(t.Context(), part(), reportintake.MaxBody)
		if !errors.Is(err, gone) {
			t.Fatalf("a body: %v; want the error of its reader", err)
		}
		received.Release()
		request := httptest.NewRequest(http.MethodPost, reportintake.Path, part())
		request.ContentLength = reportintake.MaxBody
		if response, _ := send(t, newHandler(in), request); response.StatusCode != http.StatusBadRequest {
			t.Fatalf("a request: %s", response.Status)
		}
	}
	const most = 17 << 20
	large, err := in.ReadMail(t.Context(), bytes.NewReader(make([]byte, most)), most)
	if err != nil {
		t.Fatal(err)
	}
	defer large.Release()
	for range 3 {
		received, err := in.ReadMail(t.Context(), bytes.NewReader(make([]byte, 3<<20)), -1)
		if !errors.Is(err, reportintake.ErrBusy) || len(received.Bytes) < 1<<20 {
			t.Errorf("a mail that grows: %d bytes, %v; want it busy after a megabyte", len(received.Bytes), err)
		}
		received.Release()
	}
	if received, err := in.ReadMail(t.Context(), bytes.NewReader(make([]byte, 512<<10)), -1); err != nil {
		t.Errorf("a small mail after them: %d bytes, %v", len(received.Bytes), err)
	}
}

// TestMailsAreReadWhole, whatever size they declare.
func TestMailsAreReadWhole(t *testing.T) {
	for _, size := range []int{0, 1, 512, 64 << 10, 64<<10 + 1, 3 << 20, 10 << 20} {
		for _, declared := range []int64{-1, 1, int64(size), 5 << 20} {
			mail := bytes.Repeat([]byte("x"), size)
			received, err := hasty(new(storetest.Memory)).ReadMail(t.Context(), io.MultiReader(bytes.NewReader(mail)), declared)
			if err != nil || !bytes.Equal(received.Bytes, mail) {
				t.Errorf("%d bytes, declared as %d: %d bytes, %v", size, declared, len(received.Bytes), err)
			}
			received.Release()
		}
	}
}

// tardy is a resolver that answers when it is told to.
type tardy struct {
	asked  chan string
	answer chan struct{}
}

func (r tardy) TXT(_ context.Context, name string) ([]string, error) {
	r.asked <- name
	<-r.answer
	return nil, nil
}

// TestSlowNameServersHoldNothingUp: mails whose keys take long to look up are not
// charged meanwhile.
func TestSlowNameServersHoldNothingUp(t *testing.T) {
	const mails = 40
	resolver := tardy{make(chan string), make(chan struct{})}
	in := reportintake.New(archive.Archive{Bucket: new(storetest.Memory)}, hosted{"meadow.example"}, reportintake.Deaf{}, time.Now,
		reportintake.WithBudget(reportintake.NewBudget(mails, time.Minute)), reportintake.Resolver(resolver))
	signed := dkimtest.Sign(t, exampleLetter(t).String(), "northwind.example")
	errs := make(chan error)
	for range mails {
		go func() {
			_, err := in.ReceiveMail(t.Context(), reportintake.Mail{Raw: []byte(signed), ReceivedAt: dkimtest.SignedAt(t, signed)})
			errs <- err
		}()
	}
	for range mails {
		<-resolver.asked // All of them get as far as this.
	}
	if response, answer := post(t, newHandler(in), example(t)); response.StatusCode != http.StatusCreated {
		t.Errorf("a report beside them: %s %+v", response.Status, answer)
	}
	close(resolver.answer)
	for range mails {
		if err := <-errs; err != nil {
			t.Error(err)
		}
	}
}

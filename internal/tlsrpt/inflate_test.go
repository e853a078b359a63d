package tlsrpt_test

import (
	"bytes"
	"errors"
	"math/rand/v2"
	"runtime"
	"strings"
	"testing"

	"sealpost/internal/tlsrpt"
	"sealpost/internal/tlsrpt/tlsrpttest"
)

func TestInflate(t *testing.T) {
	text := []byte(example(t))
	half := len(text) / 2
	noise := rand.NewPCG(1, 2)
	random := make([]byte, 1<<20)
	for i := range random {
		random[i] = byte(noise.Uint64())
	}
	for _, test := range []struct {
		name       string
		body, want []byte
	}{
		{"plain", text, text},
		{"nothing", nil, nil},
		{"one byte of the magic", []byte{0x1f}, []byte{0x1f}},
		{"gzip", tlsrpttest.Gzip(t, text), text},
		{"gzip of nothing", tlsrpttest.Gzip(t, nil), nil},
		{"several members (RFC 1952, section 2.2)", append(tlsrpttest.Gzip(t, text[:half]), tlsrpttest.Gzip(t, text[half:])...), text},
		{"what does not shrink", tlsrpttest.Gzip(t, random), random},
		{"what shrinks much", bytes.Repeat(tlsrpttest.Gzip(t, bytes.Repeat([]byte(" "), 1<<20)), tlsrpt.MaxSize>>20), bytes.Repeat([]byte(" "), tlsrpt.MaxSize)},
		{"gzip within gzip is not undone", tlsrpttest.Gzip(t, tlsrpttest.Gzip(t, text)), tlsrpttest.Gzip(t, text)},
	} {
		t.Run(test.name, func(t *testing.T) {
			got, err := tlsrpt.Inflate(test.body)
			if err != nil || !bytes.Equal(got, test.want) {
				t.Errorf("got %d bytes, %v; want %d bytes", len(got), err, len(test.want))
			}
		})
	}
}

func TestInflateDamaged(t *testing.T) {
	whole := tlsrpttest.Gzip(t, []byte(example(t)))
	flipped := bytes.Clone(whole)
	flipped[len(flipped)-8] ^= 1 // In the checksum.
	for _, test := range []struct {
		name string
		body []byte
		want string
	}{
		{"magic only", []byte{0x1f, 0x8b}, "the gzip data ends too early, or something else follows it: the report was cut off or added to on its way"},
		{"no deflate", append([]byte{0x1f, 0x8b, 7}, make([]byte, 20)...), "the gzip data is damaged"},
		{"trailing garbage", append(bytes.Clone(whole), "\r\n--boundary--\r\n"...), "the gzip data is damaged"},
		{"a trailing byte", append(bytes.Clone(whole), 0), "the gzip data ends too early"},
		{"wrong checksum", flipped, "the gzip data is damaged"},
	} {
		t.Run(test.name, func(t *testing.T) {
			got, err := tlsrpt.Inflate(test.body)
			var invalid *tlsrpt.InvalidError
			if !errors.As(err, &invalid) || !strings.Contains(invalid.Error(), test.want) || got != nil {
				t.Errorf("got %d bytes, %v; want %q", len(got), err, test.want)
			}
		})
	}
}

func TestInflateCutOff(t *testing.T) {
	whole := tlsrpttest.Gzip(t, []byte(example(t)))
	for n := 2; n < len(whole); n++ {
		text, err := tlsrpt.Inflate(whole[:n])
		var invalid *tlsrpt.InvalidError
		if !errors.As(err, &invalid) || !strings.Contains(invalid.Error(), "cut off") || text != nil {
			t.Errorf("cut after %d of %d bytes: got %d bytes, %v", n, len(whole), len(text), err)
		}
	}
}

func TestInflateBomb(t *testing.T) {
	bomb := bytes.Repeat(tlsrpttest.Gzip(t, make([]byte, 4<<20)), 50)
	if len(bomb) > 1<<20 {
		t.Fatalf("the bomb has %d bytes", len(bomb))
	}
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	_, err := tlsrpt.Inflate(bomb)
	runtime.ReadMemStats(&after)
	var limit *tlsrpt.LimitError
	if !errors.As(err, &limit) {
		t.Errorf("got %v, want a LimitError", err)
	}
	if spent := after.TotalAlloc - before.TotalAlloc; spent > 80<<20 {
		t.Errorf("%d bytes of memory spent on %d", spent, len(bomb))
	}
}

func FuzzInflate(f *testing.F) {
	f.Add([]byte(example(f)), []byte(nil))
	f.Add([]byte("{}"), []byte("trailing"))
	f.Add([]byte{0x1f, 0x8b, 8, 0}, []byte{0x1f, 0x8b})
	f.Add(tlsrpttest.Report(1, 50), tlsrpttest.Gzip(f, []byte(" ")))
	f.Fuzz(func(t *testing.T, text, after []byte) {
		got, err := tlsrpt.Inflate(tlsrpttest.Gzip(t, text))
		if err != nil || !bytes.Equal(got, text) {
			t.Fatalf("%q went in, %q came out, %v", text, got, err)
		}
		got, err = tlsrpt.Inflate(append(tlsrpttest.Gzip(t, text), after...))
		if err == nil && !bytes.HasPrefix(got, text) {
			t.Fatalf("%q went in, followed by %q; %q came out", text, after, got)
		}
		if err == nil && len(after) > 0 && !tlsrpt.IsGzip(after) {
			t.Fatalf("%q after the end is not noticed", after)
		}
		if raw, err := tlsrpt.Inflate(after); err == nil && !tlsrpt.IsGzip(after) && !bytes.Equal(raw, after) {
			t.Fatalf("%q is not gzip, and became %q", after, raw)
		}
	})
}

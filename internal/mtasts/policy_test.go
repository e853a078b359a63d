package mtasts_test

import (
	"testing"

	"sealpost/internal/mtasts"
)

// sample is a policy in the shape of the example of RFC 8461, section 3.2.
var sample = mtasts.Policy{
	Mode:   mtasts.ModeEnforce,
	MX:     []string{"mx1.example.com", "*.example.net"},
	MaxAge: 1209600,
}

func TestRender(t *testing.T) {
	tests := []struct {
		name   string
		policy mtasts.Policy
		want   string
	}{
		{"enforce", sample,
			"version: STSv1\nmode: enforce\nmx: mx1.example.com\nmx: *.example.net\nmax_age: 1209600\n"},
		{"mx lines in mode none too", mtasts.Policy{Mode: mtasts.ModeNone, MX: []string{"mx.example.com"}, MaxAge: 86400},
			"version: STSv1\nmode: none\nmx: mx.example.com\nmax_age: 86400\n"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := string(tt.policy.Render()); got != tt.want {
				t.Errorf("got:\n%s\nwant:\n%s", got, tt.want)
			}
		})
	}
}

func TestID(t *testing.T) {
	// The first half of: printf '' | sha256sum
	if got, want := mtasts.ID(nil), "e3b0c44298fc1c149afbf4c8996fb924"; got != want {
		t.Errorf("ID of nothing = %q, want %q", got, want)
	}
	if _, err := mtasts.ParseRecord(mtasts.Record{ID: mtasts.ID(sample.Render())}.String()); err != nil {
		t.Errorf("an ID is no id of a record: %v", err)
	}
	joined := mtasts.Policy{MX: []string{"a.example", "b.example"}}
	split := mtasts.Policy{MX: []string{"a.example" + "b.example"}}
	if mtasts.ID(joined.Render()) == mtasts.ID(split.Render()) {
		t.Error("different lists of mx give the same ID")
	}
}

func BenchmarkRender(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		sample.Render()
	}
}

func TestIsMediaType(t *testing.T) {
	for contentType, want := range map[string]bool{
		"text/plain": true, "Text/Plain; charset=utf-8": true, "text/plain; charset": true, "text/plain;": true,
		"": false, ";": false, "text/html": false, "text/plain2": false, "application/octet-stream": false, "text/plain, text/html": false,
	} {
		if got := mtasts.IsMediaType(contentType); got != want {
			t.Errorf("%q: %t", contentType, got)
		}
	}
}

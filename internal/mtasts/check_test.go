package mtasts_test

import (
	"fmt"
	"reflect"
	"strings"
	"testing"

	"sealpost/internal/mtasts"
)

func hosts(n int, format string) []string {
	var mx []string
	for i := range n {
		mx = append(mx, fmt.Sprintf(format, i))
	}
	return mx
}

func TestCheck(t *testing.T) {
	long := strings.Repeat(strings.Repeat("a", 55)+".", 4)
	tests := []struct {
		name  string
		spoil func(p *mtasts.Policy)
		want  string // The problems, as "field: message", cut at the end.
	}{
		{"nothing wrong", func(p *mtasts.Policy) {}, ""},
		{"as many mx as may be", func(p *mtasts.Policy) { p.MX = hosts(50, "mx%d.example.com") }, ""},
		{"bounds of max_age", func(p *mtasts.Policy) { p.MaxAge = 86400 }, ""},
		{"bounds of max_age", func(p *mtasts.Policy) { p.MaxAge = 31557600 }, ""},
		{"no mode", func(p *mtasts.Policy) { p.Mode = "" }, `/mode: the mode is ""`},
		{"field smuggled into the mode", func(p *mtasts.Policy) { p.Mode = "none\nmx: evil.example" }, `/mode: the mode is "none\nmx: evil.example"`},
		{"no mx in mode none", func(p *mtasts.Policy) { p.Mode, p.MX = "none", nil }, "/mx: no mx is listed"},
		{"too many mx", func(p *mtasts.Policy) { p.MX = hosts(51, "mx%d.example.com") }, "/mx: 51 mx are listed"},
		{"longer than chasquid reads", func(p *mtasts.Policy) { p.MX = hosts(50, long+"mx%d.example") }, "/mx: the policy is 12"},
		{"field smuggled into an mx", func(p *mtasts.Policy) { p.MX[1] = "a.example\nmode: none" }, `/mx/1: "a.example\nmode: none" is not an MX pattern`},
		{"CR", func(p *mtasts.Policy) { p.MX[1] = "a.example\r" }, `/mx/1: "a.example\r" is not`},
		{"empty", func(p *mtasts.Policy) { p.MX[0] = "" }, `/mx/0: "" is not`},
		{"bare wildcard", func(p *mtasts.Policy) { p.MX[0] = "*" }, "/mx/0: * alone is no pattern"},
		{"wildcard of nothing", func(p *mtasts.Policy) { p.MX[0] = "*." }, `/mx/0: "*." is not`},
		{"wildcard inside", func(p *mtasts.Policy) { p.MX[0] = "mx.*.example.com" }, `/mx/0: "mx.*.example.com" is not`},
		{"IPv4 address", func(p *mtasts.Policy) { p.MX[0] = "192.0.2.1" }, `/mx/0: "192.0.2.1" is not an MX pattern: it ends like an IP`},
		{"IPv6 address", func(p *mtasts.Policy) { p.MX[0] = "2001:db8::1" }, `/mx/0: "2001:db8::1" is not`},
		{"trailing dot", func(p *mtasts.Policy) { p.MX[0] = "mx.example.com." }, `/mx/0: "mx.example.com." is not in its plain form: write "mx.example.com"`},
		{"upper case", func(p *mtasts.Policy) { p.MX[0] = "MX.example.com" }, `/mx/0: "MX.example.com" is not in its plain form`},
		{"U-label", func(p *mtasts.Policy) { p.MX[0] = "*.b\u00fccher.example" }, `/mx/0: "*.b` + "\u00fc" + `cher.example" is not in its plain form: write "*.xn--bcher-kva.example"`},
		{"wildcard on a top-level domain", func(p *mtasts.Policy) { p.MX[0] = "*.com" }, `/mx/0: "*.com" is not`},
		{"wildcard on a registry's suffix", func(p *mtasts.Policy) { p.MX[0] = "*.co.uk" }, `/mx/0: "*.co.uk" lets every host`},
		{"wildcard on a private suffix", func(p *mtasts.Policy) { p.MX[0] = "*.github.io" }, `/mx/0: "*.github.io" lets every host`},
		{"wildcard under a provider's domain", func(p *mtasts.Policy) { p.MX[0] = "*.mail.protection.outlook.com" }, ""},
		{"host that is a suffix", func(p *mtasts.Policy) { p.MX[0] = "co.uk" }, ""},
		{"listed twice", func(p *mtasts.Policy) { p.MX = append(p.MX, p.MX[0]) }, `/mx/2: "mx1.example.com" is listed at /mx/0 already`},
		{"max_age 0", func(p *mtasts.Policy) { p.MaxAge = 0 }, "/max_age: max_age is 0 seconds"},
		{"max_age short of a day", func(p *mtasts.Policy) { p.MaxAge = 86399 }, "/max_age: max_age is 86399"},
		{"max_age over the standard's", func(p *mtasts.Policy) { p.MaxAge = 31557601 }, "/max_age: max_age is 31557601"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			policy := mtasts.Policy{Mode: sample.Mode, MX: append([]string(nil), sample.MX...), MaxAge: sample.MaxAge}
			tt.spoil(&policy)
			problems := policy.Check()
			if tt.want == "" && problems == nil {
				return
			}
			if len(problems) != 1 {
				t.Fatalf("got %v, want one problem: %q", problems, tt.want)
			}
			got := problems[0].Field + ": " + problems[0].Message
			if tt.want == "" || !strings.HasPrefix(got, tt.want) {
				t.Errorf("got %s, want %s", got, tt.want)
			}
		})
	}
}

func TestCheckListsEveryProblem(t *testing.T) {
	policy := mtasts.Policy{Mode: "on", MX: []string{"*", "mx.example.com", "localhost"}, MaxAge: -1}
	var fields []string
	for _, problem := range policy.Check() {
		fields = append(fields, problem.Field)
	}
	if want := []string{"/mode", "/mx/0", "/mx/2", "/max_age"}; !reflect.DeepEqual(fields, want) {
		t.Errorf("got %v, want %v", fields, want)
	}
}

func TestNormalize(t *testing.T) {
	written := mtasts.Policy{Mode: "none", MX: []string{"MX.B\u00dcCHER.example.", "*.Example.com", "not a host"}, MaxAge: 1}
	want := mtasts.Policy{Mode: "none", MX: []string{"mx.xn--bcher-kva.example", "*.example.com", "not a host"}, MaxAge: 1}
	if got := written.Normalize(); !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v, want %+v", got, want)
	}
	if written.MX[1] != "*.Example.com" {
		t.Error("Normalize changed the policy it was given")
	}
}

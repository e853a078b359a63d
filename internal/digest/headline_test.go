package digest_test

import (
	"testing"

	"sealpost/internal/digest"
)

func TestHeadline(t *testing.T) {
	domain := func(name string, s digest.Standing) digest.Domain {
		return digest.Domain{PolicyDomain: name, Standing: s}
	}
	bad, odd := domain("bad.example", digest.Failing), domain("odd.example", digest.SaidToFail)
	silent, good := domain("silent.example", digest.NoReport), domain("good.example", digest.NoFailure)

	tests := []struct {
		domains []digest.Domain
		want    string
	}{
		{nil, "Nobody needs to act: there is no domain to report on."},
		{[]digest.Domain{good}, "Nobody needs to act: no failure was reported for good.example."},
		{[]digest.Domain{good, good}, "Nobody needs to act: no failure was reported for any of the 2 domains."},
		{[]digest.Domain{silent}, "Nothing is known about this week: no report came for silent.example."},
		{[]digest.Domain{silent, silent}, "Nothing is known about this week: no report came for any of the 2 domains."},
		{[]digest.Domain{silent, good}, "Nobody needs to act on a failure: none was reported, but 1 of 2 domains had no report."},
		{[]digest.Domain{odd, silent, good}, "Look at odd.example: reports say that TLS failed, though nothing vouches for who sent them."},
		{[]digest.Domain{bad, odd, good}, "Act on bad.example: senders report that TLS failed."},
		{[]digest.Domain{bad, bad, good}, "Act on 2 of 3 domains: senders report that TLS failed."},
		{[]digest.Domain{bad, bad}, "Act on all 2 domains: senders report that TLS failed."},
	}
	for _, test := range tests {
		if got := (digest.Digest{Domains: test.domains}).Headline(); got != test.want {
			t.Errorf("got  %s\nwant %s", got, test.want)
		}
	}
}

func TestSpan(t *testing.T) {
	for s, want := range map[string]string{
		"2026-W47": "16 to 22 November 2026",
		"2026-W49": "30 November to 6 December 2026",
		"2026-W53": "28 December 2026 to 3 January 2027",
	} {
		w, err := digest.ParseWeek(s)
		check(t, err)
		if got := (digest.Digest{Start: w.Start(), End: w.End()}).Span(); got != want {
			t.Errorf("%s: got %s, want %s", s, got, want)
		}
	}
}

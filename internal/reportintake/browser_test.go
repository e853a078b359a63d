package reportintake_test

import (
	"bytes"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"sealpost/internal/reportintake"
	"sealpost/internal/storetest"
)

// TestPagesOfOtherSites: what a browser sends for a page of another site is refused,
// unread and unstored. Reporters, and pages of the host itself, are served.
func TestPagesOfOtherSites(t *testing.T) {
	const host = "reports.example:8460"
	for _, test := range []struct {
		name   string
		header http.Header
		want   int
	}{
		{"a reporter", http.Header{"User-Agent": {"Google"}}, 201},
		{"curl's own media type", http.Header{"Content-Type": {"application/x-www-form-urlencoded"}}, 201},
		{"a page of the host", http.Header{"Sec-Fetch-Site": {"same-origin"}, "Origin": {"http://" + host}, "Referer": {"http://" + host + "/form"}}, 201},
		{"a page of the host, in other letters", http.Header{"Origin": {"http://Reports.Example:8460"}}, 201},
		{"a person", http.Header{"Sec-Fetch-Site": {"none"}}, 201},
		{"empty fields", http.Header{"Origin": {""}, "Referer": {""}}, 201},

		{"another site", http.Header{"Sec-Fetch-Site": {"cross-site"}, "Origin": {"https://attacker.example"}}, 403},
		{"another site, by Sec-Fetch-Site alone", http.Header{"Sec-Fetch-Site": {"cross-site"}}, 403},
		{"another host of the site", http.Header{"Sec-Fetch-Site": {"same-site"}}, 403},
		{"a value of Sec-Fetch-Site that is new", http.Header{"Sec-Fetch-Site": {"near-site"}}, 403},
		{"Sec-Fetch-Site twice", http.Header{"Sec-Fetch-Site": {"same-origin", "cross-site"}}, 403},
		{"Sec-Fetch-Site twice, in one field", http.Header{"Sec-Fetch-Site": {"same-origin, cross-site"}}, 403},
		{"Sec-Fetch-Site against Origin", http.Header{"Sec-Fetch-Site": {"none"}, "Origin": {"https://attacker.example"}}, 403},
		{"an older browser", http.Header{"Origin": {"https://attacker.example"}}, 403},
		{"another port", http.Header{"Origin": {"http://reports.example:8080"}}, 403},
		{"no port", http.Header{"Origin": {"http://reports.example"}}, 403},
		{"a longer name", http.Header{"Origin": {"http://reports.example:8460.attacker.example"}}, 403},
		{"the host as a user", http.Header{"Origin": {"http://reports.example:8460@attacker.example"}}, 403},
		{"Origin twice", http.Header{"Origin": {"http://" + host, "https://attacker.example"}}, 403},
		{"a sandbox", http.Header{"Origin": {"null"}}, 403},
		{"a form of an older browser", http.Header{"Origin": {"null"}, "Content-Type": {"text/plain"}}, 403},
		{"a file", http.Header{"Origin": {"file://"}}, 403},
		{"no URL", http.Header{"Origin": {"://"}}, 403},
		{"the oldest browsers", http.Header{"Referer": {"https://attacker.example/reports.example:8460"}, "Content-Type": {"text/plain"}}, 403},
	} {
		for _, method := range []string{http.MethodPost, http.MethodPut} {
			bucket := new(storetest.Memory)
			body := bytes.NewReader(example(t))
			request := httptest.NewRequest(method, reportintake.Path, body)
			request.Host, request.Header = host, test.header
			response, answer := send(t, newHandler(newIntake(bucket)), request)
			if response.StatusCode != test.want {
				t.Errorf("%s, %s: %s; want %d", test.name, method, response.Status, test.want)
			}
			if test.want != 403 {
				continue
			}
			wantNothing(t, bucket)
			if answer.Status != reportintake.Refused || len(answer.Problems) != 1 || !strings.Contains(answer.Problems[0].Message, "another site") {
				t.Errorf("%s: answered %+v", test.name, answer)
			}
			if body.Len() < len(example(t)) {
				t.Errorf("%s: %d bytes are left unread, of %d", test.name, body.Len(), len(example(t)))
			}
		}
	}
}

// TestPagesOfReboundNames: a site whose name leads to this machine now has pages that
// are of the host asked, which is not a host with pages.
func TestPagesOfReboundNames(t *testing.T) {
	for host, want := range map[string]int{"localhost:8460": 201, "attacker.example:8460": 403} {
		bucket := new(storetest.Memory)
		handler := &reportintake.Handler{
			Intake: newIntake(bucket), Log: slog.New(slog.DiscardHandler),
			IsAllowedOrigin: func(asked string) bool { return asked == "localhost:8460" },
		}
		request := httptest.NewRequest(http.MethodPost, reportintake.Path, bytes.NewReader(example(t)))
		request.Host = host
		request.Header.Set("Origin", "http://"+host)
		if response, _ := send(t, handler, request); response.StatusCode != want {
			t.Errorf("%s: %s; want %d", host, response.Status, want)
		}
		request = httptest.NewRequest(http.MethodPost, reportintake.Path, bytes.NewReader(example(t)))
		request.Host = host
		request.Header.Set("Sec-Fetch-Site", "same-origin")
		if response, _ := send(t, handler, request); (response.StatusCode == 403) != (want == 403) {
			t.Errorf("%s, by Sec-Fetch-Site alone: %s; want %d", host, response.Status, want)
		}
		request = httptest.NewRequest(http.MethodPost, reportintake.Path, bytes.NewReader(example(t)))
		request.Host = host
		if response, _ := send(t, handler, request); response.StatusCode >= 400 {
			t.Errorf("a reporter at %s: %s", host, response.Status)
		}
	}
}

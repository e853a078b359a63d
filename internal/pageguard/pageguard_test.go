package pageguard_test

import (
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"sealpost/internal/pageguard"
)

func TestIsLoopback(t *testing.T) {
	for _, host := range []string{
		"localhost", "localhost:8460", "LocalHost:1", "localhost.", "localhost.:8460", "localhost:", "sealpost.localhost", "a.b.localhost:8460",
		"127.0.0.1", "127.0.0.1:8460", "127.255.255.254", "127.1.2.3:80", "[::1]", "[::1]:8460", "[0:0:0:0:0:0:0:1]:1", "[::ffff:127.0.0.1]:1",
	} {
		if !pageguard.IsLoopback(host) {
			t.Errorf("%q is not taken for a loopback name", host)
		}
	}
	for _, host := range []string{
		"", ":", ":8460", ".", "attacker.example", "attacker.example:8460", "mta-sts.example.com", "localhost.attacker.example", "127.0.0.1.attacker.example",
		"localhost.localdomain", "notlocalhost", "xlocalhost:8460", ".localhost", "a..localhost", "attacker.example#.localhost", "attacker.example/.localhost",
		"a@localhost", "localhost:x", "localhost:80:80", "localhost..", " localhost", "localhost ", "localhost,attacker.example", "lоcalhost",
		"0.0.0.0:8460", "[::]:8460", "128.0.0.1", "126.255.255.255", "10.0.0.1", "192.168.1.5:8460", "[::2]", "[fe80::1]:8460", "[::1%lo]:8460",
		"::1", "::1:8460", "[::1", "::1]", "[127.0.0.1]", "[localhost]", "[::1]x", "[::1]:x", "127.1", "0177.0.0.1", "0x7f.0.0.1", "2130706433", "127.0.0.1.",
	} {
		if pageguard.IsLoopback(host) {
			t.Errorf("%q is taken for a loopback name", host)
		}
	}
}

// TestRequestLines: what names a host to HTTP counts, in every form of a request, and
// no field that a proxy adds.
func TestRequestLines(t *testing.T) {
	server := httptest.NewServer(pageguard.Loopback(http.NotFoundHandler()))
	t.Cleanup(server.Close)
	for request, want := range map[string]string{
		"GET /digest HTTP/1.1\r\nHost: localhost:1\r\n":                                                                  "404",
		"GET /digest HTTP/1.1\r\nHost: attacker.example\r\nX-Forwarded-Host: localhost\r\nForwarded: host=localhost\r\n": "421",
		"GET /digest HTTP/1.0\r\n":                                              "421",
		"GET /digest HTTP/1.0\r\nX-Forwarded-Host: localhost\r\n":               "421",
		"GET http://attacker.example/digest HTTP/1.1\r\nHost: localhost\r\n":    "421",
		"GET /digest HTTP/1.1\r\nHost: localhost\r\nHost: attacker.example\r\n": "400",
		"GET /digest HTTP/1.1\r\nHost: attacker.example@localhost\r\n":          "400",
		"GET /digest HTTP/1.1\r\n":                                              "400",
	} {
		connection, err := net.Dial("tcp", server.Listener.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		io.WriteString(connection, request+"Connection: close\r\n\r\n") //nolint:errcheck // The answer tells.
		answer, err := io.ReadAll(connection)
		connection.Close()
		if _, status, _ := strings.Cut(string(answer), " "); err != nil || !strings.HasPrefix(status, want) {
			t.Errorf("%q: %.100s, %v; want %s", request, answer, err, want)
		}
	}
}

// TestLoopback: whoever is refused gets nothing of the page, and every answer has the
// headers that keep it to itself.
func TestLoopback(t *testing.T) {
	guarded := pageguard.Loopback(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/missing" {
			http.Error(w, "nothing here", http.StatusNotFound)
			return
		}
		io.WriteString(w, "secret") //nolint:errcheck // To a recorder.
	}))
	for _, test := range []struct {
		host, path string
		code       int
		want       string
	}{
		{"localhost:8460", "/digest", 200, "secret"},
		{"localhost:8460", "/missing", 404, "nothing here"},
		{"attacker.example:8460", "/digest", 421, "http://localhost"},
		{"", "/digest", 421, "ssh -L"},
	} {
		request := httptest.NewRequest(http.MethodGet, test.path, nil)
		request.Host = test.host
		recorder := httptest.NewRecorder()
		guarded.ServeHTTP(recorder, request)
		body := recorder.Body.String()
		if recorder.Code != test.code || !strings.Contains(body, test.want) || test.code != 200 && strings.Contains(body, "secret") {
			t.Errorf("%q: %d %s; want %d and %q", test.host, recorder.Code, body, test.code, test.want)
		}
		for name, want := range map[string]string{
			"Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
			"X-Frame-Options":         "DENY", "X-Content-Type-Options": "nosniff", "Referrer-Policy": "no-referrer", "Cache-Control": "no-store",
			"Cross-Origin-Opener-Policy": "same-origin", "Cross-Origin-Resource-Policy": "same-origin",
		} {
			if got := recorder.Header().Get(name); got != want {
				t.Errorf("%q%s: %s is %q; want %q", test.host, test.path, name, got, want)
			}
		}
	}
}

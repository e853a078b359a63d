package assessment_test

import (
	"bufio"
	"bytes"
	"encoding/json"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"testing"

	"sealpost/internal/assessment"
	"sealpost/internal/internettest"
)

// clientName is that of the sender among those whose parsers are known.
const clientName = "postfix-mta-sts-resolver"

// milder are the cases that the client takes and we do not, each with the reason.
var milder = map[string]string{
	"record-id":                 "it takes any id, for which RFC 8461, section 3.1, has a grammar",
	"record-id-too-long":        "it takes any id",
	"record-empty-field":        "it passes empty fields over",
	"policy-one-address-of-two": "it goes on to the address that answers; others may not",
	"policy-differs":            "it sees the one only",
	"policy-mx-u-label":         "it takes any mx, and finds no match for this one",
	"policy-very-slow":          "the clock of this case is not its own",
	"policy-not-as-published":   "what is published cannot be seen from outside",
	"policy-id-behind":          "the same",
}

// notAsked are cases that the client is not asked about.
var notAsked = map[string]string{
	"parked":                                  "there is no policy to take",
	"policy-html-at-one-address":              "it gets the one or the other",
	"policy-timeout-at-one-address":           "the same",
	"policy-differs-and-the-first-is-refused": "the same",
	"policy-certificate-expired-just-now":     "the clock is the test's",
	"policy-certificate-not-yet-valid":        "the same",
	"policy-certificate-expiring":             "the same",
	"policy-certificate-six-days":             "the same",
	"policy-tls-old-groups":                   "its OpenSSL may be of either kind",
	"policy-host-silent":                      "it would wait for long",
	"record-silent":                           "the same",
}

// TestClient holds our word on records and policies against a client that senders
// run: what it refuses we explain, and what it takes we call good, or say that
// others are stricter.
func TestClient(t *testing.T) {
	root := internettest.NewAuthority(t, "Root")
	client := startClient(t, root)
	for _, c := range slices.Concat(goodCases(), recordCases(), policyHostCases(), policyCases(), certificateCases("policy")) {
		if notAsked[c.name] != "" {
			continue
		}
		t.Run(c.name, func(t *testing.T) {
			w := newWorldUnder(t, root)
			c.change(w)
			got := w.assess()
			takes := client.takes(t, w, got)
			reason, isMilder := milder[c.name]
			switch refused := refusedByClient(got); {
			case !takes && !refused && len(got.Unknown) == 0:
				t.Errorf("the client refuses what is called %s, with the problems %q", got.Verdict, codesOf(got))
			case takes && refused && !isMilder:
				t.Errorf("the client takes what is said to be refused: %q", codesOf(got))
			case isMilder && (!takes || !refused):
				t.Errorf("the client is not milder here, of which was said: %s", reason)
			}
		})
	}
}

// refusedByClient reports whether an assessment says that the client goes on
// without the policy.
func refusedByClient(a assessment.Assessment) bool {
	return slices.ContainsFunc(a.Problems, func(p assessment.Problem) bool {
		return p.Severity == assessment.CostsProtection && (p.RefusedBy == nil || slices.Contains(p.RefusedBy, clientName))
	})
}

// client is the program of testdata/client.py while it runs.
type client struct {
	questions *json.Encoder
	answers   *bufio.Scanner
}

// startClient starts it by the interpreter of Python that SEALPOST_MTASTS_CLIENT
// names, and which has postfix-mta-sts-resolver.
func startClient(t *testing.T, root *internettest.Authority) client {
	t.Helper()
	python := os.Getenv("SEALPOST_MTASTS_CLIENT")
	if python == "" && os.Getenv("CI") != "" {
		t.Fatal("SEALPOST_MTASTS_CLIENT names no Python with postfix-mta-sts-resolver, and CI must not skip this test")
	}
	if python == "" {
		t.Skip("SEALPOST_MTASTS_CLIENT names no Python with postfix-mta-sts-resolver")
	}
	roots := filepath.Join(t.TempDir(), "roots.pem")
	if err := os.WriteFile(roots, root.PEM(), 0o644); err != nil {
		t.Fatal(err)
	}
	command := exec.CommandContext(t.Context(), python, filepath.Join("testdata", "client.py"))
	command.Env = append(os.Environ(), "SSL_CERT_FILE="+roots, "SSL_CERT_DIR=/nonexistent")
	log := new(bytes.Buffer)
	command.Stderr = log
	in, err := command.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := command.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		in.Close()               //nolint:errcheck // It ends with its input.
		io.Copy(io.Discard, out) //nolint:errcheck // The same.
		if err := command.Wait(); err != nil && t.Context().Err() == nil {
			t.Errorf("the client: %v\n%s", err, log)
		}
	})
	return client{json.NewEncoder(in), bufio.NewScanner(out)}
}

// takes asks the client about a world that was looked at, in which its servers are.
func (c client) takes(t *testing.T, w *world, seen assessment.Assessment) bool {
	t.Helper()
	question := struct {
		Domain string           `json:"domain"`
		Port   int              `json:"port"`
		Hosts  map[string][]int `json:"hosts"`
	}{"example.com", portOf(t, w.nameServer), map[string][]int{}}
	host := seen.Seen.PolicyHost
	for _, address := range host.Addresses.List {
		server, is := w.internet.Server(net.JoinHostPort(address.String(), "443"))
		if !is {
			server = "127.0.0.1:1" // Nobody listens there.
		}
		question.Hosts[host.Name] = append(question.Hosts[host.Name], portOf(t, server))
	}
	if err := c.questions.Encode(question); err != nil {
		t.Fatal(err)
	}
	if !c.answers.Scan() {
		t.Fatal("the client has ended: ", c.answers.Err())
	}
	return c.answers.Text() == "VALID"
}

func portOf(t *testing.T, address string) int {
	t.Helper()
	_, text, err := net.SplitHostPort(address)
	if err != nil {
		t.Fatal(err)
	}
	port, err := strconv.Atoi(text)
	if err != nil {
		t.Fatal(err)
	}
	return port
}

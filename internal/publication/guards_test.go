package publication_test

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"sealpost/internal/publication"
	"sealpost/internal/trust"
)

var update = flag.Bool("update", false, "write the expected outcomes anew")

// TestGuards plays the stories in testdata/guards, a line for each step, and
// writes below each edit what became of it. Steps are:
//
//	mx HOST...        the MX records are these; "." is a null MX
//	mx fails          the MX records cannot be read
//	after DAYS        so many days pass, or a duration such as 1h59m
//	report SIGNER...  a report of each comes, about the time up to now, that a domain signed
//	fails SIGNER...   the same, and it has failures
//	distrust DOMAINS  from now on these signers are distrusted
//	https-only        from now on reports come in by HTTPS only
//	edit MEMBERS      the item is that
//	delete            the item goes
func TestGuards(t *testing.T) {
	files, err := filepath.Glob("testdata/guards/*.txt")
	if err != nil || len(files) == 0 {
		t.Fatal("no stories", err)
	}
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) {
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			var got strings.Builder
			w := newOwn(t)
			for line := range strings.Lines(string(text)) {
				if line = strings.TrimSpace(line); line == "" || strings.HasPrefix(line, ">") {
					continue
				}
				got.WriteString(line + "\n" + w.play(line))
			}
			if *update {
				if err := os.WriteFile(file, []byte(got.String()), 0o644); err != nil {
					t.Fatal(err)
				}
			} else if got.String() != string(text) {
				t.Errorf("got:\n%s\nwant:\n%s", &got, text)
			}
		})
	}
}

// play does what a line says, and gives the outcome.
func (w *world) play(line string) string {
	step, rest, _ := strings.Cut(line, " ")
	switch step {
	case "#":
		return ""
	case "mx":
		w.resolves(strings.Fields(rest))
		return ""
	case "after":
		w.now = w.now.Add(daysOrDuration(w.t, rest))
		return ""
	case "report", "fails":
		for signer := range strings.FieldsSeq(rest) {
			w.report(signer, step == "fails")
		}
		return ""
	case "distrust":
		signers, err := trust.Parse(rest)
		if err != nil {
			w.t.Fatal(err)
		}
		w.publisher.Guards.Signers = signers
		return ""
	case "https-only":
		w.publisher.Guards.HTTPSOnly = true
		return ""
	case "edit":
		w.edit(domain, rest)
	case "delete":
		w.items.Remove(domain)
	case "walk":
	default:
		w.t.Fatalf("there is no step %q", step)
	}
	return w.outcome(w.bring(domain))
}

// report has a report arrive that a domain signed.
func (w *world) report(signer string, fails bool) {
	evidence := publication.SignerEvidence{Signer: signer, LastReport: w.now.UTC()}
	if fails {
		evidence.LastFailure = evidence.LastReport
	}
	if err := w.state.AddEvidence(w.t.Context(), domain, evidence); err != nil {
		w.t.Fatal(err)
	}
}

func (w *world) resolves(hosts []string) {
	w.dns.mxFails = nil
	switch {
	case len(hosts) == 1 && hosts[0] == "fails":
		w.dns.mxFails = errors.New("the name servers of own.example do not answer")
	case len(hosts) == 1 && hosts[0] == ".":
		w.dns.mx[domain] = []string{""}
	default:
		w.dns.mx[domain] = hosts
	}
}

func daysOrDuration(t *testing.T, text string) time.Duration {
	if days, err := strconv.Atoi(text); err == nil {
		return time.Duration(days) * 24 * time.Hour
	}
	d, err := time.ParseDuration(text)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func (w *world) outcome(status publication.Status) string {
	var text strings.Builder
	fmt.Fprintf(&text, "> %s", status.State)
	if served, is := w.served(domain); is {
		fmt.Fprintf(&text, ", served: %s %d", served.Mode, served.MaxAge)
	}
	if !status.ExposureUntil.IsZero() {
		fmt.Fprintf(&text, ", exposed until %s", status.ExposureUntil.Format(time.RFC3339))
	}
	text.WriteString("\n")
	for _, problem := range status.Problems {
		fmt.Fprintf(&text, ">   %s\n", problem)
	}
	return text.String()
}

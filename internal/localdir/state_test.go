package localdir_test

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/go-json-experiment/json"

	"sealpost/internal/localdir"
	"sealpost/internal/publication"
	"sealpost/internal/storetest"
)

func TestState(t *testing.T) {
	storetest.States(t, func(t *testing.T) storetest.State { return &localdir.State{Root: t.TempDir()} })
}

func TestHistory(t *testing.T) {
	storetest.Histories(t, func(t *testing.T) (publication.HistoryStore, func(string) []publication.Published) {
		state := &localdir.State{Root: t.TempDir()}
		return state, func(domain string) []publication.Published { return history(t, state, domain) }
	})
}

// history reads the files that people find, by name.
func history(t *testing.T, state *localdir.State, domain string) []publication.Published {
	t.Helper()
	names, err := filepath.Glob(filepath.Join(state.Root, "policy_state", domain, "HISTORY#*.json"))
	if err != nil {
		t.Fatal(err)
	}
	var kept []publication.Published
	for _, name := range names {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		var p publication.Published
		if err := json.Unmarshal(text, &p); err != nil {
			t.Fatal(err)
		}
		kept = append(kept, p)
	}
	return kept
}

// TestStateFiles: people look into these files.
func TestStateFiles(t *testing.T) {
	state := &localdir.State{Root: t.TempDir()}
	publish(t, state, publication.Published{Domain: "example.com", Body: "version: STSv1\n", PublishedAt: midnight, Sequence: "1"})
	publish(t, state, publication.Published{Domain: "example.net", Sequence: "1"})
	if latest, err := state.Withdraw(t.Context(), "example.net", "2"); err != nil || !latest {
		t.Fatal(latest, err)
	}
	status := publication.Status{Domain: "example.com", State: publication.StatePublished, UpdatedAt: midnight}
	if err := state.SetStatus(t.Context(), status); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{
		"example.com/PUBLISHED.json": `{
  "domain": "example.com",
  "body": "version: STSv1\n",
  "id": "",
  "mode": "",
  "mx": [],
  "max_age": 0,
  "published_at": "2026-11-17T00:00:00Z",
  "sequence": "1"
}
`,
		"example.net/PUBLISHED.json": `{
  "domain": "example.net",
  "withdrawn": true,
  "sequence": "2"
}
`,
		"example.com/STATUS.json": `{
  "domain": "example.com",
  "state": "PUBLISHED",
  "updated_at": "2026-11-17T00:00:00Z"
}
`,
	} {
		got, err := os.ReadFile(filepath.Join(state.Root, "policy_state", filepath.FromSlash(name)))
		if err != nil || string(got) != want {
			t.Errorf("%s: %v\n%s", name, err, got)
		}
	}
}

func TestDomains(t *testing.T) {
	state := &localdir.State{Root: t.TempDir()}
	wantDomains(t, state)
	publish(t, state, publication.Published{Domain: "b.example"})
	if err := state.SetStatus(t.Context(), publication.Status{Domain: "a.example"}); err != nil {
		t.Fatal(err)
	}
	writeState(t, state, "notes.txt", "no folder, no domain")
	wantDomains(t, state, "a.example", "b.example")
	if latest, err := state.Withdraw(t.Context(), "b.example", "1"); err != nil || !latest {
		t.Fatal(latest, err)
	}
	wantDomains(t, state, "a.example", "b.example") // Its status is still to be told.
	for domain := range state.Domains() {
		if domain != "a.example" {
			t.Errorf("%s came first", domain)
		}
		break
	}
}

// TestBrokenState: what can't be read is an error. It must not pass for a
// domain without a policy, nor be served.
func TestBrokenState(t *testing.T) {
	for name, text := range map[string]string{
		"empty":      "",
		"cut short":  `{"domain":"example.com","body":"version: STSv1\n`,
		"no object":  `[]`,
		"two values": `{"domain":"example.com"}{"domain":"example.com"}`,
		"name twice": `{"body":"one","body":"two"}`,
		"wrong type": `{"domain":1}`,
	} {
		t.Run(name, func(t *testing.T) {
			state := &localdir.State{Root: t.TempDir()}
			writeState(t, state, "example.com/PUBLISHED.json", text)
			writeState(t, state, "example.com/STATUS.json", text)
			wantBroken(t, state)
			if latest, err := state.Publish(t.Context(), publication.Published{Domain: "example.com", Sequence: "9"}); err != nil || !latest {
				t.Errorf("publish: %v, %v; want it mended", latest, err)
			}
			if _, is, err := state.Published(t.Context(), "example.com"); !is || err != nil {
				t.Errorf("published after that: %v, %v", is, err)
			}
		})
	}
	t.Run("a folder", func(t *testing.T) {
		state := &localdir.State{Root: t.TempDir()}
		writeState(t, state, "example.com/PUBLISHED.json/file", "")
		writeState(t, state, "example.com/STATUS.json/file", "")
		wantBroken(t, state)
	})
}

func wantBroken(t *testing.T, state *localdir.State) {
	t.Helper()
	if _, is, err := state.Published(t.Context(), "example.com"); is || err == nil {
		t.Errorf("published: %v, %v; want an error", is, err)
	}
	if _, is, err := state.Status(t.Context(), "example.com"); is || err == nil {
		t.Errorf("status: %v, %v; want an error", is, err)
	}
	came := 0
	var last error
	for _, err := range state.AllPublished(t.Context()) {
		came, last = came+1, err
	}
	if came != 1 || last == nil {
		t.Errorf("the directory gave %d, the last with %v; want one error", came, last)
	}
}

// TestReplacedWhole reads what is published while it is replaced by something
// longer and shorter: there is never a moment with neither, or half of one.
func TestReplacedWhole(t *testing.T) {
	state := &localdir.State{Root: t.TempDir()}
	bodies := []string{"short", strings.Repeat("long ", 1<<14)}
	publish(t, state, publication.Published{Domain: "example.com", Body: bodies[0]})
	stopped := make(chan struct{})
	var reader sync.WaitGroup
	reader.Go(func() {
		for {
			select {
			case <-stopped:
				return
			default:
			}
			if got, is, err := state.Published(t.Context(), "example.com"); err != nil || !is || !slices.Contains(bodies, got.Body) {
				t.Errorf("read %d bytes, %v, %v", len(got.Body), is, err)
			}
		}
	})
	for i := range 100 {
		publish(t, state, publication.Published{Domain: "example.com", Body: bodies[i%len(bodies)]})
	}
	close(stopped)
	reader.Wait()
}

func publish(t *testing.T, state *localdir.State, p publication.Published) {
	t.Helper()
	if latest, err := state.Publish(t.Context(), p); err != nil || !latest {
		t.Fatal(latest, err)
	}
}

// writeState writes a file as if by hand.
func writeState(t *testing.T, state *localdir.State, name, text string) {
	t.Helper()
	file := filepath.Join(state.Root, "policy_state", filepath.FromSlash(name))
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

func wantDomains(t *testing.T, state *localdir.State, want ...string) {
	t.Helper()
	var got []string
	for domain, err := range state.Domains() {
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, domain)
	}
	if fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("domains: %q; want %q", got, want)
	}
}

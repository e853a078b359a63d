package localdir_test

import (
	"context"
	"fmt"
	"iter"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"sealpost/internal/localdir"
	"sealpost/internal/publication"
	"sealpost/internal/storetest"
	"sealpost/internal/told"
)

func newState(t *testing.T) *localdir.State { return &localdir.State{Root: t.TempDir()} }

func TestState(t *testing.T) {
	storetest.States(t, func(t *testing.T) storetest.State { return newState(t) })
	storetest.Histories(t, func(t *testing.T) publication.HistoryStore { return newState(t) })
	storetest.Evidences(t, func(t *testing.T) publication.EvidenceStore { return newState(t) })
	storetest.Brakes(t, func(t *testing.T) publication.BrakeStore { return newState(t) })
	storetest.Deliveries(t, func(t *testing.T) told.DeliveryStore { return newState(t) })
	storetest.Days(t, func(t *testing.T) told.DayStore { return newState(t) })
}

// TestStateFiles: people look into these files.
func TestStateFiles(t *testing.T) {
	state := newState(t)
	served := publication.Published{Domain: "example.com", Body: "version: STSv1\n", PublishedAt: midnight, Revision: 1}
	publish(t, state, served)
	publish(t, state, publication.Published{Domain: "example.net", Revision: 1})
	withdraw(t, state, "example.net", 2)
	setStatus(t, state, publication.Status{Domain: "example.com", State: publication.StatePublished, Since: midnight, UpdatedAt: midnight, Revision: 1})
	if err := state.AddHistory(t.Context(), served, midnight); err != nil {
		t.Fatal(err)
	}
	if err := state.AddEvidence(t.Context(), "example.com", publication.SignerEvidence{Signer: "sender.example", LastReport: midnight}); err != nil {
		t.Fatal(err)
	}
	brake := publication.Brake{Changed: map[string]time.Time{"b.example": midnight, "a.example": midnight}, Hosted: 2, CountedAt: midnight, Revision: 1}
	if done, err := state.SetBrake(t.Context(), brake); err != nil || !done {
		t.Fatal(done, err)
	}
	published := `{
  "domain": "example.com",
  "body": "version: STSv1\n",
  "id": "",
  "mode": "",
  "mx": [],
  "max_age": 0,
  "published_at": "2026-11-17T00:00:00Z",
  "revision": 1
}
`
	for name, want := range map[string]string{
		"example.com/PUBLISHED.json":                          published,
		"example.com/HISTORY#20261117T000000.000000000Z.json": published,
		"example.net/PUBLISHED.json": `{
  "domain": "example.net",
  "withdrawn": true,
  "revision": 2
}
`,
		"example.com/STATUS.json": `{
  "domain": "example.com",
  "state": "PUBLISHED",
  "since": "2026-11-17T00:00:00Z",
  "updated_at": "2026-11-17T00:00:00Z",
  "revision": 1
}
`,
		"example.com/REPORTS.json": `{
  "domain": "example.com",
  "signers": [
    {
      "signer": "sender.example",
      "last_report": "2026-11-17T00:00:00Z"
    }
  ]
}
`,
		"BRAKE.json": `{
  "changed": {
    "a.example": "2026-11-17T00:00:00Z",
    "b.example": "2026-11-17T00:00:00Z"
  },
  "hosted": 2,
  "counted_at": "2026-11-17T00:00:00Z",
  "revision": 1
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
	state := newState(t)
	wantDomains(t, state)
	publish(t, state, publication.Published{Domain: "b.example", Revision: 1})
	setStatus(t, state, publication.Status{Domain: "a.example", Revision: 1})
	writeState(t, state, "notes.txt", "no folder, no domain")
	if done, err := state.SetBrake(t.Context(), publication.Brake{Revision: 1}); err != nil || !done {
		t.Fatal(done, err)
	}
	wantDomains(t, state, "a.example", "b.example")
	withdraw(t, state, "b.example", 2)
	wantDomains(t, state, "a.example", "b.example") // Its status is still to be told.
	for domain := range state.Domains() {
		if domain != "a.example" {
			t.Errorf("%s came first", domain)
		}
		break
	}
}

// TestBeforeRevisions: what was kept before there were any is followed by the
// first.
func TestBeforeRevisions(t *testing.T) {
	state := newState(t)
	writeState(t, state, "example.com/PUBLISHED.json", `{"domain":"example.com","body":"b","sequence":"7"}`)
	writeState(t, state, "example.net/PUBLISHED.json", `{"domain":"example.net","withdrawn":true,"sequence":"7"}`)
	writeState(t, state, "example.com/STATUS.json", `{"domain":"example.com","state":"PUBLISHED"}`)
	if got, is, err := state.Published(t.Context(), "example.com"); !is || err != nil || got.Body != "b" || got.Revision != 0 {
		t.Errorf("published: %+v, %v, %v", got, is, err)
	}
	if got, is, err := state.Published(t.Context(), "example.net"); is || err != nil || got.Revision != 0 {
		t.Errorf("withdrawn: %+v, %v, %v", got, is, err)
	}
	publish(t, state, publication.Published{Domain: "example.com", Revision: 1})
	publish(t, state, publication.Published{Domain: "example.net", Revision: 1})
	setStatus(t, state, publication.Status{Domain: "example.com", Revision: 1})
}

// TestBrokenState: what can't be read is an error. It must not pass for a
// domain without a policy, nor be served, nor replaced: what would follow it?
func TestBrokenState(t *testing.T) {
	for name, text := range map[string]string{
		"empty":      "",
		"cut short":  `{"domain":"example.com","body":"version: STSv1\n`,
		"no object":  `[]`,
		"two values": `{"domain":"example.com"}{"domain":"example.com"}`,
		"name twice": `{"revision":1,"revision":0}`,
		"wrong type": `{"domain":1,"revision":"1"}`,
	} {
		t.Run(name, func(t *testing.T) {
			state := newState(t)
			for _, file := range broken {
				writeState(t, state, file, text)
			}
			wantBroken(t, state)
			for _, file := range broken {
				if got, err := os.ReadFile(filepath.Join(state.Folder(), filepath.FromSlash(file))); err != nil || string(got) != text {
					t.Errorf("%s is %q now, %v", file, got, err)
				}
				if err := os.Remove(filepath.Join(state.Folder(), filepath.FromSlash(file))); err != nil {
					t.Fatal(err)
				}
			}
			publish(t, state, publication.Published{Domain: "example.com", Revision: 1}) // As the error says.
		})
	}
	t.Run("a folder", func(t *testing.T) {
		state := newState(t)
		for _, file := range broken {
			writeState(t, state, file+"/file", "")
		}
		wantBroken(t, state)
	})
}

var broken = []string{
	"example.com/PUBLISHED.json", "example.com/STATUS.json", "example.com/REPORTS.json", "example.com/HISTORY#20261117T000000.000000000Z.json", "BRAKE.json",
}

// wantBroken has each call name the file that is broken.
func wantBroken(t *testing.T, state *localdir.State) {
	t.Helper()
	const domain = "example.com"
	for name, call := range map[string]struct {
		file string
		call func(context.Context) (bool, error)
	}{
		"published": {broken[0], func(ctx context.Context) (bool, error) { _, is, err := state.Published(ctx, domain); return is, err }},
		"publish": {broken[0], func(ctx context.Context) (bool, error) {
			return state.Publish(ctx, publication.Published{Domain: domain, Revision: 1})
		}},
		"withdraw":  {broken[0], func(ctx context.Context) (bool, error) { return state.Withdraw(ctx, domain, 1) }},
		"directory": {broken[0], func(ctx context.Context) (bool, error) { return onlyError(state.AllPublished(ctx)) }},
		"status":    {broken[1], func(ctx context.Context) (bool, error) { _, is, err := state.Status(ctx, domain); return is, err }},
		"set status": {broken[1], func(ctx context.Context) (bool, error) {
			return state.SetStatus(ctx, publication.Status{Domain: domain, Revision: 1})
		}},
		"statuses": {broken[1], func(ctx context.Context) (bool, error) { return onlyError(state.AllStatuses(ctx)) }},
		"evidence": {broken[2], func(ctx context.Context) (bool, error) { _, err := state.Evidence(ctx, domain); return false, err }},
		"add evidence": {broken[2], func(ctx context.Context) (bool, error) {
			return false, state.AddEvidence(ctx, domain, publication.SignerEvidence{Signer: "sender.example", LastReport: midnight})
		}},
		"history":   {broken[3], func(ctx context.Context) (bool, error) { h, err := state.History(ctx, domain); return len(h) > 0, err }},
		"brake":     {broken[4], func(ctx context.Context) (bool, error) { _, err := state.Brake(ctx); return false, err }},
		"set brake": {broken[4], func(ctx context.Context) (bool, error) { return state.SetBrake(ctx, publication.Brake{Revision: 1}) }},
	} {
		if is, err := call.call(t.Context()); is || err == nil || !strings.Contains(err.Error(), filepath.FromSlash(call.file)) {
			t.Errorf("%s: %v, %v; want an error that names %s", name, is, err, call.file)
		}
	}
}

// onlyError says whether anything comes besides one error.
func onlyError[T any](all iter.Seq2[T, error]) (more bool, last error) {
	came := 0
	for _, err := range all {
		came, last = came+1, err
	}
	return came != 1, last
}

// TestReplacedWhole reads what is published while it is replaced by something
// longer and shorter: there is never a moment with neither, or half of one.
func TestReplacedWhole(t *testing.T) {
	state := &localdir.State{Root: t.TempDir()}
	bodies := []string{"short", strings.Repeat("long ", 1<<14)}
	publish(t, state, publication.Published{Domain: "example.com", Body: bodies[0], Revision: 1})
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
		publish(t, state, publication.Published{Domain: "example.com", Body: bodies[i%len(bodies)], Revision: i + 2})
	}
	close(stopped)
	reader.Wait()
}

func publish(t *testing.T, state *localdir.State, p publication.Published) {
	t.Helper()
	if done, err := state.Publish(t.Context(), p); err != nil || !done {
		t.Fatal(done, err)
	}
}

func withdraw(t *testing.T, state *localdir.State, domain string, revision int) {
	t.Helper()
	if done, err := state.Withdraw(t.Context(), domain, revision); err != nil || !done {
		t.Fatal(done, err)
	}
}

func setStatus(t *testing.T, state *localdir.State, status publication.Status) {
	t.Helper()
	if done, err := state.SetStatus(t.Context(), status); err != nil || !done {
		t.Fatal(done, err)
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

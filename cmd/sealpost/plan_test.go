package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"sealpost/internal/internettest"
	"sealpost/internal/localdir"
	"sealpost/internal/mtasts"
	"sealpost/internal/publication"
)

var planAt = time.Date(2026, time.November, 25, 10, 0, 0, 0, time.UTC)

// planFolder has a folder of sealpost local, data, in which policies were served.
type planFolder struct {
	t  *testing.T
	in string
}

func newPlanFolder(t *testing.T, mx string, policies ...publication.Published) planFolder {
	t.Helper()
	f := planFolder{t, t.TempDir()}
	state := &localdir.State{Root: filepath.Join(f.in, "data")}
	for i, p := range policies {
		body := mtasts.Policy{Mode: p.Mode, MX: p.MX, MaxAge: p.MaxAge}.Render()
		p.Domain, p.Body, p.ID, p.Revision = "example.com", string(body), mtasts.ID(body), i+1
		status := publication.Status{
			Domain: p.Domain, State: publication.StateActive, ID: p.ID, Mode: p.Mode, AnnouncedAt: p.AnnouncedAt, ServedRevision: p.Revision, Revision: i + 1,
		}
		if err := state.AddHistory(t.Context(), p, planAt); err != nil {
			t.Fatal(err)
		}
		if done, err := state.Publish(t.Context(), p); !done || err != nil {
			t.Fatal(done, err)
		}
		if done, err := state.SetStatus(t.Context(), status); !done || err != nil {
			t.Fatal(done, err)
		}
	}
	f.write("policies/other.example.json", "{}")
	f.write("zone/example.com.MX", mx)
	return f
}

func (f planFolder) write(name, text string) {
	f.t.Helper()
	file := filepath.Join(f.in, "data", name)
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		f.t.Fatal(err)
	}
	writeFile(f.t, file, text)
}

// plan runs the command where the folder is, and gives what it says and how it ends.
func (f planFolder) plan(t *testing.T, args ...string) (said string, code int) {
	t.Helper()
	t.Chdir(f.in)
	var out strings.Builder
	at := terminal{name: "sealpost", stdout: &out, stderr: &out, now: func() time.Time { return planAt }}
	code = run(context.Background(), at, append([]string{"policy", "plan", "example.com"}, args...))
	return out.String(), code
}

func servedFor(days int, mx ...string) publication.Published {
	at := planAt.AddDate(0, 0, -days)
	return publication.Published{Mode: mtasts.ModeEnforce, MX: mx, MaxAge: 604800, PublishedAt: at, AnnouncedAt: at.Add(150 * time.Second)}
}

// TestPlanSays compares whole plans; look at the files when they change. They are
// read in terminals of 80 columns.
func TestPlanSays(t *testing.T) {
	const mx1, mx2, mx3 = "mx1.example.com", "mx2.example.com", "mx3.example.com"
	replace := []string{"-add", mx3, "-remove", mx1}
	retiring := servedFor(2, mx1)
	retiring.Mode, retiring.Retiring, retiring.MaxAge = mtasts.ModeNone, true, 86400
	tested := servedFor(30, mx1)
	tested.Mode = mtasts.ModeTesting
	waiting := servedFor(0, mx1, mx3)
	waiting.AnnouncedAt = time.Time{}
	for name, test := range map[string]struct {
		folder planFolder
		args   []string
		code   int
	}{
		"begin":     {newPlanFolder(t, mx1, servedFor(30, mx1)), replace, exitProblems},
		"published": {newPlanFolder(t, mx1, servedFor(30, mx1), waiting), replace, exitProblems},
		"wait":      {newPlanFolder(t, mx1+"\n"+mx2, servedFor(30, mx1, mx2), servedFor(2, mx1, mx2, mx3)), replace, exitProblems},
		"early":     {newPlanFolder(t, mx1+"\n"+mx3, servedFor(30, mx1), servedFor(2, mx1, mx3)), []string{"-add", mx3}, exitProblems},
		"over":      {newPlanFolder(t, mx1, servedFor(30, mx1), servedFor(8, mx1, mx3)), replace, exitProblems},
		"last":      {newPlanFolder(t, mx3, servedFor(30, mx1), servedFor(8, mx1, mx3)), replace, exitProblems},
		"done":      {newPlanFolder(t, mx3, servedFor(30, mx1), servedFor(8, mx1, mx3), servedFor(0, mx3)), replace, exitGood},
		"wildcard":  {newPlanFolder(t, mx1, servedFor(30, "*.example.com")), replace, exitProblems},
		"testing":   {newPlanFolder(t, mx1, tested), []string{"-add", mx3}, exitProblems},
		"retiring":  {newPlanFolder(t, mx1, servedFor(30, mx1), retiring), []string{"-add", mx3}, exitProblems},
		"all":       {newPlanFolder(t, mx1+"\n"+mx2, servedFor(30, mx1)), []string{"-remove", mx1, "-remove", mx2}, exitProblems},
		"remove":    {newPlanFolder(t, mx1+"\n"+mx3, servedFor(30, mx1), servedFor(2, mx1, mx3)), []string{"-remove", mx1}, exitProblems},
		"json":      {newPlanFolder(t, mx1, servedFor(30, mx1)), append(replace, "-json"), exitProblems},
		"fails":     {newPlanFolder(t, "10 mx1.example.com", servedFor(30, mx1)), replace, exitFailed},
		"never":     {newPlanFolder(t, mx1), replace, exitProblems},
		"no-dns":    {newPlanFolder(t, "10 mx1.example.com"), replace, exitProblems}, // For what never had a policy it does not matter.

		"mistyped":      {newPlanFolder(t, mx1, servedFor(30, mx1)), []string{"-remove", "nope.example.com"}, exitGood},
		"wildcard-idle": {newPlanFolder(t, mx1+"\na.backup.example.com", servedFor(30, mx1, "*.backup.example.com")), []string{"-add", mx2, "-remove", "a.backup.example.com"}, exitProblems},
		"wildcard-only": {newPlanFolder(t, mx1, servedFor(30, mx1, "*.backup.example.com")), []string{"-remove", "a.backup.example.com"}, exitGood},

		"only":           {newPlanFolder(t, mx1, servedFor(30, mx1)), []string{"-remove", mx1}, exitProblems},
		"none-left":      {newPlanFolder(t, mx1+"\n"+mx2+"\n"+mx3, servedFor(30, mx1), retiring), []string{"-remove", mx1, "-remove", mx2, "-remove", mx3}, exitProblems},
		"null-mx":        {newPlanFolder(t, ".", servedFor(30, mx1), retiring), []string{"-remove", mx1}, exitGood},
		"taken-early":    {newPlanFolder(t, mx2, servedFor(30, mx1), servedFor(2, mx1, mx2)), []string{"-remove", mx1}, exitProblems},
		"all-early":      {newPlanFolder(t, mx3, servedFor(30, mx1)), replace, exitProblems},
		"taken-wildcard": {newPlanFolder(t, "mx.example.net", servedFor(30, "*.example.com"), servedFor(2, "mx.example.net")), []string{"-remove", "mx.example.org"}, exitProblems},
		"many":           {newPlanFolder(t, mx1, servedFor(30, mx1)), []string{"-add", "a.example.net", "-add", "b.example.net", "-add", "c.example.net"}, exitProblems},
	} {
		t.Run(name, func(t *testing.T) {
			file, err := filepath.Abs(filepath.Join("testdata", "plan", name+".txt"))
			if err != nil {
				t.Fatal(err)
			}
			said, code := test.folder.plan(t, test.args...)
			if code != test.code {
				t.Errorf("it ended with %d; want %d", code, test.code)
			}
			for line := range strings.Lines(said) {
				if n := utf8.RuneCountInString(strings.TrimRight(line, "\n")); n > 80 && !strings.HasPrefix(line, "sealpost: ") {
					t.Errorf("%d columns: %s", n, line)
				}
			}
			if *update {
				writeFile(t, file, said)
			}
			if want, err := os.ReadFile(file); err != nil || string(want) != said {
				t.Errorf("%s, %v; got:\n%s", file, err, said)
			}
		})
	}
}

// TestPlanTTL: a host that is taken out of the DNS is asked for mail until the TTL
// of its record is over.
func TestPlanTTL(t *testing.T) {
	zone := internettest.Zone{Records: []string{"example.com. 7200 MX 10 mx1.example.com.", "example.com. 7200 MX 20 mx2.example.com."}}
	folder := newPlanFolder(t, "mx1.example.com", servedFor(30, "mx1.example.com", "mx2.example.com"))
	for host, want := range map[string]string{
		"mx1.example.com": "Mail still comes there until their TTL is over, which takes 7200 seconds or more.",
		"mx3.example.com": "DNS MX mx1.example.com, mx2.example.com (TTL 7200 seconds, or what is left of it)",
	} {
		said, code := folder.plan(t, "-remove", host, "-resolver", zone.Start(t))
		if !strings.Contains(strings.Join(strings.Fields(said), " "), want) {
			t.Errorf("it ended with %d and said\n%s", code, said)
		}
	}
	said, _ := folder.plan(t, "-remove", "mx1.example.com", "-json", "-resolver", zone.Start(t))
	if !strings.Contains(said, `"mx_records_ttl": 7200`) {
		t.Error(said)
	}
	if said, code := folder.plan(t, "-remove", "mx1.example.com", "-resolver", "nonsense.onion"); code != exitFailed || !strings.HasPrefix(said, "sealpost: -resolver nonsense.onion is no address") {
		t.Errorf("it ended with %d and said\n%s", code, said)
	}
}

// TestPlanOverride: what an override lets pass is not said to be refused.
func TestPlanOverride(t *testing.T) {
	folder := newPlanFolder(t, "mx1.example.com\nmx2.example.com", servedFor(30, "mx1.example.com"))
	folder.write("policies/example.com.json", `{"domain": "example.com", "mode": "enforce", "mx": ["mx1.example.com"], "override": {"reason": "mx2 is the old host's", "until": "2026-11-26T10:00:00Z", "rules": ["mx-covered"]}}`)
	said, _ := folder.plan(t, "-add", "mx3.example.com")
	want := "an edit of mx passes the rule mx-covered by the override of the item, until 26 November 2026, 10:00 UTC."
	if !strings.Contains(strings.Join(strings.Fields(said), " "), want) {
		t.Error(said)
	}
}

// TestPlanRefused: an edit on top of what is refused would be refused too. An item
// that was edited since is not judged yet.
func TestPlanRefused(t *testing.T) {
	f := newPlanFolder(t, "mx1.example.com", servedFor(30, "mx1.example.com"))
	const item = `{"domain": "example.com", "mode": "enforce", "mx": ["mx2.example.com"]}`
	f.write("policies/example.com.json", item)
	status := publication.Status{
		Domain: "example.com", State: publication.StateRefused, Item: publication.Item{Text: []byte(item)}.Digest(), Revision: 2,
		Problems: []publication.Problem{{Rule: publication.RuleMXCovered, Message: "mx1.example.com is an MX"}},
	}
	state := &localdir.State{Root: filepath.Join(f.in, "data")}
	if done, err := state.SetStatus(t.Context(), status); !done || err != nil {
		t.Fatal(done, err)
	}
	said, code := f.plan(t, "-add", "mx9.example.com")
	const want = "next  1  What data/policies/example.com.json asks for is refused now, and so\n" +
		"         may be what follows. See by sealpost status why, and mend that first.\n" +
		"         sealpost status -dir data example.com\n" +
		"      2  Allow mx9.example.com in the policy."
	if code != exitProblems || !strings.Contains(said, want) {
		t.Errorf("it ended with %d, and says nothing of the refusal, but:\n%s", code, said)
	}
	f.write("policies/example.com.json", item+"\n")
	if said, _ := f.plan(t, "-add", "mx9.example.com"); !strings.Contains(said, "next  1  Allow mx9.example.com in the policy.") {
		t.Errorf("of an item that nobody has judged yet it says:\n%s", said)
	}
}

// TestPlanEdited: what the item asks for already is told apart, and is kept.
func TestPlanEdited(t *testing.T) {
	f := newPlanFolder(t, "mx1.example.com", servedFor(30, "mx1.example.com"))
	item := func(mx string) {
		f.write("policies/example.com.json", fmt.Sprintf(`{"domain": "example.com", "mode": "enforce", "mx": [%s]}`, mx))
	}
	for _, test := range []struct{ mx, want string }{
		{`"mx9.example.com", "mx1.example.com"`, `"mx": ["mx9.example.com", "mx1.example.com", "mx3.example.com"]`},
		{`"MX3.example.com.", "mx1.example.com"`, "The edited policy allows mx3.example.com, and is not served yet."},
		{`"*"`, `"mx": ["mx1.example.com", "mx3.example.com"]`}, // It cannot be read.
	} {
		item(test.mx)
		if said, _ := f.plan(t, "-add", "mx3.example.com"); !strings.Contains(strings.Join(strings.Fields(said), " "), test.want) {
			t.Errorf("with mx %s it says nothing of %s, but:\n%s", test.mx, test.want, said)
		}
	}
}

// TestPlanNames: a host may be written in any way that names it.
func TestPlanNames(t *testing.T) {
	f := newPlanFolder(t, "MX.B\u00fccher.example.", servedFor(30, "mx.xn--bcher-kva.example"))
	for _, host := range []string{"mx.b\u00fccher.example", "MX.B\u00dcCHER.example.", "mx.xn--bcher-kva.example", "MX.XN--BCHER-KVA.Example"} {
		said, code := f.plan(t, "-add", host)
		if code != exitGood || !strings.Contains(said, "done  4  mx.xn--bcher-kva.example is in the MX records of example.com.") {
			t.Errorf("with %s it ended with %d, and says:\n%s", host, code, said)
		}
	}
}

func TestPlanMisused(t *testing.T) {
	f := newPlanFolder(t, "")
	for _, test := range []struct {
		args []string
		want string
	}{
		{nil, "say what is to change, by -add MX, -remove MX, or both; see: sealpost policy plan -h"},
		{[]string{"-add", "*.example.com"}, "name a host that is, or will be, in the MX records, and no pattern"},
		{[]string{"-add", "192.0.2.1"}, "it ends like an IP address"},
		{[]string{"-add", "mx1.example.com", "-remove", "MX1.example.com."}, "mx1.example.com is to be added, and to be removed"},
		{[]string{"-add", "mx1.example.com", "example.org"}, "policy plan takes one domain"},
	} {
		if said, code := f.plan(t, test.args...); code != exitFailed || !strings.Contains(said, test.want) {
			t.Errorf("%q ended with %d, and says %q; want %q", test.args, code, said, test.want)
		}
	}
}

// TestPolicyShowCorrectsTime: a policy that was published with a clock ahead is served
// since the corrected time.
func TestPolicyShowCorrectsTime(t *testing.T) {
	p := servedFor(0, "mx1.example.com")
	p.PublishedAt, p.CorrectedAt = planAt.AddDate(1, 0, 0), planAt.Add(-time.Minute)
	f := newPlanFolder(t, "mx1.example.com", p)
	var out strings.Builder
	at := terminal{name: "sealpost", stdout: &out, stderr: &out, now: func() time.Time { return planAt }}
	code := run(t.Context(), at, []string{"policy", "show", "-dir", filepath.Join(f.in, "data"), "example.com"})
	if said := out.String(); code != 0 || !strings.Contains(said, "since 2026-11-25T09:59:00Z:") || strings.Contains(said, "2027") {
		t.Errorf("policy show ends with %d and says\n%s", code, said)
	}
}

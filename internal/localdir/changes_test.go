package localdir_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"sealpost/internal/localdir"
)

// step is something that people do to the folder of items, and what the next
// look has to tell of it.
type step struct {
	do   func(*testing.T, localdir.Items)
	want []string
}

func TestChanges(t *testing.T) {
	for _, test := range []struct {
		name  string
		steps []step
	}{
		{"nothing", []step{{nothing, nil}}},
		{"new", []step{
			{write("a.example.json", "{a}", 0), []string{"a.example"}},
			{nothing, nil},
			{write("b.example.json", "{b}", 0), []string{"b.example"}},
		}},
		{"edited", []step{
			{write("a.example.json", "{a}", 0), []string{"a.example"}},
			{write("a.example.json", "{longer, in the same moment}", 0), []string{"a.example"}},
			{write("a.example.json", "{shorter}", 0), []string{"a.example"}},
			{write("a.example.json", "{SHORTER}", 1), []string{"a.example"}},
			{write("a.example.json", "{shorter}", 0), []string{"a.example"}}, // Put back, with its old time.
			{write("a.example.json", "", 2), []string{"a.example"}},
		}},
		{"gone", []step{
			{write("a.example.json", "{a}", 0), []string{"a.example"}},
			{remove("a.example.json"), []string{"a.example gone"}},
			{nothing, nil},
			{write("a.example.json", "{a}", 0), []string{"a.example"}},
		}},
		{"renamed", []step{
			{write("a.example.json", "{a}", 0), []string{"a.example"}},
			{rename("a.example.json", "b.example.json"), []string{"a.example gone", "b.example"}},
			{rename("b.example.json", "b.example.json.old"), []string{"b.example gone"}},
		}},
		{"renamed over, as many editors save", []step{
			{write("a.example.json", "{a}", 0), []string{"a.example"}},
			{write("a.example.json.new", "{other}", 0), nil},
			{rename("a.example.json.new", "a.example.json"), []string{"a.example"}},
		}},
		{"linked", []step{
			{write("../elsewhere", "{linked}", 0), nil},
			{link("../elsewhere", "a.example.json"), []string{"a.example"}},
			{write("../elsewhere", "{edited there}", 0), []string{"a.example"}},
			{remove("../elsewhere"), []string{"a.example"}}, // A disk may be away.
			{remove("a.example.json"), []string{"a.example gone"}},
		}},
		{"no items", []step{
			{write("a.example.json~", "{}", 0), nil},
			{write(".a.example.json.swp", "{}", 0), nil},
			{write(".a.example.json", "{}", 0), nil},
			{write("a.example.JSON", "{}", 0), nil},
			{write("README", "{}", 0), nil},
			{makeFolder("a.example.json"), []string{"a.example"}},
			{link("nowhere", "b.example.json"), []string{"b.example"}},
		}},
		{"names that are no domains", []step{
			{write("Mail Server.json", "{}", 0), []string{"Mail Server"}}, // Whoever publishes says so.
		}},
		{"too large for a policy", []step{
			{write("a.example.json", strings.Repeat(" ", 256<<10+1), 0), []string{"a.example"}},
			{write("a.example.json", "{a}", 0), []string{"a.example"}},
		}},
		{"a link in a circle", []step{ // One bad file holds up no other.
			{link("a.example.json", "a.example.json"), []string{"a.example"}},
			{write("b.example.json", "{b}", 0), []string{"b.example"}},
			{replaceBy("a.example.json", "{a}"), []string{"a.example"}},
		}},
		{"unreadable", []step{
			{unreadable("a.example.json"), []string{"a.example"}},
			{nothing, nil},
			{replaceBy("a.example.json", "{a}"), []string{"a.example"}},
		}},
	} {
		t.Run(test.name, func(t *testing.T) {
			items := newItems(t)
			changes := items.Changes()
			for i, step := range test.steps {
				step.do(t, items)
				if got := look(t, changes); !slices.Equal(got, step.want) {
					t.Errorf("step %d: %q; want %q", i+1, got, step.want)
				}
			}
		})
	}
}

// TestPutAwayAndBack is how vim saves: the file is gone for a moment.
func TestPutAwayAndBack(t *testing.T) {
	items := newItems(t)
	changes := items.Changes()
	write("a.example.json", "{a}", 0)(t, items)
	look(t, changes)
	for range 3 {
		rename("a.example.json", "a.example.json~")(t, items)
		for range 7 {
			if got := lookOnce(t, changes); len(got) > 0 {
				t.Fatalf("put away: %q; want nothing yet", got)
			}
		}
		rename("a.example.json~", "a.example.json")(t, items)
		if got := lookOnce(t, changes); len(got) > 0 {
			t.Fatalf("put back: %q; want nothing", got)
		}
	}
}

// TestAnotherFileOfTheSameSizeAndTime is a change all the same.
func TestAnotherFileOfTheSameSizeAndTime(t *testing.T) {
	items := newItems(t)
	changes := items.Changes()
	write("a.example.json", "{1}", 0)(t, items)
	look(t, changes)
	write("a.example.json.new", "{2}", 0)(t, items)
	rename("a.example.json.new", "a.example.json")(t, items)
	if got, want := look(t, changes), []string{"a.example"}; !slices.Equal(got, want) {
		t.Errorf("%q; want %q", got, want)
	}
}

// TestChangesComeAgain: what could not be dealt with is told again and holds up
// no other.
func TestChangesComeAgain(t *testing.T) {
	items := newItems(t)
	for _, name := range []string{"a.example", "b.example", "c.example"} {
		write(name+".json", "{}", 0)(t, items)
	}
	changes := items.Changes()
	failing := errors.New("the disk is full")
	for range 2 {
		var told []string
		err := changes.Look(t.Context(), func(c localdir.Change) error {
			told = append(told, c.Name)
			if c.Name == "a.example" {
				return failing
			}
			return nil
		})
		if !errors.Is(err, failing) {
			t.Errorf("%v; want the error of the one that is stuck", err)
		}
		if len(told) == 3 {
			continue
		}
		if want := []string{"a.example"}; !slices.Equal(told, want) {
			t.Errorf("told %q; want all the first time, and %q again", told, want)
		}
	}
	if got, want := look(t, changes), []string{"a.example"}; !slices.Equal(got, want) {
		t.Errorf("at last: %q; want %q", got, want)
	}
}

// TestChangesWithoutTheFolder: a folder that is gone, or not mounted, is not a
// thousand policies to withdraw.
func TestChangesWithoutTheFolder(t *testing.T) {
	items := newItems(t)
	write("a.example.json", "{a}", 0)(t, items)
	changes := items.Changes()
	look(t, changes)
	away := items.Folder() + ".away"
	if err := os.Rename(items.Folder(), away); err != nil {
		t.Fatal(err)
	}
	err := changes.Look(t.Context(), func(c localdir.Change) error {
		t.Errorf("told %+v", c)
		return nil
	})
	if err == nil {
		t.Error("no error")
	}
	if err := os.Rename(away, items.Folder()); err != nil {
		t.Fatal(err)
	}
	if got := look(t, changes); len(got) > 0 {
		t.Errorf("once it is back: %q; want nothing", got)
	}
}

// TestChangesHeedTheirContext: to end the program is not to remove an item.
func TestChangesHeedTheirContext(t *testing.T) {
	items := newItems(t)
	write("a.example.json", "{a}", 0)(t, items)
	write("b.example.json", "{b}", 0)(t, items)
	changes := items.Changes()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	told := 0
	err := changes.Look(ctx, func(c localdir.Change) error {
		told++
		cancel()
		return nil
	})
	if !errors.Is(err, context.Canceled) || told != 1 {
		t.Errorf("told %d times, %v; want once, and context.Canceled", told, err)
	}
}

func TestItemPath(t *testing.T) {
	items := localdir.Items{Root: "data"}
	want := filepath.Join("data", "policies", "example.com.json")
	if got := items.Path("example.com"); got != want || filepath.Dir(got) != items.Folder() {
		t.Errorf("got %s in %s; want %s", got, items.Folder(), want)
	}
}

package localdir_test

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"sealpost/internal/localdir"
	"sealpost/internal/publication"
	"sealpost/internal/storetest"
)

func TestItems(t *testing.T) {
	storetest.Items(t, func(t *testing.T) (publication.Items, func(domain, text string), func(domain string)) {
		items := newItems(t)
		put := func(domain, text string) { write(domain+".json", text, 0)(t, items) }
		return items, put, func(domain string) { remove(domain+".json")(t, items) }
	})
}

// TestItemsAsPeopleWriteThem: the name of a file may be written in other ways,
// and then there may be several for one domain.
func TestItemsAsPeopleWriteThem(t *testing.T) {
	const domain = "xn--bcher-kva.example"
	for _, test := range []struct {
		name  string
		files []string
		want  []string // The first is the one that counts.
	}{
		{"as the domain is", []string{"xn--bcher-kva.example"}, []string{"xn--bcher-kva.example"}},
		{"with U-labels", []string{"b\u00fccher.example"}, []string{"b\u00fccher.example"}},
		{"in upper case", []string{"XN--BCHER-KVA.Example"}, []string{"XN--BCHER-KVA.Example"}},
		{"with a dot at the end", []string{"xn--bcher-kva.example."}, []string{"xn--bcher-kva.example."}},
		{"in two ways", []string{"b\u00fccher.example", "b\u00fccher.example."}, []string{"b\u00fccher.example.", "b\u00fccher.example"}},
		{"in two ways, and as it is", []string{"b\u00fccher.example.", "xn--bcher-kva.example", "b\u00fccher.example"},
			[]string{"xn--bcher-kva.example", "b\u00fccher.example.", "b\u00fccher.example"}},
		{"another", []string{"a.example"}, nil},
	} {
		t.Run(test.name, func(t *testing.T) {
			items := newItems(t)
			write("other.example.json", "{}", 0)(t, items)
			for _, name := range test.files {
				write(name+".json", name, 0)(t, items)
			}
			if names, err := items.Names(domain); err != nil || !slices.Equal(names, test.want) {
				t.Errorf("files: %q, %v; want %q", names, err, test.want)
			}
			item, is, err := items.Item(t.Context(), domain)
			if len(test.want) == 0 {
				if is || err != nil {
					t.Errorf("item: %s, %v, %v; want none", item.Text, is, err)
				}
				return
			}
			if err != nil || !is || string(item.Text) != test.want[0] {
				t.Errorf("item: %s, %v, %v; want that of %s", item.Text, is, err, test.want[0])
			}
			storetest.WantDomains(t, items, "other.example", domain)
		})
	}
}

func TestNoItems(t *testing.T) {
	items := newItems(t)
	for _, name := range []string{"a.example.json~", ".a.example.json.swp", ".a.example.json", "a.example.JSON", "README", "Mail Server.json", "192.0.2.1.json"} {
		write(name, "{}", 0)(t, items)
	}
	storetest.WantDomains(t, items)
	if item, is, err := items.Item(t.Context(), "a.example"); is || err != nil {
		t.Errorf("item: %+v, %v, %v; want none", item, is, err)
	}
	for _, name := range []string{"Mail Server", "A.example", "b\u00fccher.example", "192.0.2.1"} {
		if item, is, err := items.Item(t.Context(), name); is || err == nil {
			t.Errorf("item of %q: %+v, %v, %v; want an error", name, item, is, err)
		}
	}
}

// TestItemsToMend: what people can mend is an item that says so. It does not
// pass for none.
func TestItemsToMend(t *testing.T) {
	for _, test := range []struct {
		name string
		make func(*testing.T, localdir.Items)
		want string
	}{
		{"too large", write("a.example.json", strings.Repeat(" ", 256<<10+1), 0), "262145 bytes"},
		{"a folder", makeFolder("a.example.json"), "it is a folder. Put a file in its place"},
		{"a socket", unreadable("a.example.json"), "it is a socket. Put a file in its place"},
		{"a link to nothing", link("nowhere", "a.example.json"), "not there"},
		{"a link in a circle", link("a.example.json", "a.example.json"), "not there"},
		{"of somebody else", forbidden("a.example.json"), "has no right"},
	} {
		t.Run(test.name, func(t *testing.T) {
			items := newItems(t)
			test.make(t, items)
			item, is, err := items.Item(t.Context(), "a.example")
			if err != nil || !is || item.Text != nil || !strings.Contains(item.Unreadable, test.want) || !strings.Contains(item.Unreadable, items.Path("a.example")) {
				t.Errorf("item: %.20q, %q, %v, %v; want one that says %q", item.Text, item.Unreadable, is, err, test.want)
			}
			storetest.WantDomains(t, items, "a.example")
			replaceBy("a.example.json", "{a}")(t, items)
			if item, is, err := items.Item(t.Context(), "a.example"); err != nil || !is || string(item.Text) != "{a}" || item.Unreadable != "" {
				t.Errorf("mended: %+v, %v, %v", item, is, err)
			}
		})
	}
	items := newItems(t)
	write("a.example.json", strings.Repeat(" ", 256<<10), 0)(t, items)
	if item, is, err := items.Item(t.Context(), "a.example"); err != nil || !is || len(item.Text) != 256<<10 {
		t.Errorf("as large as may be: %d bytes, %q, %v, %v", len(item.Text), item.Unreadable, is, err)
	}
}

// forbidden makes a file that its reader has no right to. Root has every right.
func forbidden(name string) func(*testing.T, localdir.Items) {
	return func(t *testing.T, items localdir.Items) {
		write(name, "{}", 0)(t, items)
		file := filepath.Join(items.Folder(), name)
		if err := os.Chmod(file, 0); err != nil {
			t.Fatal(err)
		}
		if _, err := os.ReadFile(file); !errors.Is(err, fs.ErrPermission) {
			t.Skip("whoever runs this has the right to read every file")
		}
	}
}

// TestItemsWithoutTheFolder: a folder that is gone, or not mounted, is not a
// thousand policies to retire.
func TestItemsWithoutTheFolder(t *testing.T) {
	items := localdir.Items{Root: t.TempDir()}
	if item, is, err := items.Item(t.Context(), "a.example"); is || err == nil {
		t.Errorf("item: %+v, %v, %v; want an error", item, is, err)
	}
	for domain, err := range items.Domains(t.Context()) {
		if err == nil {
			t.Errorf("domain %s; want an error", domain)
		}
	}
	if names, err := items.Names("a.example"); len(names) > 0 || err == nil {
		t.Errorf("files: %q, %v; want an error", names, err)
	}
}

func TestDomainsHeedTheirContext(t *testing.T) {
	items := newItems(t)
	for _, name := range []string{"a.example.json", "b.example.json", "c.example.json"} {
		write(name, "{}", 0)(t, items)
	}
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	told := 0
	var last error
	for _, err := range items.Domains(ctx) {
		cancel()
		told, last = told+1, err
	}
	if told != 2 || !errors.Is(last, context.Canceled) {
		t.Errorf("told %d, the last with %v; want one, then context.Canceled", told, last)
	}
}

// TestReplaceItem: the file that counts is written, unless it was edited.
func TestReplaceItem(t *testing.T) {
	const domain = "shop.example"
	items := newItems(t)
	replace := func(before, text string, want bool) {
		t.Helper()
		if done, err := items.Replace(t.Context(), domain, publication.Item{Text: []byte(before)}, []byte(text)); err != nil || done != want {
			t.Errorf("%q in place of %q: %t, %v; want %t", text, before, done, err, want)
		}
	}
	replace("edited", "first", false)
	replace("", "first", true)
	replace("edited", "second", false)
	replace("first", "second", true)
	if file, err := items.File(domain); err != nil || file != items.Path(domain) {
		t.Errorf("the item is in %s, %v", file, err)
	}
	rename("shop.example.json", "shop.example..json")(t, items)
	replace("second", "third", true)
	if text, err := os.ReadFile(items.Path(domain + ".")); err != nil || string(text) != "third" {
		t.Errorf("the file has %q, %v", text, err)
	}
}

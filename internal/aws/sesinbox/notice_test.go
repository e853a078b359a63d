package sesinbox_test

import (
	"flag"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"sealpost/internal/aws/sesinbox"
)

var update = flag.Bool("update", false, "write what is expected anew")

// TestNotices reads each message of testdata/notices. What is expected of it
// lies beside it.
func TestNotices(t *testing.T) {
	for _, file := range noticeFiles(t) {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".json"), func(t *testing.T) {
			got, golden := said(readFile(t, file)), strings.TrimSuffix(file, ".json")+".want"
			if *update {
				if err := os.WriteFile(golden, []byte(got), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			if want := readFile(t, golden); got != want {
				t.Errorf("got:\n%s\nwant:\n%s", got, want)
			}
		})
	}
}

// said is what a message says, in words.
func said(body string) string {
	bucket, key, receivedAt, verdicts, unreadable, err := sesinbox.Read(body)
	if err != nil {
		words := strings.ReplaceAll(err.Error(), "unable to", "cannot") // The library uses either, so that nobody relies on it.
		return fmt.Sprintf("error: %s\n", words)
	}
	var b strings.Builder
	fmt.Fprintf(&b, "%s in %s, received %s\n", key, bucket, receivedAt.Format(time.RFC3339Nano))
	for _, name := range slices.Sorted(maps.Keys(verdicts)) {
		fmt.Fprintf(&b, "%s: %s\n", name, verdicts[name])
	}
	if unreadable {
		b.WriteString("left unread\n")
	}
	return b.String()
}

func noticeFiles(tb testing.TB) []string {
	tb.Helper()
	files, err := filepath.Glob("testdata/notices/*.json")
	if err != nil || len(files) == 0 {
		tb.Fatal(files, err)
	}
	return files
}

func readFile(tb testing.TB, name string) string {
	tb.Helper()
	text, err := os.ReadFile(name)
	if err != nil {
		tb.Fatal(err)
	}
	return string(text)
}

// FuzzRead: whatever comes, only mails in the inbox's own folder are named.
func FuzzRead(f *testing.F) {
	for _, file := range noticeFiles(f) {
		f.Add(readFile(f, file))
	}
	f.Fuzz(func(t *testing.T, body string) {
		_, key, receivedAt, _, unreadable, err := sesinbox.Read(body)
		if err != nil {
			if key != "" || unreadable {
				t.Errorf("%v, and yet the key %q, unreadable %v", err, key, unreadable)
			}
			return
		}
		if name, is := strings.CutPrefix(key, "inbox/mail/"); !is || name == "" || strings.Contains(key, "..") && filepath.Clean(key) != key || receivedAt.IsZero() {
			t.Errorf("the key %q, received %v", key, receivedAt)
		}
	})
}

//go:build unix

package localdir_test

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"sealpost/internal/localdir"
	"sealpost/internal/publication"
)

// childVariable names the directory to work in, for a child process.
const childVariable = "LOCALDIR_CHILD"

// child is this test once more, in a process of its own.
func child(t *testing.T, root string) *exec.Cmd {
	command := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^"+t.Name()+"$", "-test.v")
	command.Env = append(os.Environ(), childVariable+"="+root)
	return command
}

// TestKilledWhileCreating kills a process that creates objects, again and
// again. Each object is there whole or not at all, to a reader at the same time
// too, and is there once Create has said so.
func TestKilledWhileCreating(t *testing.T) {
	if root, isChild := os.LookupEnv(childVariable); isChild {
		createForEver(t, localdir.Bucket{Root: root})
		return
	}
	const rounds = 12
	bucket := localdir.Bucket{Root: t.TempDir()}
	stopReading := readAtTheSameTime(t, bucket)
	acknowledged := 0
	for round := range rounds {
		acknowledged += len(createAndKill(t, bucket, 1+round%3))
	}
	stopReading()
	wantWhole(t, bucket)
	if kept := len(list(t, bucket, "objects/")); kept < acknowledged {
		t.Errorf("%d objects were acknowledged, %d are there", acknowledged, kept)
	}
	if err := bucket.ClearTemporary(farFuture); err != nil {
		t.Fatal(err)
	}
	wantNoTemporary(t, bucket)
	wantWhole(t, bucket)
}

// farFuture lies after the time of every file.
var farFuture = time.Date(9999, time.December, 31, 0, 0, 0, 0, time.UTC)

// createForEver names each object on standard output once it is created.
func createForEver(t *testing.T, bucket localdir.Bucket) {
	for n := len(list(t, bucket, "objects/")); ; n++ {
		key := fmt.Sprintf("objects/%d/%d", n%3, n)
		create(t, bucket, key, string(contents(key)))
		fmt.Println(createdMark + key)
	}
}

const createdMark = "created "

// createAndKill gives the keys that a process named before it was killed, after
// it had named some.
func createAndKill(t *testing.T, bucket localdir.Bucket, named int) []string {
	t.Helper()
	command := child(t, bucket.Root)
	output, err := command.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	var keys []string
	for lines := bufio.NewScanner(output); lines.Scan(); {
		key, isKey := strings.CutPrefix(lines.Text(), createdMark)
		if !isKey {
			continue
		}
		keys = append(keys, key)
		if len(keys) == named {
			command.Process.Kill() // What was named meanwhile is still read.
		}
	}
	command.Wait()
	if status := command.ProcessState.Sys().(syscall.WaitStatus); status.Signal() != syscall.SIGKILL {
		t.Fatalf("the process ended on its own: %v", command.ProcessState)
	}
	for _, key := range keys {
		wantContents(t, bucket, key)
	}
	return keys
}

// readAtTheSameTime looks at every object there is, until it is stopped.
func readAtTheSameTime(t *testing.T, bucket localdir.Bucket) (stop func()) {
	stopped := make(chan struct{})
	var reader sync.WaitGroup
	reader.Go(func() {
		for {
			select {
			case <-stopped:
				return
			default:
				wantWhole(t, bucket)
			}
		}
	})
	return func() { close(stopped); reader.Wait() }
}

func wantWhole(t *testing.T, bucket localdir.Bucket) {
	for key, err := range bucket.List(t.Context(), "objects/") {
		if err != nil {
			t.Errorf("list: %v", err)
			return
		}
		wantContents(t, bucket, key)
	}
}

func wantContents(t *testing.T, bucket localdir.Bucket, key string) {
	if value, err := bucket.Get(t.Context(), key); err != nil || !bytes.Equal(value, contents(key)) {
		t.Errorf("%s is not whole: %d bytes, %v", key, len(value), err)
	}
}

// contents tells its key on each of its lines.
func contents(key string) []byte {
	return bytes.Repeat([]byte(key+"\n"), 1<<14)
}

func wantNoTemporary(t *testing.T, bucket localdir.Bucket) {
	t.Helper()
	entries, err := os.ReadDir(filepath.Join(bucket.Root, ".tmp"))
	if err != nil || len(entries) > 0 {
		t.Errorf("temporary files are left: %v, %v", entries, err)
	}
}

// TestDiskFull lets writes fail half way, by a limit on the size of files.
func TestDiskFull(t *testing.T) {
	root, isChild := os.LookupEnv(childVariable)
	if !isChild {
		output, err := child(t, t.TempDir()).CombinedOutput()
		if err != nil || !bytes.Contains(output, []byte("--- PASS: TestDiskFull")) {
			t.Errorf("%v\n%s", err, output)
		}
		return
	}
	bucket, state := localdir.Bucket{Root: root}, &localdir.State{Root: root}
	served := publication.Published{Domain: "example.com", Body: "as it was\n", Revision: 1}
	if _, err := state.Publish(t.Context(), served); err != nil {
		t.Fatal(err)
	}
	large := contents("a/key")
	lift := limitFileSize(t, len(large)/2)
	if created, err := bucket.Create(t.Context(), "a/key", large); !errors.Is(err, syscall.EFBIG) || created {
		t.Errorf("create: %v, %v; want EFBIG", created, err)
	} else if _, again := bucket.Create(t.Context(), "a/key", large); again == nil || again.Error() != err.Error() {
		t.Errorf("the same error has other words the second time: %v, %v", err, again)
	}
	if _, err := bucket.Get(t.Context(), "a/key"); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("get: %v; want fs.ErrNotExist", err)
	}
	wantNoTemporary(t, bucket)
	if _, err := state.Publish(t.Context(), publication.Published{Domain: "example.com", Body: string(large), Revision: 2}); !errors.Is(err, syscall.EFBIG) {
		t.Errorf("publish: %v; want EFBIG", err)
	}
	if got, is, err := state.Published(t.Context(), "example.com"); err != nil || !is || got.Body != served.Body {
		t.Errorf("published: %.40q, %v, %v; want %q", got.Body, is, err, served.Body)
	}
	lift()
	create(t, bucket, "a/key", string(large))
	wantContents(t, bucket, "a/key")
	wantNoTemporary(t, bucket)
}

// limitFileSize makes writes fail beyond a size, and gives what undoes that.
func limitFileSize(t *testing.T, size int) (lift func()) {
	signal.Ignore(syscall.SIGXFSZ)
	var before syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_FSIZE, &before); err != nil {
		t.Fatal(err)
	}
	limited := before
	limited.Cur = uint64(size)
	set := func(limit syscall.Rlimit) {
		if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &limit); err != nil {
			t.Fatal(err)
		}
	}
	set(limited)
	return func() { set(before) }
}

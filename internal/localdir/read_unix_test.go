//go:build unix

package localdir_test

import (
	"context"
	"errors"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"sealpost/internal/localdir"
	"sealpost/internal/publication"
)

// unusable makes, at a path, what no file of ours ever is.
func unusable(t *testing.T) map[string]func(path string) error {
	kinds := map[string]func(path string) error{
		"a pipe":          func(path string) error { return syscall.Mkfifo(path, 0o644) },
		"a folder":        func(path string) error { return os.Mkdir(path, 0o755) },
		"a dangling link": func(path string) error { return os.Symlink("nowhere", path) },
		"an endless link": func(path string) error { return os.Symlink(filepath.Base(path), path) },
		"a device":        func(path string) error { return os.Symlink(os.DevNull, path) },
		"endless bytes":   func(path string) error { return os.Symlink("/dev/zero", path) },
		"a terminal":      func(path string) error { return os.Symlink("/dev/tty", path) },
		"a link to a pipe": func(path string) error {
			return errors.Join(syscall.Mkfifo(path+".pipe", 0o644), os.Symlink(filepath.Base(path)+".pipe", path))
		},
		"a huge file": func(path string) error {
			return errors.Join(os.WriteFile(path, nil, 0o644), os.Truncate(path, 1<<40))
		},
		"a socket": func(path string) error {
			short, err := os.MkdirTemp("", "") // A path to a socket has at most some 100 bytes.
			if err != nil {
				return err
			}
			t.Cleanup(func() { os.RemoveAll(short) })
			listener, err := net.Listen("unix", filepath.Join(short, "s"))
			if err != nil {
				return err
			}
			t.Cleanup(func() { listener.Close() })
			return os.Symlink(filepath.Join(short, "s"), path)
		},
	}
	if os.Geteuid() != 0 { // Who reads anything.
		kinds["a file without rights"] = func(path string) error { return os.WriteFile(path, []byte("{}"), 0) }
	}
	return kinds
}

// TestNothingIsWaitedFor: whatever is where a file is expected, to read it ends at
// once with an error that names it.
func TestNothingIsWaitedFor(t *testing.T) {
	const domain, txt = "a.example", "_mta-sts.a.example"
	for place, read := range map[string]func(ctx context.Context, root string) error{
		"zone/" + domain + ".MX": func(ctx context.Context, root string) error {
			_, err := localdir.Zone{Root: root}.MX(ctx, domain)
			return err
		},
		"zone/" + txt + ".TXT": func(ctx context.Context, root string) error {
			_, err := localdir.Zone{Root: root}.Values(ctx, publication.Place{Name: txt})
			return err
		},
		"zone/k._domainkey." + domain + ".TXT": func(ctx context.Context, root string) error {
			_, err := localdir.Zone{Root: root}.TXT(ctx, "k._domainkey."+domain)
			return err
		},
		"policies/" + domain + ".json": func(ctx context.Context, root string) error {
			item, _, err := localdir.Items{Root: root}.Item(ctx, domain)
			if item.Unreadable != "" {
				err = errors.Join(err, errors.New(item.Unreadable))
			}
			return err
		},
		"policy_state/" + domain + "/PUBLISHED.json": func(ctx context.Context, root string) error {
			_, _, err := (&localdir.State{Root: root}).Published(ctx, domain)
			return err
		},
		"policy_state/" + domain + "/HISTORY#20261117T100000.000000000Z.json": func(ctx context.Context, root string) error {
			_, err := (&localdir.State{Root: root}).History(ctx, domain)
			return err
		},
		"policy_state/BRAKE.json": func(ctx context.Context, root string) error {
			_, err := (&localdir.State{Root: root}).Brake(ctx)
			return err
		},
		"p/mta-sts." + domain: func(ctx context.Context, root string) error {
			_, _, err := localdir.Copies{Root: root}.Copy(ctx, "mta-sts."+domain)
			return err
		},
		"reports/v1/dt=2026-11-17/report.json.gz": func(ctx context.Context, root string) error {
			_, err := localdir.Bucket{Root: root}.Get(ctx, "reports/v1/dt=2026-11-17/report.json.gz")
			return err
		},
	} {
		for kind, put := range unusable(t) {
			t.Run(place+"/"+kind, func(t *testing.T) {
				root := t.TempDir()
				path := filepath.Join(root, filepath.FromSlash(place))
				if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o755), put(path)); err != nil {
					t.Fatal(err)
				}
				err := soon(t, func() error { return read(t.Context(), root) })
				if err == nil || errors.Is(err, fs.ErrNotExist) || !strings.Contains(err.Error(), path) {
					t.Errorf("%v; want an error that names %s", err, path)
				}
			})
		}
	}
}

// TestFoldersAreNotWaitedFor: the folders themselves may be something else.
func TestFoldersAreNotWaitedFor(t *testing.T) {
	for folder, read := range map[string]func(root string) error{
		"zone": func(root string) error {
			_, err := localdir.Zone{Root: root}.Changes().Look()
			return err
		},
		"policies": func(root string) error {
			return localdir.Items{Root: root}.Changes().Look(t.Context(), func(localdir.Change) error { return nil })
		},
		"policy_state": func(root string) error {
			for _, err := range (&localdir.State{Root: root}).AllPublished(t.Context()) {
				return err
			}
			return nil
		},
		"quarantine": func(root string) error { return localdir.Bucket{Root: root}.Expire("quarantine", farFuture) },
		".tmp":       func(root string) error { return localdir.Bucket{Root: root}.ClearTemporary(farFuture) },
	} {
		t.Run(folder, func(t *testing.T) {
			root := t.TempDir()
			if err := syscall.Mkfifo(filepath.Join(root, folder), 0o644); err != nil {
				t.Fatal(err)
			}
			if err := soon(t, func() error { return read(root) }); err == nil {
				t.Error("a pipe passes for a folder")
			}
		})
	}
}

// soon fails where a call waits for anything.
func soon(t *testing.T, call func() error) error {
	t.Helper()
	done := make(chan error, 1)
	go func() { done <- call() }()
	select {
	case err := <-done:
		return err
	case <-time.After(20 * time.Second):
		t.Fatal("it waits")
		return nil
	}
}

// TestZoneNamesWhatItCannotRead names each such file once it is found, and no more
// once it is gone.
func TestZoneNamesWhatItCannotRead(t *testing.T) {
	for kind, put := range unusable(t) {
		t.Run(kind, func(t *testing.T) {
			zone := localdir.Zone{Root: t.TempDir()}
			writeZone(t, zone, "a.example.MX", "mx.a.example\n")
			path := filepath.Join(zone.Folder(), "k._domainkey.b.example.TXT")
			if err := put(path); err != nil {
				t.Fatal(err)
			}
			changes := zone.Changes()
			for range 2 { // The second look finds nothing new.
				if _, err := changes.Look(); err != nil {
					t.Fatal(err)
				}
				if got := changes.Unreadable(); len(got) != 1 || got[0].File != path {
					t.Errorf("%v; want %s alone", got, path)
				}
			}
			if err := os.RemoveAll(path); err != nil {
				t.Fatal(err)
			}
			if got, err := zone.LeftAlone(); err != nil || len(got) > 0 {
				t.Errorf("%v, %v", got, err)
			}
			if got, err := changes.Look(); err != nil || len(got) > 0 || len(changes.Unreadable()) > 0 {
				t.Errorf("once it is gone: %q, %v, %v", got, err, changes.Unreadable())
			}
		})
	}
}

// TestModes: a web server that runs as another user reads the copies whatever the
// umask, and what people made keeps the mode that they gave it.
func TestModes(t *testing.T) {
	for _, umask := range []int{0, 0o022, 0o077} {
		old := syscall.Umask(umask)
		root := filepath.Join(t.TempDir(), "above", "data")
		err := localdir.Make(root)
		if err == nil {
			err = localdir.Copies{Root: root}.PutCopy(t.Context(), "mta-sts.a.example", []byte("policy"))
		}
		syscall.Umask(old)
		if err != nil {
			t.Fatal(err)
		}
		for path, want := range map[string]fs.FileMode{root: 0o711, filepath.Join(root, "p"): 0o755, filepath.Join(root, "p", "mta-sts.a.example"): 0o644} {
			if info, err := os.Stat(path); err != nil || info.Mode().Perm()&want != want {
				t.Errorf("umask %04o: %s has the mode %v, %v; want %v", umask, path, info.Mode(), err, want)
			}
		}
	}
}

func TestEditKeepsMode(t *testing.T) {
	items := localdir.Items{Root: t.TempDir()}
	if err := os.MkdirAll(items.Folder(), 0o755); err != nil {
		t.Fatal(err)
	}
	for _, mode := range []fs.FileMode{0o600, 0o644, 0o660, 0o664, 0o440} {
		path := items.Path("a.example")
		before := publication.Item{Text: []byte(mode.String())}
		if err := errors.Join(os.RemoveAll(path), os.WriteFile(path, before.Text, 0o600), os.Chmod(path, mode)); err != nil {
			t.Fatal(err)
		}
		if done, err := items.Replace(t.Context(), "a.example", before, []byte("{}")); err != nil || !done {
			t.Fatal(done, err)
		}
		if info, err := os.Stat(path); err != nil || info.Mode().Perm() != mode {
			t.Errorf("%v, %v; want %v", info.Mode(), err, mode)
		}
	}
	zone := localdir.Zone(items)
	writeZone(t, zone, "_mta-sts.a.example.TXT", "v=STSv1; id=1;\n")
	if err := os.Chmod(zoneFile(zone, "_mta-sts.a.example.TXT"), 0o664); err != nil {
		t.Fatal(err)
	}
	if err := zone.Put(t.Context(), publication.Place{Name: "_mta-sts.a.example"}, "v=STSv1; id=2;"); err != nil {
		t.Fatal(err)
	}
	info, err := os.Stat(zoneFile(zone, "_mta-sts.a.example.TXT"))
	if err != nil || info.Mode().Perm() != 0o664 {
		t.Errorf("%v, %v", info.Mode(), err)
	}
}

package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"sealpost/internal/localdir"
)

// No command answers out of a folder of something else, or leaves anything there.

// existing refuses a folder that is not there.
func existing(dir string) error {
	info, err := os.Stat(dir)
	switch {
	case errors.Is(err, fs.ErrPermission):
		return notAllowed(dir)
	case err != nil || !info.IsDir():
		return fmt.Errorf("there is no folder %s; name the folder of sealpost local with -dir; sealpost local -dir %s makes it", dir, quoted(dir))
	default:
		return nil
	}
}

// ofLocal refuses a folder in which sealpost local has never kept policies.
func ofLocal(dir string) error {
	if err := existing(dir); err != nil {
		return err
	}
	_, err := localdir.Items{Root: dir}.LeftAlone()
	_, wasLocal := os.Stat((&localdir.State{Root: dir}).Folder())
	switch {
	case errors.Is(err, fs.ErrPermission):
		return notAllowed(dir)
	case err != nil && wasLocal == nil:
		return err
	case err != nil:
		return fmt.Errorf("%s is no folder of sealpost local: it has no folder of policies; name the right one with -dir; sealpost local -dir %s makes it one", dir, quoted(dir))
	default:
		return nil
	}
}

// ofReports refuses a folder that is not there, or is for something else. Reports
// may also lie where sealpost local never was: in a copy of a bucket, or where they
// were imported.
func ofReports(dir string) error {
	if err := existing(dir); err != nil {
		return err
	}
	return forReports(dir)
}

// forReports refuses a folder that is for something else.
func forReports(dir string) error {
	entries, err := os.ReadDir(dir)
	entries = slices.DeleteFunc(entries, func(e fs.DirEntry) bool { return strings.HasPrefix(e.Name(), ".") })
	switch {
	case errors.Is(err, fs.ErrPermission):
		return notAllowed(dir)
	case err != nil && !errors.Is(err, fs.ErrNotExist):
		return fmt.Errorf("cannot use the folder %s: %w; name another with -dir", dir, err)
	case len(entries) > 0 && !slices.ContainsFunc(entries, isOurs):
		return fmt.Errorf("%s is a folder of something else: it has neither policies nor reports; name the right one with -dir", dir)
	default:
		return nil
	}
}

// folderOf returns the folder of sealpost local in whose archive a file lies, or "".
func folderOf(file string) string {
	file, err := filepath.Abs(file)
	if err != nil {
		return ""
	}
	for below, folder := file, filepath.Dir(file); folder != below; below, folder = folder, filepath.Dir(folder) {
		if name := filepath.Base(below); name != "reports" && name != "quarantine" {
			continue
		}
		if _, err := os.Stat(localdir.Items{Root: folder}.Folder()); err == nil {
			return folder
		}
	}
	return ""
}

func isOurs(entry fs.DirEntry) bool {
	return slices.Contains([]string{"policies", "reports", "quarantine", "zone"}, entry.Name())
}

func notAllowed(dir string) error {
	return fmt.Errorf("you have no right to look into the folder %s; run this as the user that sealpost local runs as", dir)
}

// explain says of an error in the folder who may do what failed, where that is what
// is wrong: it helps nobody to try again.
func (s *site) explain(err error) error {
	var at *fs.PathError
	switch {
	case !errors.Is(err, fs.ErrPermission):
		return err
	case errors.As(err, &at):
		return fmt.Errorf("you have no right to use %s; run this as the user that sealpost local runs as", at.Path)
	default:
		return notAllowed(s.dir)
	}
}

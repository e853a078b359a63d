package localdir

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// Trim removes the oldest files below prefix, until all that stay take at most limit
// bytes of the disk ([SizeOnDisk]). Files that belong together have one name with
// different endings, and are removed together. It returns how many files were
// removed.
//
// A file's age is that of its day, dt=<day> in its path, and then of the file.
func (b Bucket) Trim(prefix string, limit int64) (removed int, err error) {
	groups, total, err := b.groups(prefix)
	if err != nil || total <= limit {
		return 0, err
	}
	slices.SortFunc(groups, func(a, b group) int { return strings.Compare(a.age, b.age) })
	for _, g := range groups {
		if total <= limit {
			break
		}
		slices.Sort(g.paths) // What others are found by comes last.
		for _, path := range g.paths {
			if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
				return removed, err
			}
			removed++
		}
		total -= g.size
	}
	return removed, nil
}

// SizeOnDisk returns how much of a disk a file of a size takes: whole blocks. Many
// small files take several times their bytes.
func SizeOnDisk(size int64) int64 {
	const block = 4096 // Of most file systems.
	return (size + block - 1) / block * block
}

// group is the files that belong together.
type group struct {
	paths []string
	size  int64
	age   string // Sorts as their age does.
}

func (b Bucket) groups(prefix string) (groups []group, total int64, err error) {
	at := make(map[string]int)
	folder := filepath.Join(b.Root, filepath.FromSlash(prefix))
	err = filepath.WalkDir(folder, func(path string, entry fs.DirEntry, err error) error {
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		if err != nil || !entry.Type().IsRegular() {
			return err
		}
		info, err := entry.Info()
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		if err != nil {
			return err
		}
		name, _, _ := strings.Cut(entry.Name(), ".")
		key := filepath.Join(filepath.Dir(path), name)
		i, known := at[key]
		if !known {
			i, at[key] = len(groups), len(groups)
			day := filepath.Base(filepath.Dir(path))
			groups = append(groups, group{age: day + info.ModTime().UTC().Format("20060102T150405.000000000")})
		}
		groups[i].paths = append(groups[i].paths, path)
		size := SizeOnDisk(info.Size())
		groups[i].size += size
		total += size
		return nil
	})
	return groups, total, err
}

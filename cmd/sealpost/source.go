package main

import (
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"sealpost/internal/archive"
	"sealpost/internal/reportintake"
	"sealpost/internal/tlsrpt"
)

// readSubmissions gives what a file holds: one report, as JSON or gzip. How
// the bytes came is not known, so nothing vouches for them.
func readSubmissions(name string) ([]reportintake.Submission, error) {
	file, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	body, err := io.ReadAll(io.LimitReader(file, tlsrpt.MaxSize+1))
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", name, err)
	}
	return []reportintake.Submission{{
		Body:     body,
		Channel:  archive.ChannelHTTPS,
		Trust:    archive.TrustNone,
		Filename: filepath.Base(name),
	}}, nil
}

// filesIn gives the files that the names stand for: each file, and every file
// below each folder but for hidden ones.
func filesIn(names []string) ([]string, error) {
	var files []string
	for _, name := range names {
		err := filepath.WalkDir(name, func(path string, entry fs.DirEntry, err error) error {
			switch {
			case err != nil:
				return err
			case path != name && entry.Name()[0] == '.':
				if entry.IsDir() {
					return fs.SkipDir
				}
			case !entry.IsDir():
				files = append(files, path)
			}
			return nil
		})
		if err != nil {
			return nil, err
		}
	}
	return files, nil
}

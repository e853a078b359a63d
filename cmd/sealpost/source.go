package main

import (
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"sealpost/internal/archive"
	"sealpost/internal/reportintake"
	"sealpost/internal/tlsrpt"
)

// readSubmissions gives what a file holds: one report, as JSON or gzip. The file
// does not say how it came, so nothing vouches for it, as by HTTPS.
func readSubmissions(name string) ([]reportintake.Submission, error) {
	info, err := os.Stat(name)
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() { // To open a pipe could wait for ever.
		return nil, fmt.Errorf("%s is no file", name)
	}
	file, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	body, err := io.ReadAll(io.LimitReader(file, tlsrpt.MaxSize+1))
	if err != nil {
		return nil, err
	}
	return []reportintake.Submission{{
		Body:     body,
		Channel:  archive.ChannelHTTPS,
		Trust:    archive.TrustNone,
		Filename: filepath.Base(name),
	}}, nil
}

// filesIn gives the files that the names stand for: each file, and below each
// folder every file, or link to one, that is not hidden.
func filesIn(names []string) ([]string, error) {
	var files []string
	for _, name := range names {
		info, err := os.Stat(name)
		if err != nil {
			return nil, err
		}
		if !info.IsDir() {
			files = append(files, name)
			continue
		}
		below, err := filesBelow(name)
		if err != nil {
			return nil, err
		}
		files = append(files, below...)
	}
	return files, nil
}

func filesBelow(folder string) (files []string, err error) {
	err = filepath.WalkDir(folder, func(path string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case path == folder:
			return nil
		case strings.HasPrefix(entry.Name(), ".") && entry.IsDir():
			return fs.SkipDir
		case strings.HasPrefix(entry.Name(), "."):
			return nil
		}
		if info, err := os.Stat(path); err == nil && info.Mode().IsRegular() {
			files = append(files, path)
		}
		return nil
	})
	return files, err
}

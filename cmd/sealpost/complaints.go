package main

import (
	"errors"
	"fmt"
	"strings"

	"sealpost/internal/localdir"
)

// complaints are the errors of something that is tried again and again.
type complaints struct{ said map[string]error }

// hear says what goes wrong now, each error once for as long as it lasts, and which
// folder can be read again.
func (c *complaints) hear(t terminal, err error) {
	now := make(map[string]error)
	for _, cause := range causes(err) {
		text := cause.Error()
		isSaid := c.said[text] != nil || now[text] != nil
		if now[text] = cause; !isSaid {
			fmt.Fprintf(t.stderr, "sealpost: %s. Sealpost tries again.\n", strings.TrimSuffix(text, "."))
		}
	}
	for text, cause := range c.said {
		var folder *localdir.FolderError
		if now[text] == nil && errors.As(cause, &folder) {
			fmt.Fprintf(t.stdout, "%s can be read again.\n", folder.Path)
		}
	}
	c.said = now
}

// causes returns the errors that were joined into one, in order. All that fails
// because a folder cannot be read has that one cause.
func causes(err error) []error {
	if err == nil {
		return nil
	}
	if joined, is := err.(interface{ Unwrap() []error }); is && errors.Join(joined.Unwrap()...).Error() == err.Error() {
		var all []error
		for _, one := range joined.Unwrap() {
			all = append(all, causes(one)...)
		}
		return all
	}
	var folder *localdir.FolderError
	if errors.As(err, &folder) {
		return []error{folder}
	}
	return []error{err}
}

// withoutFolders leaves out of an error that a folder cannot be read.
func withoutFolders(err error) error {
	var rest []error
	for _, cause := range causes(err) {
		if !isAway(cause) {
			rest = append(rest, cause)
		}
	}
	return errors.Join(rest...)
}

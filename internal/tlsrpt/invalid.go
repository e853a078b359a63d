package tlsrpt

import (
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/go-json-experiment/json/jsontext"
)

// Problem is one thing that keeps a report from being understood.
type Problem struct {
	Path    string // JSON Pointer into the report (RFC 6901); empty for the whole.
	Message string
}

// InvalidError says that the bytes are no report that can be understood. The
// bytes are worth keeping: a later version may know better.
type InvalidError struct {
	Problems []Problem // At least one, at most MaxProblems: the first in each piece of the report.
	IsJSON   bool      // It is JSON, but has not the shape of a report.
}

// MaxProblems bounds what is said about one report.
const MaxProblems = 20

func (e *InvalidError) Error() string {
	said := make([]string, len(e.Problems))
	for i, problem := range e.Problems {
		said[i] = strings.TrimPrefix(problem.Path+": "+problem.Message, ": ")
	}
	return strings.Join(said, "; ")
}

func invalid(path, message string) *InvalidError {
	return &InvalidError{Problems: []Problem{{Path: path, Message: message}}}
}

// notJSON words what the JSON reader found in the text as sent, of which the
// first trimmed bytes were taken off.
func notJSON(err error, trimmed int) *InvalidError {
	var syntax *jsontext.SyntacticError
	if !errors.As(err, &syntax) {
		return invalid("", err.Error())
	}
	path := shorten(string(syntax.JSONPointer)) // Unknown names stand in it, of any length.
	if errors.Is(syntax.Err, io.ErrUnexpectedEOF) {
		return invalid(path, fmt.Sprintf("is not JSON: it ends in the middle (byte %d)", int(syntax.ByteOffset)+trimmed))
	}
	return invalid(path, fmt.Sprintf("is not JSON: %v (byte %d)", syntax.Err, int(syntax.ByteOffset)+trimmed))
}

// notIJSON words what I-JSON forbids and JSON does not: text that is not UTF-8,
// and duplicate names (RFC 7493, sections 2.1 and 2.3). RFC 8460, section 4,
// asks for it.
func notIJSON(err error) *InvalidError {
	var syntax *jsontext.SyntacticError
	if !errors.As(err, &syntax) {
		return invalid("", err.Error())
	}
	path := shorten(string(syntax.JSONPointer))
	if errors.Is(err, jsontext.ErrDuplicateName) {
		return invalid(path, "stands twice in the same object; I-JSON (RFC 7493, section 2.3) allows each name once")
	}
	return invalid(path, fmt.Sprintf("is not I-JSON, as RFC 8460, section 4, asks for: %v", syntax.Err))
}

// Package query is a question in SQL about reports at rest, its answer, and how
// that is shown. It is put to a program of its own: the engine that answers it is C++, and
// larger than all the rest together.
package query

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
)

// ErrNoEngine says that a program was built without the engine.
var ErrNoEngine = errors.New("this program was built without the engine DuckDB, for want of a C++ compiler")

// Question is one SELECT about the reports in a directory.
type Question struct {
	Dir    string   `json:"dir"`
	SQL    string   `json:"sql"`
	Values []string `json:"values"` // For its question marks.
}

// Answer is what a query gave. A value is nil, a bool, a string, a json.Number or
// another finite number, or a list or an object of these; a time is a string as RFC
// 3339 has it, or its day or its time of day alone.
type Answer struct {
	Columns []string `json:"columns"`
	Rows    [][]any  `json:"rows"`
	LeftOut []string `json:"left_out"` // The keys of what lies among the reports and is none.
	Error   string   `json:"error,omitempty"`
}

// Read reads an answer, as encoding/json writes it.
func Read(r io.Reader) (Answer, error) {
	decoder := json.NewDecoder(r)
	decoder.UseNumber()
	var answer Answer
	if err := decoder.Decode(&answer); err != nil {
		return Answer{}, fmt.Errorf("read the answer: %w", err)
	}
	return answer, nil
}

// Text gives a value on one line.
func Text(value any) string {
	switch v := value.(type) {
	case nil:
		return ""
	case string:
		return v
	case []any, map[string]any:
		text, err := json.Marshal(v)
		if err != nil {
			return fmt.Sprint(v)
		}
		return string(text)
	default:
		return fmt.Sprint(v)
	}
}

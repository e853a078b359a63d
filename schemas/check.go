package schemas

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/xeipuuv/gojsonschema"
)

// Check says what is wrong with a document, at most [MaxProblems] of it. The
// whole document goes to the validator at once, which a hostile one can keep busy
// for seconds: Check is for documents of people you trust, [CheckReport] for reports.
func (s *Schema) Check(doc []byte) []Problem {
	value, err := decode(doc)
	if err != nil {
		return notJSON(doc, err)
	}
	return atMost(s.CheckPart("", "", value))
}

// CheckPart says what is wrong with one piece of a document, as described by a
// definition of the schema, or by the whole schema if definition is "". The
// piece stands at the JSON Pointer in its document. The value has been
// decoded by encoding/json with [json.Decoder.UseNumber]: any other numbers are not checked.
func (s *Schema) CheckPart(definition, pointer string, value any) []Problem {
	part, ok := s.parts[definition]
	if !ok {
		panic(fmt.Sprintf("schema has no definition %q", definition))
	}
	result, err := part.Validate(gojsonschema.NewRawLoader(value))
	if err != nil {
		panic(fmt.Sprintf("load a decoded value: %v", err)) // Only loading can fail, and nothing is loaded.
	}
	var problems []Problem
	for _, fault := range result.Errors() {
		if isSummary(fault) {
			continue
		}
		path, message := s.explain(definition, fault)
		problems = append(problems, Problem{Path: join(pointer, path...), Message: message})
	}
	return sortProblems(problems)
}

func decode(doc []byte) (any, error) {
	decoder := json.NewDecoder(bytes.NewReader(doc))
	decoder.UseNumber()
	var value any
	if err := decoder.Decode(&value); err != nil {
		return nil, err
	}
	if _, err := decoder.Token(); err != io.EOF {
		return nil, errors.New("something follows after its end")
	}
	return value, nil
}

func notJSON(doc []byte, err error) []Problem {
	var syntax *json.SyntaxError
	switch {
	case err == io.EOF:
		return []Problem{{Message: "is empty"}}
	case errors.As(err, &syntax):
		line := 1 + bytes.Count(doc[:min(int(syntax.Offset), len(doc))], []byte("\n"))
		return []Problem{{Message: fmt.Sprintf("is not valid JSON: line %d: %s", line, inWords(err))}}
	default:
		return []Problem{{Message: "is not valid JSON: " + inWords(err)}}
	}
}

// misplaced has, for what encoding/json says of a character, what belongs in its
// place.
var misplaced = []struct{ after, wanted string }{
	{" looking for beginning of value", "a value has to begin"},
	{" looking for beginning of object key string", "a name in quotation marks has to begin"},
	{" after object key:value pair", "a comma or } has to be"},
	{" after object key", "a colon has to be"},
	{" after array element", "a comma or ] has to be"},
}

// inWords says what is wrong to people who have never seen a parser.
func inWords(err error) string {
	said := err.Error()
	if errors.Is(err, io.ErrUnexpectedEOF) {
		return "it ends in the middle, before every brace, bracket and quotation mark is closed"
	}
	for _, m := range misplaced {
		if character, is := strings.CutSuffix(said, m.after); is {
			character = strings.TrimPrefix(character, "invalid character ")
			said = character + " stands where " + m.wanted
			if strings.HasSuffix(m.wanted, "begin") && (character == "']'" || character == "'}'") {
				said += ", unless the comma before it is one too many"
			}
			return said
		}
	}
	return said
}

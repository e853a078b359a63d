package schemas

import (
	"cmp"
	"fmt"
	"math/big"
	"slices"
	"strings"

	"github.com/xeipuuv/gojsonschema"
)

// MaxProblems is how many problems are told of one document.
const MaxProblems = 20

// Problem is one thing that is wrong with a document.
type Problem struct {
	Path    string `json:"path"`    // Where: a JSON Pointer, RFC 6901; empty for the whole document.
	Message string `json:"message"` // What, to be read after the path: "is missing".
}

// separator stands between the steps of a fault's context. The names of members
// are valid UTF-8 once decoded, so none of them holds this byte.
const separator = "\xff"

// isSummary reports whether a fault only says that others, reported beside it,
// have made a group of conditions fail.
func isSummary(fault gojsonschema.ResultError) bool {
	switch fault.(type) {
	case *gojsonschema.NumberAnyOfError, *gojsonschema.NumberAllOfError,
		*gojsonschema.ConditionThenError, *gojsonschema.ConditionElseError:
		return true
	}
	return false
}

// explain says where in the piece the fault is, and what to tell of it.
func (s *Schema) explain(definition string, fault gojsonschema.ResultError) ([]string, string) {
	path := strings.Split(fault.Context().String(separator), separator)[1:]
	switch fault.(type) {
	case *gojsonschema.RequiredError:
		return append(path, fmt.Sprint(fault.Details()["property"])), "is missing"
	case *gojsonschema.AdditionalPropertyNotAllowedError:
		return append(path, fmt.Sprint(fault.Details()["property"])), "is not a name that is known here"
	}
	if message := s.at(s.definition(definition), path).ErrorMessage; message != "" {
		return path, message
	}
	return path, ownWords(fault)
}

// ownWords explains a fault at a place for which the schema has no words.
func ownWords(fault gojsonschema.ResultError) string {
	details := fault.Details()
	switch fault.(type) {
	case *gojsonschema.InvalidTypeError:
		return "must be " + kinds(fmt.Sprint(details["expected"]))
	case *gojsonschema.EnumError:
		return fmt.Sprintf("must be one of %v", details["allowed"])
	case *gojsonschema.StringLengthGTEError:
		return atLeast(details["min"], "characters")
	case *gojsonschema.StringLengthLTEError:
		return fmt.Sprintf("must have at most %v characters", details["max"])
	case *gojsonschema.ArrayMinItemsError:
		return atLeast(details["min"], "elements")
	case *gojsonschema.ArrayMaxItemsError:
		return fmt.Sprintf("must have at most %v elements", details["max"])
	case *gojsonschema.NumberGTEError:
		return "must be at least " + digits(details["min"])
	case *gojsonschema.NumberLTEError:
		return "must be at most " + digits(details["max"])
	case *gojsonschema.DoesNotMatchPatternError, *gojsonschema.DoesNotMatchFormatError:
		return "does not have the form that the schema describes"
	}
	return "is not as the schema describes: " + fault.Description()
}

// kinds turns a list of JSON Schema's types, as gojsonschema writes it, into words.
func kinds(types string) string {
	words := strings.Split(strings.Trim(types, "[]"), ",")
	for i, word := range words {
		switch word {
		case "integer":
			words[i] = "a whole number"
		case "boolean":
			words[i] = "true or false"
		case "array", "object":
			words[i] = "an " + word
		case "number", "string":
			words[i] = "a " + word
		}
	}
	last := len(words) - 1
	if last == 0 {
		return words[0]
	}
	return strings.Join(words[:last], ", ") + " or " + words[last]
}

// digits writes a bound without an exponent.
func digits(bound any) string {
	if number, ok := bound.(*big.Float); ok {
		return number.Text('f', -1)
	}
	return fmt.Sprint(bound)
}

// join lengthens a JSON Pointer by steps (RFC 6901, section 4).
func join(pointer string, steps ...string) string {
	for _, step := range steps {
		pointer += "/" + pointerEscape.Replace(step)
	}
	return pointer
}

var pointerEscape = strings.NewReplacer("~", "~0", "/", "~1")

// sortProblems sorts by path, indexes by their value, and drops what is told
// twice of the same place.
func sortProblems(problems []Problem) []Problem {
	slices.SortFunc(problems, func(a, b Problem) int {
		return cmp.Or(comparePaths(a.Path, b.Path), strings.Compare(a.Message, b.Message))
	})
	return slices.Compact(problems)
}

func comparePaths(a, b string) int {
	return slices.CompareFunc(strings.Split(a, "/"), strings.Split(b, "/"), func(a, b string) int {
		if isIndex(a) && isIndex(b) {
			return cmp.Or(cmp.Compare(len(a), len(b)), strings.Compare(a, b))
		}
		return strings.Compare(a, b)
	})
}

func isIndex(step string) bool {
	return step != "" && strings.Trim(step, "0123456789") == ""
}

// atMost cuts the list to what is told of one document.
func atMost(problems []Problem) []Problem {
	return problems[:min(len(problems), MaxProblems)]
}

func atLeast(min any, of string) string {
	if fmt.Sprint(min) == "1" {
		return "must not be empty"
	}
	return fmt.Sprintf("must have at least %v %s", min, of)
}

package schemas

import (
	"maps"
	"slices"
	"strconv"
)

// CheckReport says what is wrong with a report (RFC 8460, section 4.4), at most
// [MaxProblems] of it.
//
// The validator has no way to stop at the first faults and keeps every one: ten
// million wrong elements would cost gigabytes. So the report is checked piece
// by piece, arrays emptied and each element apart, and no further than the
// limit. The body must have passed bounds on its size, depth and numbers.
func CheckReport(s *Schema, body []byte) []Problem {
	report, err := decode(body)
	if err != nil {
		return notJSON(body, err)
	}
	check := reportCheck{schema: s}
	check.piece("", "", report)
	return atMost(sortProblems(check.problems))
}

type reportCheck struct {
	schema   *Schema
	problems []Problem
}

// piece checks one piece without its arrays, then the elements of these.
func (c *reportCheck) piece(definition, pointer string, value any) {
	bare, arrays := c.schema.detach(c.schema.definition(definition), pointer, value)
	c.problems = append(c.problems, c.schema.CheckPart(definition, pointer, bare)...)
	for _, array := range arrays {
		for i, element := range array.elements {
			if len(c.problems) >= MaxProblems {
				return
			}
			c.piece(array.definition, join(array.pointer, strconv.Itoa(i)), element)
		}
	}
}

// array is an array that was taken out of its place, with the definition that
// its elements must meet.
type array struct {
	definition string
	pointer    string
	elements   []any
}

// detach returns value with every array emptied whose elements have a
// definition of their own, and these arrays. It does not change value itself.
func (s *Schema) detach(n *node, pointer string, value any) (any, []array) {
	n = s.resolve(n)
	switch value := value.(type) {
	case []any:
		if n.Items != nil && n.Items.Ref != "" {
			return []any{}, []array{{n.Items.definitionName(), pointer, value}}
		}
	case map[string]any:
		return s.detachMembers(s.members(n), pointer, value)
	}
	return value, nil
}

func (s *Schema) detachMembers(members map[string]*node, pointer string, object map[string]any) (any, []array) {
	bare := maps.Clone(object)
	var arrays []array
	for _, name := range slices.Sorted(maps.Keys(members)) {
		member, ok := object[name]
		if !ok {
			continue
		}
		var more []array
		bare[name], more = s.detach(members[name], join(pointer, name), member)
		arrays = append(arrays, more...)
	}
	return bare, arrays
}

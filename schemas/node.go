package schemas

import "strings"

const definitionsPrefix = "#/definitions/"

// node is what must be known of a place in a schema beyond what gojsonschema
// tells: where its members and elements are described, and in which words its
// author explains a fault.
type node struct {
	ID           string           `json:"$id"`
	Ref          string           `json:"$ref"`
	Properties   map[string]*node `json:"properties"`
	Items        *node            `json:"items"`
	Then         *node            `json:"then"`
	Definitions  map[string]*node `json:"definitions"`
	ErrorMessage string           `json:"errorMessage"`
}

// definition returns the named definition, or the whole schema for "".
func (s *Schema) definition(name string) *node {
	if name == "" {
		return s.root
	}
	return s.root.Definitions[name]
}

// resolve follows the references of n.
func (s *Schema) resolve(n *node) *node {
	for n.Ref != "" {
		n = s.definition(n.definitionName())
	}
	return n
}

func (n *node) definitionName() string {
	return strings.TrimPrefix(n.Ref, definitionsPrefix)
}

// members returns the descriptions of the members of an object at n. A place
// that takes an array or a lone object describes the object under "then".
func (s *Schema) members(n *node) map[string]*node {
	if n.Properties == nil && n.Then != nil {
		return s.resolve(n.Then).Properties
	}
	return n.Properties
}

// at returns the description of the place that the path of member names and
// indexes leads to from n, or an empty one where there is none.
func (s *Schema) at(n *node, path []string) *node {
	n = s.resolve(n)
	if len(path) == 0 {
		return n
	}
	if member, ok := s.members(n)[path[0]]; ok {
		return s.at(member, path[1:])
	}
	if n.Items != nil {
		return s.at(n.Items, path[1:])
	}
	return new(node)
}

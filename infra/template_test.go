package main

import (
	"encoding/json"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/aws/aws-cdk-go/awscdk/v2/assertions"
)

// template is a CloudFormation template, as far as tests look into it.
type template struct {
	Resources map[string]resource
	Outputs   map[string]struct {
		Description string
		Value       any
	}
	text string
}

type resource struct {
	Type                string
	DeletionPolicy      string
	UpdateReplacePolicy string
	DependsOn           []string
	Properties          map[string]any
}

func synthesize(t *testing.T, config Config, folder string) template {
	t.Helper()
	stack := newStack(newApp(), config, folder)
	text, err := json.Marshal(assertions.Template_FromStack(stack, nil).ToJSON())
	if err != nil {
		t.Fatal(err)
	}
	parsed := template{text: string(text)}
	if err := json.Unmarshal(text, &parsed); err != nil {
		t.Fatal(err)
	}
	return parsed
}

// matrixStacks caches the stack of each configuration of the matrix: synthesis
// takes most of a second. Tests only read them.
var matrixStacks = make(map[string]template)

// matrixStack returns a configuration of the matrix, and its stack.
func matrixStack(t *testing.T, name string) (Config, template) {
	t.Helper()
	config := mustParse(t, matrix[name])
	stack, cached := matrixStacks[name]
	if !cached {
		stack = synthesize(t, config, stubs(t, config))
		matrixStacks[name] = stack
	}
	return config, stack
}

// eachStack runs a test on the stack of each configuration of the matrix.
func eachStack(t *testing.T, test func(t *testing.T, config Config, stack template)) {
	for name := range matrix {
		t.Run(name, func(t *testing.T) {
			config, stack := matrixStack(t, name)
			test(t, config, stack)
		})
	}
}

// all gives the resources of a type, by their logical ids.
func (s template) all(resourceType string) map[string]resource {
	found := make(map[string]resource)
	for id, r := range s.Resources {
		if r.Type == resourceType {
			found[id] = r
		}
	}
	return found
}

// like gives the one resource of a type whose logical id begins so.
func (s template) like(t *testing.T, resourceType, prefix string) (string, resource) {
	t.Helper()
	var ids []string
	for id := range s.all(resourceType) {
		if strings.HasPrefix(id, prefix) {
			ids = append(ids, id)
		}
	}
	if len(ids) != 1 {
		t.Fatalf("%d resources %s begin with %q, want 1: %q", len(ids), resourceType, prefix, ids)
	}
	return ids[0], s.Resources[ids[0]]
}

// at digs for a property, by a path such as "A.B.0.C"; nil if there is none.
func (r resource) at(path string) any {
	var value any = r.Properties
	for step := range strings.SplitSeq(path, ".") {
		switch v := value.(type) {
		case map[string]any:
			value = v[step]
		case []any:
			i, err := strconv.Atoi(step)
			if err != nil || i >= len(v) {
				return nil
			}
			value = v[i]
		default:
			return nil
		}
	}
	return value
}

// asJSON makes literals of Go and values of a template alike.
func asJSON(t *testing.T, value any) any {
	t.Helper()
	text, err := json.Marshal(value)
	if err != nil {
		t.Fatal(err)
	}
	var plain any
	if err := json.Unmarshal(text, &plain); err != nil {
		t.Fatal(err)
	}
	return plain
}

// refersTo reports whether a value of a template is made from a resource.
func refersTo(value any, id string) bool {
	switch v := value.(type) {
	case map[string]any:
		if v["Ref"] == id {
			return true
		}
		for _, inner := range v {
			if refersTo(inner, id) {
				return true
			}
		}
	case []any:
		return slices.ContainsFunc(v, func(inner any) bool { return refersTo(inner, id) })
	case string:
		return v == id
	}
	return false
}

// reference is the logical id in {"Ref": id}.
func reference(value any) string {
	ref, _ := value.(map[string]any)
	id, _ := ref["Ref"].(string)
	return id
}

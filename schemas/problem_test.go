package schemas

import (
	"slices"
	"testing"
)

func TestWordsForFaults(t *testing.T) {
	for _, c := range []struct {
		schema, doc   string
		path, message string
	}{
		{`"type": "integer"`, `1.5`, "", "must be a whole number"},
		{`"type": ["number", "boolean", "null"]`, `""`, "", "must be a number, true or false or null"},
		{`"type": "string", "enum": ["enforce", "none"]`, `"no"`, "", `must be one of "enforce", "none"`},
		{`"minLength": 1`, `""`, "", "must not be empty"},
		{`"minLength": 2`, `"é"`, "", "must have at least 2 characters"},
		{`"maxLength": 2`, `"abc"`, "", "must have at most 2 characters"},
		{`"minItems": 1`, `[]`, "", "must not be empty"},
		{`"maxItems": 1`, `[0, 0]`, "", "must have at most 1 elements"},
		{`"minimum": 86400`, `0`, "", "must be at least 86400"},
		{`"maximum": 31557600`, `31557601`, "", "must be at most 31557600"},
		{`"pattern": "^a$"`, `"b"`, "", "does not have the form that the schema describes"},
		{`"format": "ipv4"`, `"b"`, "", "does not have the form that the schema describes"},
		{`"uniqueItems": true`, `[1, 1]`, "", "is not as the schema describes: array items[0,1] must be unique"},
		{`"pattern": "^a$", "errorMessage": "must be a"`, `"b"`, "", "must be a"},
		{`"additionalProperties": false`, `{"a/b~c.d": 1}`, "/a~1b~0c.d", "is not a name that is known here"},
		{`"required": ["a.b"]`, `{}`, "/a.b", "is missing"},
		{`"additionalProperties": {"type": "null"}`, `{"a.b": {}}`, "/a.b", "must be null"},
		{`"items": {"type": "null"}`, `[null, 0]`, "/1", "must be null"},
	} {
		schema, err := compile(`{"$id": "https://sealpost.example/test.json", ` + c.schema + `}`)
		if err != nil {
			t.Fatal(err)
		}
		want := []Problem{{c.path, c.message}}
		if got := schema.Check([]byte(c.doc)); !slices.Equal(got, want) {
			t.Errorf("{%s} of %s:\n got %v\nwant %v", c.schema, c.doc, got, want)
		}
	}
}

func TestCompileRefuses(t *testing.T) {
	for _, source := range []string{``, `[]`, `{"type": "text"}`, `{"definitions": {"a": {"pattern": "("}}}`} {
		if _, err := compile(source); err == nil {
			t.Errorf("%s: compiled", source)
		}
	}
}

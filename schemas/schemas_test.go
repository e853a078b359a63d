package schemas_test

import (
	"encoding/json"
	"maps"
	"path"
	"slices"
	"strings"
	"testing"

	"github.com/xeipuuv/gojsonschema"

	"sealpost/schemas"
)

var all = map[string]func() *schemas.Schema{
	"tlsrpt":        schemas.TLSRPT,
	"tlsrpt-strict": schemas.TLSRPTStrict,
	"policy":        schemas.Policy,
}

func TestSchemasAreDraft7(t *testing.T) {
	for name, schema := range all {
		t.Run(name, func(t *testing.T) {
			loader := gojsonschema.NewSchemaLoader()
			loader.Validate = true
			if _, err := loader.Compile(gojsonschema.NewStringLoader(schema().Source())); err != nil {
				t.Error(err)
			}
			var head struct {
				Schema string `json:"$schema"`
				ID     string `json:"$id"`
			}
			if err := json.Unmarshal([]byte(schema().Source()), &head); err != nil {
				t.Fatal(err)
			}
			if want := "http://json-schema.org/draft-07/schema#"; head.Schema != want {
				t.Errorf("$schema is %q, want %q", head.Schema, want)
			}
			if want := "https://sealpost.example/schemas/" + name + ".schema.json"; head.ID != want {
				t.Errorf("$id is %q, want %q", head.ID, want)
			}
		})
	}
}

func TestSchemasAreDocumentedAndSafe(t *testing.T) {
	for name, schema := range all {
		t.Run(name, func(t *testing.T) {
			places := 0
			for at, place := range subschemas(t, schema()) {
				places++
				if isProperty(at) && !strings.Contains(text(place["description"]), "RFC") {
					t.Errorf("%s: the description names no RFC", at)
				}
				if ref, ok := place["$ref"]; ok && !strings.HasPrefix(text(ref), "#") {
					t.Errorf("%s: $ref %v would be loaded from elsewhere", at, ref)
				}
				// gojsonschema panics where it compares, with a constant, a
				// value that holds a number too large for a float64.
				if (place["enum"] != nil || place["const"] != nil) && place["type"] != "string" {
					t.Errorf("%s: enum and const need \"type\": \"string\"", at)
				}
			}
			if places < 5 {
				t.Errorf("walked over %d places only", places)
			}
		})
	}
}

// CheckReport empties arrays and checks their elements by definition.
func TestReportSchemasCanBeTakenApart(t *testing.T) {
	for _, schema := range []*schemas.Schema{schemas.TLSRPT(), schemas.TLSRPTStrict()} {
		for at, place := range subschemas(t, schema) {
			for _, keyword := range []string{"minItems", "maxItems", "uniqueItems", "contains"} {
				if _, ok := place[keyword]; ok {
					t.Errorf("%s: CheckReport cannot obey %s", at, keyword)
				}
			}
			if items, ok := place["items"].(map[string]any); ok && items["$ref"] == nil {
				t.Errorf("%s: items must be a definition", at)
			}
		}
	}
}

func TestCheckPartWithoutSuchADefinition(t *testing.T) {
	defer func() {
		if recover() == nil {
			t.Error("no panic")
		}
	}()
	schemas.TLSRPT().CheckPart("no-such-definition", "", nil)
}

func TestCheckPart(t *testing.T) {
	value := map[string]any{"result-type": json.Number("5")}
	want := []schemas.Problem{{Path: "/x/7/result-type", Message: "must be a string or null"}}
	if got := schemas.TLSRPT().CheckPart("failure-details", "/x/7", value); !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

// subschemas maps the path of each object in a schema to that object, but for
// those that only hold subschemas by name.
func subschemas(t *testing.T, schema *schemas.Schema) map[string]map[string]any {
	t.Helper()
	var root any
	if err := json.Unmarshal([]byte(schema.Source()), &root); err != nil {
		t.Fatal(err)
	}
	found := make(map[string]map[string]any)
	var walk func(at string, value any, names bool)
	walk = func(at string, value any, names bool) {
		switch value := value.(type) {
		case map[string]any:
			if !names {
				found[at] = value
			}
			for _, key := range slices.Sorted(maps.Keys(value)) {
				walk(at+"/"+key, value[key], !names && (key == "properties" || key == "definitions"))
			}
		case []any:
			for _, element := range value {
				walk(at+"/*", element, false)
			}
		}
	}
	walk("", root, false)
	return found
}

// isProperty tells the description of a member from a condition on it.
func isProperty(at string) bool {
	return path.Base(path.Dir(at)) == "properties" && !strings.Contains(at, "/if/")
}

func text(value any) string {
	s, _ := value.(string)
	return s
}

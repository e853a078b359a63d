// Package schemas holds the JSON Schemas of SMTP TLS reports (RFC 8460) and of
// MTA-STS policies as people edit them (RFC 8461), and checks documents
// against them.
package schemas

import (
	"embed"
	"encoding/json"
	"fmt"
	"sync"

	"github.com/xeipuuv/gojsonschema"
)

//go:embed *.schema.json
var files embed.FS

// TLSRPT is the schema of the reports that are accepted: RFC 8460, section
// 4.4, widened by what real reporters send.
func TLSRPT() *Schema { return tlsrpt() }

// TLSRPTStrict is the schema of RFC 8460, section 4.4, to the letter, for
// people who write reporters.
func TLSRPTStrict() *Schema { return tlsrptStrict() }

// Policy is the schema of an MTA-STS policy as it is edited, before it becomes
// the text of RFC 8461, section 3.2.
func Policy() *Schema { return policy() }

var (
	tlsrpt       = sync.OnceValue(func() *Schema { return mustLoad("tlsrpt.schema.json") })
	tlsrptStrict = sync.OnceValue(func() *Schema { return mustLoad("tlsrpt-strict.schema.json") })
	policy       = sync.OnceValue(func() *Schema { return mustLoad("policy.schema.json") })
)

// Schema is one of the schemas, compiled. It may be used by several goroutines.
type Schema struct {
	source string
	root   *node
	parts  map[string]*gojsonschema.Schema // By name of definition; the whole schema under "".
}

// Source is the text of the schema, as JSON.
func (s *Schema) Source() string { return s.source }

// mustLoad panics where a schema is wrong: the schemas are part of the program.
func mustLoad(name string) *Schema {
	source, err := files.ReadFile(name)
	if err != nil {
		panic(fmt.Sprintf("read schema: %v", err))
	}
	s, err := compile(string(source))
	if err != nil {
		panic(fmt.Sprintf("compile %s: %v", name, err))
	}
	return s
}

func compile(source string) (*Schema, error) {
	s := &Schema{source: source, root: new(node), parts: make(map[string]*gojsonschema.Schema)}
	if err := json.Unmarshal([]byte(source), s.root); err != nil {
		return nil, err
	}
	loader := gojsonschema.NewSchemaLoader()
	loader.Draft, loader.AutoDetect = gojsonschema.Draft7, false
	if err := loader.AddSchema(s.root.ID, gojsonschema.NewStringLoader(source)); err != nil {
		return nil, err
	}
	var err error
	if s.parts[""], err = loader.Compile(gojsonschema.NewReferenceLoader(s.root.ID)); err != nil {
		return nil, err
	}
	for name := range s.root.Definitions {
		ref := gojsonschema.NewReferenceLoader(s.root.ID + definitionsPrefix + name)
		if s.parts[name], err = loader.Compile(ref); err != nil {
			return nil, fmt.Errorf("definition %q: %w", name, err)
		}
	}
	return s, nil
}

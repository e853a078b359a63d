package main

import (
	"errors"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// problem is what is wrong with a key, such as domains[0].name.
type problem struct{ key, says string }

// problems of a configuration are an error of which each line names a key.
type problems []problem

func (p problems) Error() string {
	lines := []string{"the configuration is wrong (docs/configuration.md lists every key):"}
	for _, problem := range p {
		lines = append(lines, problem.key+": "+problem.says)
	}
	return strings.Join(lines, "\n")
}

// problemsBut leaves out what only follows from problems that are known: those
// of the same keys, and of keys inside them.
func problemsBut(known, found problems) problems {
	return slices.DeleteFunc(found, func(f problem) bool {
		return slices.ContainsFunc(known, func(k problem) bool {
			rest, is := strings.CutPrefix(f.key, k.key)
			return is && (rest == "" || rest[0] == '.' || rest[0] == '[')
		})
	})
}

// decode reads what can be read, over the defaults. Each key that cannot is a
// problem, and taken as left out, so that all are found at once. An error means
// that the text is no JSON.
func decode(text []byte) (Config, problems, error) {
	var written any
	if err := json.Unmarshal(text, &written); err != nil {
		return Config{}, nil, fmt.Errorf("the configuration is not JSON: %w", err)
	}
	found := empties(contextKey, written)
	for {
		text, err := json.Marshal(written)
		if err != nil {
			return Config{}, nil, fmt.Errorf("the configuration is not JSON: %w", err)
		}
		config := defaults()
		var semantic *json.SemanticError
		err = json.Unmarshal(text, &config, json.RejectUnknownMembers(true))
		switch {
		case err == nil:
			return config, found, nil
		case !errors.As(err, &semantic):
			return Config{}, nil, fmt.Errorf("read the configuration: %w", err)
		}
		found = append(found, problem{keyOf(semantic.JSONPointer), explain(semantic)})
		written = without(written, slices.Collect(semantic.JSONPointer.Tokens()))
	}
}

// explain says what can stand in the place of what cannot.
func explain(err *json.SemanticError) string {
	if errors.Is(err, json.ErrUnknownName) {
		return "there is no such key; docs/configuration.md lists them all"
	}
	return fmt.Sprintf("write %s, not %s", wanted(err.GoType), kindName(err.JSONKind))
}

func wanted(goType reflect.Type) string {
	switch goType.Kind() {
	case reflect.Bool:
		return "true or false"
	case reflect.String:
		return "a text in quotation marks"
	case reflect.Int:
		return "a whole number"
	case reflect.Slice:
		return "a list in [ ]"
	default:
		return "an object in { }"
	}
}

func kindName(kind jsontext.Kind) string {
	switch kind {
	case 't', 'f':
		return "true or false"
	case '"':
		return "a text"
	case '0':
		return "this number"
	case '{':
		return "an object"
	case '[':
		return "a list"
	default:
		return "this"
	}
}

// without takes out what lies at a path. Elements of lists become null, so that
// the others keep their numbers.
func without(value any, path []string) any {
	if len(path) == 0 {
		return map[string]any{}
	}
	switch value := value.(type) {
	case map[string]any:
		if len(path) == 1 {
			delete(value, path[0])
		} else {
			value[path[0]] = without(value[path[0]], path[1:])
		}
	case []any:
		i, err := strconv.Atoi(path[0])
		switch {
		case err != nil || i >= len(value):
		case len(path) == 1:
			value[i] = nil
		default:
			value[i] = without(value[i], path[1:])
		}
	}
	return value
}

// empties finds texts without a letter. Whoever wants a default leaves the key
// out; whoever forgot to fill one in is told.
func empties(key string, value any) (found problems) {
	switch value := value.(type) {
	case string:
		if value == "" {
			found = problems{{key, "it is empty: fill it in, or take the key away"}}
		}
	case []any:
		for i, element := range value {
			found = append(found, empties(fmt.Sprintf("%s[%d]", key, i), element)...)
		}
	case map[string]any:
		for _, name := range slices.Sorted(maps.Keys(value)) {
			found = append(found, empties(key+"."+name, value[name])...)
		}
	}
	return found
}

// keyOf writes a JSON Pointer as people name keys, such as
// sealpost.digest.hour or sealpost.domains[0].name.
func keyOf(pointer jsontext.Pointer) string {
	var key strings.Builder
	key.WriteString(contextKey)
	for token := range pointer.Tokens() {
		if strings.Trim(token, "0123456789") == "" {
			key.WriteString("[" + token + "]")
		} else {
			key.WriteString("." + token)
		}
	}
	return key.String()
}

package schemas_test

import (
	"bytes"
	"encoding/json"
	"os"
	"strconv"
	"strings"
	"testing"
)

func report(tb testing.TB) []byte {
	tb.Helper()
	doc, err := os.ReadFile("testdata/report.json")
	if err != nil {
		tb.Fatal(err)
	}
	return doc
}

func apply(tb testing.TB, doc []byte, e edit) []byte {
	tb.Helper()
	if e.at == "" {
		return []byte(e.value)
	}
	root := decode(tb, doc)
	steps := strings.Split(e.at, "/")[1:]
	last := len(steps) - 1
	place := root
	for _, step := range steps[:last] {
		place = child(tb, place, step)
	}
	switch place := place.(type) {
	case []any:
		i, err := strconv.Atoi(steps[last])
		if err != nil {
			tb.Fatal(err)
		}
		place[i] = json.RawMessage(e.value)
	case map[string]any:
		place[steps[last]] = json.RawMessage(e.value)
		if e.value == "" {
			delete(place, steps[last])
		}
	default:
		tb.Fatalf("%s: nothing to edit there", e.at)
	}
	changed, err := json.Marshal(root)
	if err != nil {
		tb.Fatal(err)
	}
	return changed
}

func child(tb testing.TB, place any, step string) any {
	tb.Helper()
	switch place := place.(type) {
	case []any:
		i, err := strconv.Atoi(step)
		if err != nil {
			tb.Fatal(err)
		}
		return place[i]
	case map[string]any:
		return place[step]
	}
	tb.Fatalf("no %s in %v", step, place)
	return nil
}

func decode(tb testing.TB, doc []byte) any {
	tb.Helper()
	decoder := json.NewDecoder(bytes.NewReader(doc))
	decoder.UseNumber()
	var value any
	if err := decoder.Decode(&value); err != nil {
		tb.Fatal(err)
	}
	return value
}

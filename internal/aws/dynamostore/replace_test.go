package dynamostore_test

import (
	"testing"

	"sealpost/internal/publication"
)

func TestReplace(t *testing.T) {
	const domain = "example.com"
	const (
		first  = `{"domain":"example.com","mode":"testing","mx":["mx1.example.com"]}`
		second = `{"comment":"c","dns":"manual","domain":"example.com","max_age":31557600,"mode":"enforce","mx":["a.example","b.example"],"override":{"reason":"r","rules":["brake","retire"],"until":"2026-12-31T00:00:00Z"}}`
	)
	onEach(t, func(t *testing.T, endpoint string) {
		items := newItems(t, endpoint)
		var before publication.Item
		for _, text := range []string{first, second, first, second} {
			if done, err := items.Replace(t.Context(), domain, before, []byte(text)); !done || err != nil {
				t.Fatalf("%s was not put in place of %s: %v", text, before.Text, err)
			}
			stale := before
			var err error
			if before, _, err = items.Item(t.Context(), domain); err != nil || string(before.Text) != text {
				t.Fatalf("the item is %s, %v; want %s", before.Text, err, text)
			}
			if done, err := items.Replace(t.Context(), domain, stale, []byte(first)); done || err != nil {
				t.Errorf("an item that was edited meanwhile: %t, %v", done, err)
			}
		}
	})
}

package duckdb

import "testing"

func TestTypeName(t *testing.T) {
	const whole = typeName(`STRUCT(a DECIMAL(5,2), "b, ""c" MAP(VARCHAR, DATE[]), d STRUCT("e f" TIME)[3], g ENUM('it''s, )', 'JSON'), "JSON" JSON)`)
	key, value := whole.member(`b, "c`).entry()
	for got, want := range map[typeName]typeName{
		whole.member("a"): "DECIMAL(5,2)",
		key:               "VARCHAR",
		value:             "DATE[]",
		value.element():   "DATE",
		whole.member("d").element().member("e f"): "TIME",
		whole.member("g"):                         `ENUM('it''s, )', 'JSON')`,
		whole.member("JSON"):                      "JSON",
		whole.member("JSON").withText():           "VARCHAR",
		whole.member("g").withText():              whole.member("g"),
		whole.member("c"):                         "",
	} {
		if got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
	if key, value := typeName("VARCHAR").entry(); key != "" || value != "" {
		t.Errorf("the entries of what is no map: %q, %q", key, value)
	}
}

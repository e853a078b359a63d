package athena

import (
	"fmt"
	"reflect"
	"strings"
	"time"

	"sealpost/internal/archive"
)

// Column is a column of a table, or a member of a row.
type Column struct {
	Name string
	Type Type
}

// Type is the type of a column.
type Type struct {
	kind    kind
	members []Column // Of a row, or of each row of a list of rows.
}

type kind int

const (
	text kind = iota
	integer
	bigint
	texts
	rows

	// Of views only.
	timestamp
	decimal
)

// Columns gives the columns of the table of reports, without the day that it is
// partitioned by. They are the members of [archive.Line].
func Columns() []Column {
	return columnsOf(reflect.TypeFor[archive.Line]())
}

func columnsOf(structure reflect.Type) []Column {
	var columns []Column
	for i := range structure.NumField() {
		field := structure.Field(i)
		name, _, _ := strings.Cut(field.Tag.Get("json"), ",")
		columns = append(columns, Column{name, typeOf(field.Type)})
	}
	return columns
}

// typeOf panics where a line has come to have members that nobody thought of
// here: lines are part of the program.
//
// A time stays a text: what a line has, with a T and a Z, is no time for Hive.
func typeOf(t reflect.Type) Type {
	switch {
	case t == reflect.TypeFor[time.Time](), t.Kind() == reflect.String:
		return Type{kind: text}
	case t.Kind() == reflect.Int:
		return Type{kind: integer}
	case t.Kind() == reflect.Int64:
		return Type{kind: bigint}
	case t.Kind() == reflect.Slice && t.Elem().Kind() == reflect.String:
		return Type{kind: texts}
	case t.Kind() == reflect.Slice && t.Elem().Kind() == reflect.Struct:
		return Type{rows, columnsOf(t.Elem())}
	default:
		panic(fmt.Sprintf("no column can hold a %v", t))
	}
}

// Hive words the type for the Glue Data Catalog and for Athena's DDL.
func (t Type) Hive() string {
	return t.in(dialect{"string", "int", "bigint", "timestamp", "decimal(38,0)", "array<%s>", "struct<%s>", ":", ","})
}

// Trino words the type for queries, as Trino and Athena know them.
func (t Type) Trino() string {
	return t.in(dialect{"varchar", "integer", "bigint", "timestamp(3)", "decimal(38,0)", "array(%s)", "row(%s)", " ", ", "})
}

// DuckDB words the type for DuckDB.
func (t Type) DuckDB() string {
	return t.in(dialect{"VARCHAR", "INTEGER", "BIGINT", "TIMESTAMP", "DECIMAL(38,0)", "%s[]", "STRUCT(%s)", " ", ", "})
}

// Members gives the columns of each row in a list of rows.
func (t Type) Members() []Column { return t.members }

type dialect struct {
	text, integer, bigint string
	timestamp, decimal    string
	list, row             string
	afterName, between    string
}

func (t Type) in(d dialect) string {
	switch t.kind {
	case integer:
		return d.integer
	case bigint:
		return d.bigint
	case timestamp:
		return d.timestamp
	case decimal:
		return d.decimal
	case texts:
		return fmt.Sprintf(d.list, d.text)
	case rows:
		var members []string
		for _, m := range t.members {
			members = append(members, m.Name+d.afterName+m.Type.in(d))
		}
		return fmt.Sprintf(d.list, fmt.Sprintf(d.row, strings.Join(members, d.between)))
	default:
		return d.text
	}
}

func names(columns []Column) []string {
	var all []string
	for _, c := range columns {
		all = append(all, c.Name)
	}
	return all
}

package athena

import (
	"embed"
	"fmt"
	"strings"

	"sealpost/internal/archive"
)

//go:embed views/*.columns
var columnFiles embed.FS

// Columns gives the columns of a view, as DESCRIBE does. Who stores a view must say
// them beside its SQL, and Athena refuses one that has come to differ.
func (v View) Columns() []Column {
	if v.Name == AllReports {
		return append(Columns(), Column{archive.PartitionColumn, Type{kind: text}})
	}
	known := make(map[string]Type)
	for _, t := range []Type{{kind: text}, {kind: boolean}, {kind: bigint}, {kind: count}, {kind: timestamp}, {kind: texts}} {
		known[t.Trino()] = t
	}
	for _, ofLine := range Columns() {
		for _, member := range ofLine.Type.Members() {
			known[member.Type.Trino()] = member.Type
		}
	}
	text, err := columnFiles.ReadFile("views/" + v.Name + ".columns")
	if err != nil {
		panic(err) // It is part of the program.
	}
	var columns []Column
	for line := range strings.Lines(string(text)) {
		name, words, _ := strings.Cut(strings.TrimSpace(line), " ")
		t, is := known[words]
		if !is {
			panic(fmt.Sprintf("views/%s.columns: %s has an unknown type: %s", v.Name, name, words)) // It is part of the program.
		}
		columns = append(columns, Column{name, t})
	}
	return columns
}

//go:build cgo && (darwin || linux) && (amd64 || arm64)

package duckdb

import (
	"database/sql"
	"encoding/json"
	"fmt"
	"math"
	"math/big"
	"strings"
	"time"

	driver "github.com/duckdb/duckdb-go/v2"

	"sealpost/internal/query"
)

func answerOf(rows *sql.Rows) (query.Answer, error) {
	types, err := rows.ColumnTypes()
	if err != nil {
		return query.Answer{}, err
	}
	var answer query.Answer
	for _, t := range types {
		answer.Columns = append(answer.Columns, t.Name())
	}
	for rows.Next() {
		values := make([]any, len(types))
		places := make([]any, len(types))
		for i := range values {
			places[i] = &values[i]
		}
		if err := rows.Scan(places...); err != nil {
			return query.Answer{}, err
		}
		for i := range values {
			values[i] = valueOf(values[i], types[i].DatabaseTypeName())
		}
		answer.Rows = append(answer.Rows, values)
	}
	return answer, rows.Err()
}

// valueOf gives a value of the driver's as answers have them.
func valueOf(value any, typeName string) any {
	switch v := value.(type) {
	case nil, bool, string:
		return v
	case time.Time:
		if typeName == "DATE" {
			return v.Format(time.DateOnly)
		}
		return v.UTC().Format(time.RFC3339Nano)
	case []byte:
		return string(v)
	case driver.Decimal:
		return json.Number(v.String())
	case *big.Int:
		return json.Number(v.String())
	case int8, int16, int32, int64, uint8, uint16, uint32, uint64:
		return json.Number(fmt.Sprint(v))
	case float32:
		return finite(float64(v), v)
	case float64:
		return finite(v, v)
	case []any:
		list := make([]any, len(v))
		for i := range v {
			list[i] = valueOf(v[i], strings.TrimSuffix(typeName, "[]"))
		}
		return list
	case map[string]any:
		object := make(map[string]any, len(v))
		for name := range v {
			object[name] = valueOf(v[name], "")
		}
		return object
	default:
		return fmt.Sprint(v)
	}
}

// finite gives a number that JSON has, and in words one that it has not, such as
// what comes of a division by zero.
func finite(f float64, number any) any {
	switch {
	case math.IsNaN(f):
		return "NaN"
	case math.IsInf(f, 1):
		return "Infinity"
	case math.IsInf(f, -1):
		return "-Infinity"
	default:
		return number
	}
}

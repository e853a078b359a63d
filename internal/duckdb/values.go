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

// cellSize is what a value takes besides its text.
const cellSize = 32

func answerOf(rows *sql.Rows, columns []column) (query.Answer, error) {
	var answer query.Answer
	for _, c := range columns {
		answer.Columns = append(answer.Columns, c.name)
	}
	size := 0
	for rows.Next() {
		values := make([]any, len(columns))
		places := make([]any, len(columns))
		for i := range values {
			places[i] = &values[i]
		}
		if err := rows.Scan(places...); err != nil {
			return query.Answer{}, err
		}
		for i := range values {
			values[i] = valueOf(values[i], columns[i].typeName)
			size += cellSize + len(query.Text(values[i]))
		}
		if size > maxAnswer {
			return query.Answer{}, errTooLarge
		}
		answer.Rows = append(answer.Rows, values)
	}
	return answer, rows.Err()
}

// valueOf gives a value of the driver's as answers have them.
func valueOf(value any, of typeName) any {
	switch v := value.(type) {
	case nil, bool:
		return v
	case string:
		if of == "JSON" {
			return valueOfJSON(v)
		}
		return v
	case time.Time:
		return textOfTime(v, of)
	case driver.Interval:
		return textOfInterval(v)
	case []byte:
		if of == "UUID" && len(v) == len(driver.UUID{}) {
			id := driver.UUID(v)
			return id.String()
		}
		return textOfBytes(v)
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
			list[i] = valueOf(v[i], of.element())
		}
		return list
	case map[string]any:
		object := make(map[string]any, len(v))
		for name := range v {
			object[name] = valueOf(v[name], of.member(name))
		}
		return object
	case driver.OrderedMap:
		keyType, valueType := of.entry()
		object := make(map[string]any, v.Len())
		values := v.Values()
		for i, key := range v.Keys() {
			object[query.Text(valueOf(key, keyType))] = valueOf(values[i], valueType)
		}
		return object
	case driver.Union:
		return valueOf(v.Value, of.member(v.Tag))
	default:
		return fmt.Sprint(v)
	}
}

// textOfTime writes a point in time as RFC 3339 has it, or what it has of one.
func textOfTime(at time.Time, of typeName) string {
	switch of {
	case "DATE":
		return at.Format(time.DateOnly)
	case "TIME":
		return at.Format("15:04:05.999999")
	case "TIME WITH TIME ZONE":
		return at.Format("15:04:05.999999Z07:00")
	default:
		return at.UTC().Format(time.RFC3339Nano)
	}
}

// textOfInterval writes a span of time as DuckDB does: "1 month 2 days 03:04:05".
// Neither a month nor a day is so many hours.
func textOfInterval(span driver.Interval) string {
	var parts []string
	for _, part := range []struct {
		n    int32
		unit string
	}{{span.Months / 12, "year"}, {span.Months % 12, "month"}, {span.Days, "day"}} {
		switch part.n {
		case 0:
		case 1, -1:
			parts = append(parts, fmt.Sprintf("%d %s", part.n, part.unit))
		default:
			parts = append(parts, fmt.Sprintf("%d %ss", part.n, part.unit))
		}
	}
	if span.Micros != 0 || len(parts) == 0 {
		rest := time.Duration(span.Micros).Abs()
		const second, minute, hour = 1_000_000, 60 * 1_000_000, 60 * 60 * 1_000_000
		text := fmt.Sprintf("%02d:%02d:%02d", rest/hour, rest%hour/minute, rest%minute/second)
		if micros := rest % second; micros != 0 {
			text += strings.TrimRight(fmt.Sprintf(".%06d", micros), "0")
		}
		if span.Micros < 0 {
			text = "-" + text
		}
		parts = append(parts, text)
	}
	return strings.Join(parts, " ")
}

// textOfBytes writes bytes as DuckDB does: what is not printable ASCII as \xNN.
func textOfBytes(bytes []byte) string {
	var b strings.Builder
	for _, c := range bytes {
		if c < ' ' || c > '~' || strings.ContainsRune(`\'"`, rune(c)) {
			fmt.Fprintf(&b, `\x%02X`, c)
		} else {
			b.WriteByte(c)
		}
	}
	return b.String()
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

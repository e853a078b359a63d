package querytest

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"sealpost/schemas/athena"
)

// Trino is a schema of its own on a server of Trino, the engine that Athena is
// made of, and the folder of the bucket that it reads.
type Trino struct {
	url    string
	schema string
	bucket string // As Trino names it.
	Dir    string
}

// NewTrino makes a schema and a bucket on a server that .ci/trino has started, as
// .ci/run does. Without one the test is skipped.
func NewTrino(tb testing.TB) *Trino {
	tb.Helper()
	url, files := os.Getenv("SEALPOST_TRINO"), os.Getenv("SEALPOST_TRINO_FILES")
	if url == "" || files == "" {
		tb.Skip("SEALPOST_TRINO and SEALPOST_TRINO_FILES do not say where Trino is; .ci/run starts it")
	}
	schema := "s" + strings.ToLower(rand.Text()[:10])
	t := &Trino{url: url, schema: schema, bucket: "local:///" + schema + "/", Dir: filepath.Join(files, schema)}
	t.Must(tb, "CREATE SCHEMA hive."+schema+" WITH (location = '"+t.bucket+"catalog')")
	t.Must(tb, t.reportsTable())
	t.Must(tb, t.compactedTable())
	t.CreateViews(tb)
	return t
}

// CreateViews makes or replaces the views, all of which read the table of reports alone.
func (t *Trino) CreateViews(tb testing.TB) {
	tb.Helper()
	for _, view := range athena.Views() {
		t.Must(tb, "CREATE OR REPLACE VIEW "+view.Name+" AS\n"+view.SQL)
	}
}

// reportsTable words the DDL of the table as Trino has it. It holds just what
// the Glue table has, but for its last day, since what is tested here may lie
// ahead of the clock.
func (t *Trino) reportsTable() string {
	table := athena.ReportsTable(t.bucket)
	day := "projection." + table.Partition.Name + "."
	first, _, _ := strings.Cut(table.Parameters[day+"range"], ",")
	return strings.NewReplacer(
		"{table}", table.Name,
		"{columns}", columnsOfTrino(table.Columns),
		"{day}", table.Partition.Name,
		"{type}", table.Parameters[day+"type"],
		"{format}", table.Parameters[day+"format"],
		"{first}", first,
		"{last}", Today.AddDate(0, 1, 0).Format(time.DateOnly),
		"{interval}", table.Parameters[day+"interval"],
		"{unit}", table.Parameters[day+"interval.unit"],
		"{location}", table.Location,
		"{enabled}", table.Parameters["projection.enabled"],
		"{template}", table.Parameters["storage.location.template"],
	).Replace(`CREATE TABLE {table} (
{columns},
  {day} varchar WITH (
    partition_projection_type = '{type}',
    partition_projection_format = '{format}',
    partition_projection_range = ARRAY['{first}', '{last}'],
    partition_projection_interval = {interval},
    partition_projection_interval_unit = '{unit}'
  )
)
WITH (
  format = 'JSON',
  external_location = '{location}',
  partitioned_by = ARRAY['{day}'],
  partition_projection_enabled = {enabled},
  partition_projection_location_template = '{template}'
)`)
}

func columnsOfTrino(columns []athena.Column) string {
	var all []string
	for _, c := range columns {
		all = append(all, "  "+c.Name+" "+c.Type.Trino())
	}
	return strings.Join(all, ",\n")
}

// Must runs a statement that has to succeed.
func (t *Trino) Must(tb testing.TB, statement string) {
	tb.Helper()
	if _, err := t.Run(tb.Context(), statement); err != nil {
		tb.Fatalf("%s\n%v", statement, err)
	}
}

// Engine is the schema as an engine.
func (t *Trino) Engine(tb testing.TB) Engine {
	return func(query string, values ...any) ([][]any, error) {
		answer, err := t.Run(tb.Context(), query, values...)
		return answer.Rows, err
	}
}

// Answer is what a statement gave.
type Answer struct {
	Rows  [][]any
	Bytes int64         // That were read.
	CPU   time.Duration // Of all cores.
}

// Run runs a statement. Values stand for its question marks.
func (t *Trino) Run(ctx context.Context, statement string, values ...any) (Answer, error) {
	if len(values) > 0 {
		var literals []string
		for _, v := range values {
			literals = append(literals, literal(fmt.Sprint(v)))
		}
		statement = "EXECUTE IMMEDIATE " + literal(statement) + " USING " + strings.Join(literals, ", ")
	}
	next, method, body := t.url+"/v1/statement", http.MethodPost, statement
	var answer Answer
	for next != "" {
		page, err := t.page(ctx, method, next, body)
		if err != nil {
			return Answer{}, err
		}
		if page.Error != nil {
			return Answer{}, errors.New(page.Error.Message)
		}
		for _, row := range page.Data {
			for i := range row {
				row[i] = valueOfTrino(row[i], page.Columns[i].Type)
			}
			answer.Rows = append(answer.Rows, row)
		}
		answer.Bytes = page.Stats.PhysicalInputBytes
		answer.CPU = time.Duration(page.Stats.CPUTimeMillis) * time.Millisecond
		next, method, body = page.NextURI, http.MethodGet, ""
	}
	return answer, nil
}

func literal(s string) string { return "'" + strings.ReplaceAll(s, "'", "''") + "'" }

type page struct {
	NextURI string                        `json:"nextUri"`
	Columns []struct{ Name, Type string } `json:"columns"`
	Data    [][]any                       `json:"data"`
	Error   *struct{ Message string }     `json:"error"`
	Stats   struct {
		PhysicalInputBytes int64
		CPUTimeMillis      int64
	} `json:"stats"`
}

func (t *Trino) page(ctx context.Context, method, url, body string) (page, error) {
	request, err := http.NewRequestWithContext(ctx, method, url, strings.NewReader(body))
	if err != nil {
		return page{}, err
	}
	for name, value := range map[string]string{"User": "sealpost", "Catalog": "hive", "Schema": t.schema, "Time-Zone": "UTC"} {
		request.Header.Set("X-Trino-"+name, value)
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return page{}, err
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		return page{}, err
	}
	if response.StatusCode != http.StatusOK {
		return page{}, fmt.Errorf("%s: %s", response.Status, text)
	}
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.UseNumber()
	var p page
	return p, decoder.Decode(&p)
}

// valueOfTrino gives a timestamp as the other engines do.
func valueOfTrino(value any, typeName string) any {
	text, isText := value.(string)
	if !isText || !strings.HasPrefix(typeName, "timestamp") {
		return value
	}
	at, err := time.Parse("2006-01-02 15:04:05.999", text)
	if err != nil {
		return value
	}
	return at
}

// compactedTable words the DDL of the compacted table as Trino has it.
func (t *Trino) compactedTable() string {
	return fmt.Sprintf("CREATE TABLE iceberg.%s.%s (\n  dt varchar,\n%s\n)\nWITH (format = 'PARQUET', partitioning = ARRAY['dt'], location = '%s')",
		t.schema, athena.ReportsCompacted, columnsOfTrino(athena.Columns()), t.bucket+strings.TrimSuffix(athena.CompactedPrefix, "/"))
}

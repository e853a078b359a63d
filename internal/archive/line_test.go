package archive_test

import (
	"bytes"
	"compress/gzip"
	"flag"
	"io"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"sealpost/internal/archive"
	"sealpost/internal/storetest"
)

var update = flag.Bool("update", false, "write the golden files")

// TestLineAtRest compares with the text that query engines were set up for.
func TestLineAtRest(t *testing.T) {
	const golden = "testdata/line.json"
	got := atRest(t, lineReceived(noon.Add(123*time.Millisecond), "first"))
	if *update {
		if err := os.WriteFile(golden, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	if strings.Index(got, "\n") != len(got)-1 {
		t.Error("it is not one line")
	}
}

// TestEmptyLineAtRest: where there is nothing, lists are empty and never null,
// on which query engines stumble.
func TestEmptyLineAtRest(t *testing.T) {
	line := archive.Line{ReportKey: "0", Policies: []archive.PolicyResult{{FailureDetails: []archive.FailureDetails{{}}}}}
	for _, line := range []archive.Line{{ReportKey: "0"}, line} {
		if got := atRest(t, line); strings.Contains(got, "null") {
			t.Errorf("null in %s", got)
		}
	}
}

// atRest gives what lies in the object of a line, once it is decompressed.
func atRest(t *testing.T, line archive.Line) string {
	t.Helper()
	bucket := new(storetest.Memory)
	kept, err := archive.Archive{Bucket: bucket}.Keep(t.Context(), line)
	if err != nil {
		t.Fatal(err)
	}
	object, err := bucket.Get(t.Context(), kept.Key)
	if err != nil {
		t.Fatal(err)
	}
	reader, err := gzip.NewReader(bytes.NewReader(object))
	if err != nil {
		t.Fatal(err)
	}
	text, err := io.ReadAll(reader)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func gzipped(t testing.TB, text string) []byte {
	t.Helper()
	var object bytes.Buffer
	writer := gzip.NewWriter(&object)
	if _, err := io.WriteString(writer, text); err != nil {
		t.Fatal(err)
	}
	if err := writer.Close(); err != nil {
		t.Fatal(err)
	}
	return object.Bytes()
}

// columns are those of the table, in its order. What is queried hangs on them:
// a column may be added, but none renamed, moved or taken away within a schema
// version.
const columns = `
schema_version int
report_key string
received_at time
channel string
trust string
trust_domain string
organization_name string
contact_info string
report_id string
start_datetime time
end_datetime time
policies list
policies.policy_type string
policies.policy_string list
policies.policy_domain string
policies.mx_host list
policies.total_successful_session_count int
policies.total_failure_session_count int
policies.failure_details list
policies.failure_details.result_type string
policies.failure_details.sending_mta_ip string
policies.failure_details.receiving_mx_hostname string
policies.failure_details.receiving_mx_helo string
policies.failure_details.receiving_ip string
policies.failure_details.failed_session_count int
policies.failure_details.additional_information string
policies.failure_details.failure_reason_code string
deviations list
report_json string
`

func TestColumns(t *testing.T) {
	want := strings.Split(strings.TrimSpace(columns), "\n")
	if got := columnsOf(t, reflect.TypeFor[archive.Line](), ""); !slices.Equal(got, want) {
		t.Errorf("got:\n%s\nwant:\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

func columnsOf(t *testing.T, row reflect.Type, prefix string) []string {
	var columns []string
	for field := range row.Fields() {
		name := field.Tag.Get("json")
		if name == "" || strings.Contains(name, ",") {
			t.Errorf("%s.%s has the JSON tag %q; want a name and no option", row, field.Name, name)
		}
		columns = append(columns, prefix+name+" "+kindOf(t, field.Type))
		if field.Type.Kind() == reflect.Slice && field.Type.Elem().Kind() == reflect.Struct {
			columns = append(columns, columnsOf(t, field.Type.Elem(), prefix+name+".")...)
		}
	}
	return columns
}

func kindOf(t *testing.T, column reflect.Type) string {
	switch {
	case column == reflect.TypeFor[time.Time]():
		return "time"
	case column.Kind() == reflect.String:
		return "string"
	case column.Kind() == reflect.Int, column.Kind() == reflect.Int64:
		return "int"
	case column.Kind() == reflect.Slice:
		return "list"
	}
	t.Errorf("%s fits no column", column)
	return column.String()
}

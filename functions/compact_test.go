package functions_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"sealpost/internal/aws/settings"
	"sealpost/internal/digest/digesttest"
)

// fakeAthena takes every statement for done at once.
type fakeAthena struct {
	lock    sync.Mutex
	started []started
	found   func(sql string) [][]string // By a statement, the names of the columns first.
}

type datum struct{ VarCharValue string }

type resultRow struct{ Data []datum }

type columnInfo struct{ Name, Type string }

// results gives what a statement found.
func (f *fakeAthena) results(w http.ResponseWriter, sql string) {
	var answer struct {
		ResultSet struct {
			Rows              []resultRow
			ResultSetMetadata struct{ ColumnInfo []columnInfo }
		}
	}
	for i, values := range f.found(sql) {
		var row resultRow
		for _, value := range values {
			row.Data = append(row.Data, datum{value})
			if i == 0 {
				answer.ResultSet.ResultSetMetadata.ColumnInfo = append(answer.ResultSet.ResultSetMetadata.ColumnInfo, columnInfo{value, "varchar"})
			}
		}
		answer.ResultSet.Rows = append(answer.ResultSet.Rows, row)
	}
	if err := json.NewEncoder(w).Encode(answer); err != nil {
		http.Error(w, "{}", http.StatusInternalServerError)
	}
}

type started struct {
	QueryString           string
	WorkGroup             string
	QueryExecutionContext struct{ Database string }
}

func (f *fakeAthena) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	f.lock.Lock()
	defer f.lock.Unlock()
	switch r.Header.Get("X-Amz-Target") {
	case "AmazonAthena.StartQueryExecution":
		var s started
		if err := json.NewDecoder(r.Body).Decode(&s); err != nil {
			http.Error(w, "{}", http.StatusBadRequest)
			return
		}
		f.started = append(f.started, s)
		fmt.Fprintf(w, `{"QueryExecutionId": "%d"}`, len(f.started))
	case "AmazonAthena.GetQueryExecution":
		fmt.Fprintf(w, `{"QueryExecution": {"Status": {"State": "SUCCEEDED", "SubmissionDateTime": %d}}}`, time.Now().Unix())
	case "AmazonAthena.GetQueryResults":
		var asked struct{ QueryExecutionId string }
		if err := json.NewDecoder(r.Body).Decode(&asked); err != nil {
			http.Error(w, "{}", http.StatusBadRequest)
			return
		}
		number, err := strconv.Atoi(asked.QueryExecutionId)
		if err != nil || number < 1 || number > len(f.started) {
			http.Error(w, "{}", http.StatusBadRequest)
			return
		}
		f.results(w, f.started[number-1].QueryString)
	default:
		http.Error(w, "{}", http.StatusBadRequest)
	}
}

// TestCompact: a day that is over is taken up, then read from where it lies now,
// and what is too old goes.
func TestCompact(t *testing.T) {
	today := digesttest.Now().Truncate(24 * time.Hour) // The function reads the clock itself.
	athena := &fakeAthena{found: func(string) [][]string {
		return [][]string{{"reached"}, {today.AddDate(0, 0, -10).Format(time.DateOnly)}}
	}}
	server := httptest.NewServer(athena)
	t.Cleanup(server.Close)
	c := newCloud(t)
	s := settings.Compact{Workgroup: "Sealpost", Database: "sealpost", Bucket: "sealpost-athena", ReportDays: 400}
	function := c.start(t, "compact", s.Env(), "AWS_ENDPOINT_URL_ATHENA", server.URL)
	day := func(n int) string { return today.AddDate(0, 0, -n).Format(time.DateOnly) }
	// Further back than it goes by itself on Sundays, so that the weekday does not matter.
	function.invoke(t, json.RawMessage(`{"since": "`+day(45)+`"}`))
	want := []string{
		"CREATE TABLE", "SELECT max", "INSERT INTO .*" + day(15), "INSERT INTO .*" + day(8), "CREATE OR REPLACE VIEW .*" + day(8), "DELETE FROM .*" + day(400), "VACUUM",
	}
	var got []string
	for i, statement := range athena.started {
		sql := strings.ReplaceAll(withoutComments(statement.QueryString), "\n", " ")
		if i < len(want) && regexp.MustCompile("^"+want[i]).MatchString(sql) {
			sql = want[i]
		}
		got = append(got, sql)
		if statement.WorkGroup != s.Workgroup || statement.QueryExecutionContext.Database != s.Database {
			t.Errorf("it runs in %+v", statement)
		}
	}
	if !slices.Equal(got, want) {
		t.Errorf("ran\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	if create := athena.started[0].QueryString; !strings.Contains(create, "LOCATION 's3://sealpost-athena/compacted/v1/'") {
		t.Errorf("the table lies elsewhere: %s", create)
	}
	if log := function.Log(); !strings.Contains(log, `"msg":"compacted"`) || !strings.Contains(log, `"before":"`+day(8)+`"`) {
		t.Errorf("the log is:\n%s", log)
	}
	if _, err := function.Invoke(t.Context(), json.RawMessage(`{"week": "last"}`)); err == nil {
		t.Error("a call for something else is no error")
	}
}

func withoutComments(sql string) string {
	return regexp.MustCompile(`(?m)^--.*\n`).ReplaceAllString(sql, "")
}

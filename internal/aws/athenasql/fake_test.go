package athenasql_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws/retry"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/athena"

	"sealpost/internal/aws/athenasql"
)

// started is what StartQueryExecution is asked.
type started struct {
	QueryString           string
	ExecutionParameters   []string
	ClientRequestToken    string
	WorkGroup             string
	QueryExecutionContext struct{ Database string }
}

// execution is a query that was started. It runs for a time, and then ends.
type execution struct {
	asked     started
	submitted time.Time
	runs      time.Duration
	end       ending
	stopped   bool
}

// ending is how a query ends.
type ending struct {
	state     string
	reason    string
	retryable bool
}

var succeeded = ending{state: "SUCCEEDED"}

// fakeAthena speaks the protocol of Athena: JSON 1.1.
type fakeAthena struct {
	t     *testing.T
	lock  sync.Mutex
	runs  time.Duration // Of each query.
	ends  []ending      // Of each query, in order; the others succeed.
	rows  [][]any       // Of each result, the header first.
	pages []int         // How many rows each page was asked to have.

	reading time.Duration // Of each page.

	executions []*execution
	refusals   []string // Codes of the next answers.
	calls      []string
}

func (f *fakeAthena) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	f.lock.Lock()
	defer f.lock.Unlock()
	operation := strings.TrimPrefix(r.Header.Get("X-Amz-Target"), "AmazonAthena.")
	f.calls = append(f.calls, operation)
	w.Header().Set("Content-Type", "application/x-amz-json-1.1")
	if len(f.refusals) > 0 {
		code := f.refusals[0]
		f.refusals = f.refusals[1:]
		f.refuse(w, code)
		return
	}
	var asked struct {
		started
		QueryExecutionId string
		NextToken        string
		MaxResults       int
	}
	if err := json.NewDecoder(r.Body).Decode(&asked); err != nil {
		f.t.Errorf("%s: %v", operation, err)
	}
	if operation == "StartQueryExecution" {
		f.start(w, asked.started)
		return
	}
	number, err := strconv.Atoi(asked.QueryExecutionId)
	if err != nil || number >= len(f.executions) {
		f.refuse(w, "InvalidRequestException")
		return
	}
	switch e := f.executions[number]; operation {
	case "GetQueryExecution":
		f.answer(w, map[string]any{"QueryExecution": map[string]any{"Status": e.status()}})
	case "StopQueryExecution":
		e.stopped = true
		f.answer(w, map[string]any{})
	case "GetQueryResults":
		f.results(w, asked.NextToken, asked.MaxResults)
	default:
		f.refuse(w, "InvalidRequestException")
	}
}

func (f *fakeAthena) start(w http.ResponseWriter, asked started) {
	known := slices.IndexFunc(f.executions, func(e *execution) bool { return e.asked.ClientRequestToken == asked.ClientRequestToken })
	if known < 0 {
		known = len(f.executions)
		e := &execution{asked: asked, submitted: time.Now(), runs: f.runs, end: succeeded}
		if len(f.ends) > 0 {
			e.end, f.ends = f.ends[0], f.ends[1:]
		}
		f.executions = append(f.executions, e)
	} else if f.executions[known].asked.QueryString != asked.QueryString {
		f.refuse(w, "InvalidRequestException")
		return
	}
	f.answer(w, map[string]any{"QueryExecutionId": strconv.Itoa(known)})
}

func (e *execution) status() map[string]any {
	status := map[string]any{"State": "RUNNING", "SubmissionDateTime": float64(e.submitted.UnixMilli()) / 1000}
	switch {
	case e.stopped:
		status["State"], status["StateChangeReason"] = "CANCELLED", "Query cancelled by user"
	case !time.Now().Before(e.submitted.Add(e.runs)):
		status["State"], status["StateChangeReason"] = e.end.state, e.end.reason
		status["AthenaError"] = map[string]any{"Retryable": e.end.retryable}
	}
	return status
}

func (f *fakeAthena) results(w http.ResponseWriter, token string, most int) {
	time.Sleep(f.reading)
	f.pages = append(f.pages, most)
	from, _ := strconv.Atoi(token)
	to := min(from+most, len(f.rows))
	var rows, columns []any
	for _, row := range f.rows[from:to] {
		var data []any
		for _, value := range row {
			if value == nil {
				data = append(data, map[string]any{})
			} else {
				data = append(data, map[string]any{"VarCharValue": value})
			}
		}
		rows = append(rows, map[string]any{"Data": data})
	}
	if len(f.rows) > 0 {
		for _, name := range f.rows[0] {
			columns = append(columns, map[string]any{"Name": name, "Type": "varchar"})
		}
	}
	answer := map[string]any{"ResultSet": map[string]any{"Rows": rows, "ResultSetMetadata": map[string]any{"ColumnInfo": columns}}}
	if to < len(f.rows) {
		answer["NextToken"] = strconv.Itoa(to)
	}
	f.answer(w, answer)
}

func (f *fakeAthena) answer(w http.ResponseWriter, value any) {
	if err := json.NewEncoder(w).Encode(value); err != nil {
		f.t.Error(err)
	}
}

func (f *fakeAthena) refuse(w http.ResponseWriter, code string) {
	w.WriteHeader(http.StatusBadRequest)
	fmt.Fprintf(w, `{"__type": %q, "message": "No."}`, code)
}

func (f *fakeAthena) count(operation string) int {
	f.lock.Lock()
	defer f.lock.Unlock()
	n := 0
	for _, call := range f.calls {
		if call == operation {
			n++
		}
	}
	return n
}

// atHand asks a server without a network, which no fake clock waits for.
type atHand struct{ http.Handler }

func (h atHand) Do(r *http.Request) (*http.Response, error) {
	if err := r.Context().Err(); err != nil {
		return nil, err
	}
	answer := httptest.NewRecorder()
	h.ServeHTTP(answer, r)
	return answer.Result(), nil
}

func workgroup(fake *fakeAthena) athenasql.Workgroup {
	return athenasql.Workgroup{
		Client: athena.New(athena.Options{
			Region:      "us-east-1",
			Credentials: credentials.NewStaticCredentialsProvider("test", "test", ""),
			HTTPClient:  atHand{fake},
			Retryer:     retry.NewStandard(),
		}),
		Name:     "sealpost",
		Database: "sealpost_reports",
		Now:      time.Now,
		Timeout:  time.Minute,
	}
}

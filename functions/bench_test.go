package functions_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"os/exec"
	"path/filepath"
	"strconv"
	"testing"

	"sealpost/internal/aws/settings"
	"sealpost/internal/lambdatest"
	"sealpost/internal/mtasts"
)

// beginnings are the functions with an event that each can answer without
// asking anybody; and the one for which senders wait, with what it has to ask.
func beginnings(b *testing.B) []beginning {
	table := httptest.NewServer(http.HandlerFunc(onePolicy))
	b.Cleanup(table.Close)
	const anything = "unused"
	policy := settings.Policy{StateTable: anything}.Env()
	return []beginning{
		{"bare", bare(b), nil, `{}`, false},
		{"policy", program("policy"), policy, `{"version": "2.0", "rawPath": "/", "requestContext": {"http": {"method": "GET", "path": "/"}}}`, false},
		{"policy with its table", program("policy"), with(policy, "AWS_ENDPOINT_URL", table.URL),
			`{"version": "2.0", "rawPath": "/p/mta-sts.example.com", "requestContext": {"http": {"method": "GET", "path": "/p/mta-sts.example.com"}}}`, true},
		{"publish", program("publish"), with(settings.Publish{PoliciesTable: anything, StateTable: anything, EdgeBucket: anything, Rotations: anything}.Env(),
			"LAMBDA_TASK_ROOT", zones(b)), `{"Records": []}`, false},
		{"rotate", program("rotate"), with(settings.Rotate{StateTable: anything, EdgeBucket: anything, Rotations: anything}.Env(),
			"LAMBDA_TASK_ROOT", zones(b)), `{"Records": []}`, false},
		{"reportintake", program("reportintake"), settings.ReportIntake{StateTable: anything, ReportsBucket: anything}.Env(),
			`{"version": "2.0", "rawPath": "/v1/reports", "requestContext": {"http": {"method": "GET", "path": "/v1/reports"}}}`, false},
		{"digest", program("digest"), with(settings.Digest{
			StateTable: anything, ReportsBucket: anything, Sender: anything, ConfigurationSet: anything, Unsubscribe: anything, QuarantineDays: 30,
		}.Env(), "LAMBDA_TASK_ROOT", besideDigest(b)), `{"week": "never"}`, false}, // Its answer is that there is no such week.
		{"compact", program("compact"), settings.Compact{Workgroup: anything, Database: anything, Bucket: anything, ReportDays: 400}.Env(),
			`{"since": "never"}`, false}, // Its answer is that this is no day.
	}
}

type beginning struct {
	name, program string
	environment   map[string]string
	event         string
	served        bool // The answer is a policy.
}

func (s beginning) start(b *testing.B) *lambdatest.Function {
	return lambdatest.Start(b, s.program, with(s.environment,
		"AWS_REGION", "us-east-1", "AWS_ACCESS_KEY_ID", "test1234", "AWS_SECRET_ACCESS_KEY", "test12345678"))
}

// ask takes an error of the function for an answer, but for the one that is to
// be served.
func (s beginning) ask(b *testing.B, f *lambdatest.Function) {
	answer, err := f.Invoke(b.Context(), json.RawMessage(s.event))
	var failed *lambdatest.Error
	if err != nil && !errors.As(err, &failed) {
		b.Fatal(err)
	}
	if s.served && !bytes.Contains(answer, []byte(`"statusCode":200`)) {
		b.Fatalf("%s answered %s, %v", s.name, answer, err)
	}
}

// BenchmarkFirstAnswer is from the start of the program to its first answer.
func BenchmarkFirstAnswer(b *testing.B) {
	for _, s := range beginnings(b) {
		b.Run(s.name, func(b *testing.B) {
			for b.Loop() {
				s.ask(b, s.start(b))
			}
		})
	}
}

// BenchmarkNextAnswer is an answer of a program that has given one.
func BenchmarkNextAnswer(b *testing.B) {
	for _, s := range beginnings(b) {
		b.Run(s.name, func(b *testing.B) {
			f := s.start(b)
			for b.Loop() {
				s.ask(b, f)
			}
		})
	}
}

// onePolicy stands for the table: whatever is asked for, it has.
func onePolicy(w http.ResponseWriter, r *http.Request) {
	const body = "version: STSv1\nmode: testing\nmx: mx1.example.com\nmax_age: 86400\n"
	item := fmt.Sprintf(`{"Item": {"pk": {"S": "example.com"}, "sk": {"S": "PUBLISHED"}, "domain": {"S": "example.com"},
		"body": {"S": %q}, "id": {"S": %q}, "mode": {"S": "testing"}}}`, body, mtasts.ID([]byte(body)))
	w.Header().Set("Content-Type", "application/x-amz-json-1.0")
	w.Header().Set("Content-Length", strconv.Itoa(len(item)))
	io.WriteString(w, item) //nolint:errcheck // The client is the benchmark's own.
}

func program(name string) string { return filepath.Join(programs, name) }

func bare(b *testing.B) string {
	b.Helper()
	program := filepath.Join(b.TempDir(), "bare")
	arguments := append([]string{"build", "-o", program}, testFlags...)
	if output, err := exec.Command("go", append(arguments, "./testdata/bare")...).CombinedOutput(); err != nil {
		b.Fatalf("go build: %v\n%s", err, output)
	}
	return program
}

// with is an environment with a few names more.
func with(environment map[string]string, more ...string) map[string]string {
	joined := map[string]string{}
	maps.Copy(joined, environment)
	for i := 0; i < len(more); i += 2 {
		joined[more[i]] = more[i+1]
	}
	return joined
}

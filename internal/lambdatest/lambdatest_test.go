package lambdatest_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/lambda"
	"github.com/aws/aws-lambda-go/lambdacontext"

	"sealpost/internal/lambdatest"
)

// childVariable makes this test's program a function.
const childVariable = "LAMBDATEST_CHILD"

func TestMain(m *testing.M) {
	switch os.Getenv(childVariable) {
	case "":
		os.Exit(m.Run())
	case "function":
		lambda.Start(handle)
	case "misconfigured":
		fmt.Fprintln(os.Stderr, "a variable is missing")
		os.Exit(7)
	case "deaf":
		select {}
	}
}

type order struct {
	Do   string
	Text string
}

// handle does what the test tells it to.
func handle(ctx context.Context, o order) (map[string]any, error) {
	fmt.Println("told to", o.Do)
	switch o.Do {
	case "echo":
		deadline, _ := ctx.Deadline()
		call, _ := lambdacontext.FromContext(ctx)
		return map[string]any{"text": o.Text, "deadline": deadline.UnixMilli(), "id": call.AwsRequestID, "environment": os.Environ()}, nil
	case "fail":
		return nil, errors.New(o.Text)
	case "panic":
		panic(o.Text)
	case "exit":
		os.Exit(3)
	}
	select {} // Even past the deadline.
}

func start(t *testing.T, child string) *lambdatest.Function {
	return lambdatest.Start(t, os.Args[0], map[string]string{childVariable: child})
}

type echo struct {
	Text        string
	Deadline    int64
	ID          string
	Environment []string
}

func invoke(t *testing.T, f *lambdatest.Function, ctx context.Context, text string) echo {
	t.Helper()
	answer, err := f.Invoke(ctx, order{"echo", text})
	if err != nil {
		t.Fatal(err)
	}
	var e echo
	if err := json.Unmarshal(answer, &e); err != nil {
		t.Fatal(err)
	}
	return e
}

func TestInvoke(t *testing.T) {
	f := start(t, "function")
	deadline := time.Date(2199, time.December, 31, 0, 0, 0, 0, time.UTC)
	ctx, cancel := context.WithDeadline(t.Context(), deadline)
	defer cancel()
	large := strings.Repeat("large ", 1<<20)
	first, second := invoke(t, f, ctx, "gr\u00fc\u00dfe"), invoke(t, f, ctx, large)
	if first.Text != "gr\u00fc\u00dfe" || second.Text != large {
		t.Error("the events did not come back as they were")
	}
	if first.Deadline != deadline.UnixMilli() {
		t.Errorf("the deadline is %d; want %d", first.Deadline, deadline.UnixMilli())
	}
	if first.ID == second.ID || first.ID == "" {
		t.Errorf("the requests have the ids %q and %q", first.ID, second.ID)
	}
	if log := f.Log(); strings.Count(log, "told to echo") != 2 {
		t.Errorf("the log is %q", log)
	}
}

// TestEnvironment: what is set for the tests is not set for the function.
func TestEnvironment(t *testing.T) {
	t.Setenv("LAMBDATEST_PARENT", "1")
	for _, variable := range invoke(t, start(t, "function"), t.Context(), "").Environment {
		name, _, _ := strings.Cut(variable, "=")
		// The runtime sets the last one itself.
		if name != childVariable && name != "AWS_LAMBDA_RUNTIME_API" && name != "_X_AMZN_TRACE_ID" {
			t.Errorf("the function has %s", variable)
		}
	}
}

func TestOneAfterTheOther(t *testing.T) {
	f := start(t, "function")
	var all sync.WaitGroup
	for i := range 20 {
		all.Go(func() {
			answer, err := f.Invoke(t.Context(), order{"echo", strconv.Itoa(i)})
			if want := fmt.Sprintf(`"text":"%d"`, i); err != nil || !strings.Contains(string(answer), want) {
				t.Errorf("%d: got %s, %v", i, answer, err)
			}
		})
	}
	all.Wait()
}

func TestErrors(t *testing.T) {
	f := start(t, "function")
	for range 2 { // The function goes on after an error.
		_, err := f.Invoke(t.Context(), order{"fail", "no luck"})
		var failure *lambdatest.Error
		if !errors.As(err, &failure) || failure.Message != "no luck" || failure.Type != "errorString" {
			t.Errorf("got %v; want the function's error", err)
		}
	}
	_, err := f.Invoke(t.Context(), order{"panic", "out of ideas"})
	var failure *lambdatest.Error
	if !errors.As(err, &failure) || failure.Message != "out of ideas" {
		t.Errorf("got %v; want the panic", err)
	}
	wantExited(t, f, "out of ideas")
}

func TestExit(t *testing.T) {
	f := start(t, "function")
	_, err := f.Invoke(t.Context(), order{Do: "exit"})
	if !errors.Is(err, lambdatest.ErrExited) || !strings.Contains(err.Error(), "exit status 3") {
		t.Errorf("got %v; want ErrExited with status 3", err)
	}
	wantExited(t, f, "told to exit")
}

func TestExitAtOnce(t *testing.T) {
	wantExited(t, start(t, "misconfigured"), "exit status 7; it wrote:\na variable is missing")
}

func wantExited(t *testing.T, f *lambdatest.Function, why string) {
	t.Helper()
	if _, err := f.Invoke(t.Context(), order{Do: "echo"}); !errors.Is(err, lambdatest.ErrExited) || !strings.Contains(err.Error(), why) {
		t.Errorf("got %v; want ErrExited with %q", err, why)
	}
}

// TestTimeout: Lambda kills a function that goes on past its deadline.
func TestTimeout(t *testing.T) {
	for child, why := range map[string]string{"function": "did not answer", "deaf": "did not ask"} {
		t.Run(child, func(t *testing.T) {
			f := start(t, child)
			if child == "function" {
				invoke(t, f, t.Context(), "so that it has begun")
			}
			ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
			defer cancel()
			if _, err := f.Invoke(ctx, order{Do: "hang"}); !errors.Is(err, context.DeadlineExceeded) || !strings.Contains(err.Error(), why) {
				t.Errorf("got %v; want context.DeadlineExceeded, as it %s", err, why)
			}
			wantExited(t, f, "killed")
		})
	}
}

func TestEventThatIsNone(t *testing.T) {
	if _, err := start(t, "function").Invoke(t.Context(), func() {}); err == nil {
		t.Error("a function was sent as an event")
	}
}

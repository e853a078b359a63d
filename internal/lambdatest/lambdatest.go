// Package lambdatest runs the programs of Lambda functions in tests: it is the
// Runtime API that they ask for events.
package lambdatest

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// Function is a function's program, running.
type Function struct {
	api    *runtimeAPI
	log    string // The file that it writes to.
	kill   context.CancelFunc
	exited chan struct{}
	exit   error // How it exited; to be read after exited.
}

// Error is what the function answers in place of a result.
type Error struct {
	Type    string `json:"errorType"`
	Message string `json:"errorMessage"`
}

func (e *Error) Error() string { return e.Type + ": " + e.Message }

// ErrExited says that the program is not running any more.
var ErrExited = errors.New("the function's program has exited")

// Start starts a function's program. Its environment is env, and nothing else
// but where the Runtime API is. It ends with the test.
func Start(t testing.TB, program string, env map[string]string) *Function {
	t.Helper()
	f := &Function{
		api:    newRuntimeAPI(),
		log:    filepath.Join(t.TempDir(), "log"),
		exited: make(chan struct{}),
	}
	server := httptest.NewServer(f.api)
	t.Cleanup(server.Close)
	log, err := os.Create(f.log)
	if err != nil {
		t.Fatal(err)
	}
	defer log.Close() // The program has its own handle of it.
	ctx, kill := context.WithCancel(context.Background())
	f.kill = kill
	command := exec.CommandContext(ctx, program)
	command.Env = []string{"AWS_LAMBDA_RUNTIME_API=" + strings.TrimPrefix(server.URL, "http://")}
	for name, value := range env {
		command.Env = append(command.Env, name+"="+value)
	}
	command.Stdout, command.Stderr = log, log
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	go func() {
		defer close(f.exited)
		f.exit = command.Wait()
	}()
	t.Cleanup(func() {
		kill()
		<-f.exited
		if t.Failed() {
			t.Logf("%s wrote:\n%s", program, f.Log())
		}
	})
	return f
}

// Invoke has the function handle one event, which becomes JSON (a
// json.RawMessage is that already), and returns its answer. The error is an
// *Error where the function answers with one, and ErrExited where it ends instead. The
// event's deadline is that of ctx; a function that has not answered by then is
// killed, as Lambda does.
func (f *Function) Invoke(ctx context.Context, event any) (json.RawMessage, error) {
	payload, err := json.Marshal(event)
	if err != nil {
		return nil, fmt.Errorf("encode the event: %w", err)
	}
	i := newInvocation(ctx, payload)
	select {
	case f.api.next <- i:
	case <-f.exited:
		return nil, f.exitError()
	case <-ctx.Done():
		f.kill()
		return nil, fmt.Errorf("the function did not ask for the event: %w", ctx.Err())
	}
	select {
	case answer := <-i.answer:
		return answer.result()
	case <-f.exited:
		return f.lastWords(i)
	case <-ctx.Done():
		f.kill()
		return nil, fmt.Errorf("the function did not answer: %w", ctx.Err())
	}
}

// lastWords is for functions that answer with an error, and then exit.
func (f *Function) lastWords(i *invocation) (json.RawMessage, error) {
	select {
	case answer := <-i.answer:
		return answer.result()
	default:
		return nil, f.exitError()
	}
}

func (f *Function) exitError() error {
	return fmt.Errorf("%w: %v; it wrote:\n%s", ErrExited, f.exit, f.Log())
}

// Log returns what the program has written to its standard output and error.
// What it wrote before it answered is there.
func (f *Function) Log() string {
	log, err := os.ReadFile(f.log)
	if err != nil {
		return err.Error()
	}
	return string(log)
}

// noDeadline is the deadline of events whose context has none.
var noDeadline = time.Date(2200, time.January, 1, 0, 0, 0, 0, time.UTC)

package lambdatest

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"
)

// runtimeAPI is what a program asks for events, and tells its answers:
//
//	GET  /2018-06-01/runtime/invocation/next
//	POST /2018-06-01/runtime/invocation/<id>/response
//	POST /2018-06-01/runtime/invocation/<id>/error
type runtimeAPI struct {
	next chan *invocation

	lock    sync.Mutex
	last    int
	waiting map[string]*invocation // For an answer, by id.
}

func newRuntimeAPI() *runtimeAPI {
	return &runtimeAPI{next: make(chan *invocation), waiting: make(map[string]*invocation)}
}

// invocation is an event on its way.
type invocation struct {
	event    []byte
	deadline time.Time
	answer   chan answer // Has room for the one that comes.
}

func newInvocation(ctx context.Context, event []byte) *invocation {
	deadline, ok := ctx.Deadline()
	if !ok {
		deadline = noDeadline
	}
	return &invocation{event, deadline, make(chan answer, 1)}
}

// answer is what a function posts: a result or an error.
type answer struct {
	failed bool
	body   []byte
}

func (a answer) result() (json.RawMessage, error) {
	if !a.failed {
		return a.body, nil
	}
	var failure Error
	if err := json.Unmarshal(a.body, &failure); err != nil {
		return nil, fmt.Errorf("the function's error is no JSON: %s", a.body)
	}
	return nil, &failure
}

func (api *runtimeAPI) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	path, _ := strings.CutPrefix(r.URL.Path, "/2018-06-01/runtime/invocation/")
	id, what, _ := strings.Cut(path, "/")
	switch {
	case r.Method == http.MethodGet && path == "next":
		api.giveNext(w, r)
	case r.Method == http.MethodPost && (what == "response" || what == "error"):
		api.takeAnswer(w, r, id, what == "error")
	default:
		http.NotFound(w, r)
	}
}

// giveNext waits for an event as long as the program does.
func (api *runtimeAPI) giveNext(w http.ResponseWriter, r *http.Request) {
	select {
	case i := <-api.next:
		header := w.Header()
		header.Set("Content-Type", "application/json")
		header.Set("Lambda-Runtime-Aws-Request-Id", api.register(i))
		header.Set("Lambda-Runtime-Deadline-Ms", strconv.FormatInt(i.deadline.UnixMilli(), 10))
		header.Set("Lambda-Runtime-Invoked-Function-Arn", "arn:aws:lambda:us-east-1:123456789012:function:test")
		w.Write(i.event) //nolint:errcheck // The program has ended, which Invoke notices.
	case <-r.Context().Done():
	}
}

func (api *runtimeAPI) register(i *invocation) (id string) {
	api.lock.Lock()
	defer api.lock.Unlock()
	api.last++
	id = fmt.Sprintf("00000000-0000-4000-8000-%012d", api.last)
	api.waiting[id] = i
	return id
}

func (api *runtimeAPI) takeAnswer(w http.ResponseWriter, r *http.Request, id string, failed bool) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return // The program has ended, which Invoke notices.
	}
	api.lock.Lock()
	i, is := api.waiting[id]
	delete(api.waiting, id)
	api.lock.Unlock()
	if !is {
		http.Error(w, "no such event waits for an answer", http.StatusBadRequest)
		return
	}
	i.answer <- answer{failed, body}
	w.WriteHeader(http.StatusAccepted)
}

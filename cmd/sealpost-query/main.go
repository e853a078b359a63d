// Command sealpost-query answers one question in SQL about the reports in a
// directory. "sealpost query" starts it, asks it on standard input, and shows
// what it answers on standard output.
//
// It is a program of its own since the engine in it is C++: it takes a compiler
// to build, and makes a program of 70 MB.
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"

	"sealpost/internal/duckdb"
	"sealpost/internal/query"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, os.Stdin, os.Stdout); err != nil {
		fmt.Fprintf(os.Stderr, "sealpost-query: %v\n", err)
		os.Exit(2)
	}
}

func run(ctx context.Context, r io.Reader, w io.Writer) error {
	var q query.Question
	if err := json.NewDecoder(r).Decode(&q); err != nil {
		return fmt.Errorf("%w; this program is for sealpost query to start", err)
	}
	answer, err := answerTo(ctx, q)
	if err != nil {
		answer = query.Answer{Error: err.Error()}
	}
	return json.NewEncoder(w).Encode(answer)
}

func answerTo(ctx context.Context, q query.Question) (query.Answer, error) {
	db, err := duckdb.Open(ctx, q.Dir)
	if err != nil {
		return query.Answer{}, err
	}
	defer db.Close() //nolint:errcheck // It holds nothing that could be lost.
	var values []any
	for _, value := range q.Values {
		values = append(values, value)
	}
	return db.Query(ctx, q.SQL, values...)
}

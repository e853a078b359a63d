package athenasql

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/athena"
	"github.com/aws/aws-sdk-go-v2/service/athena/types"
)

// Between two looks at a query, at first and at most. Athena lets an account look
// some hundred times a second.
const (
	firstPause = 200 * time.Millisecond
	maxPause   = 5 * time.Second
)

// ended waits until a query has ended, well or badly.
func (w Workgroup) ended(ctx context.Context, id string) (types.QueryExecutionStatus, error) {
	for pause := firstPause; ; pause = min(2*pause, maxPause) {
		status, err := w.status(ctx, id)
		if err != nil {
			return types.QueryExecutionStatus{}, err
		}
		switch status.State {
		case types.QueryExecutionStateSucceeded, types.QueryExecutionStateFailed, types.QueryExecutionStateCancelled:
			return status, nil
		}
		select {
		case <-time.After(pause):
		case <-ctx.Done():
			return types.QueryExecutionStatus{}, ctx.Err()
		}
	}
}

func (w Workgroup) status(ctx context.Context, id string) (types.QueryExecutionStatus, error) {
	ctx, cancel := context.WithTimeout(ctx, w.Timeout)
	defer cancel()
	found, err := w.Client.GetQueryExecution(ctx, &athena.GetQueryExecutionInput{QueryExecutionId: &id})
	if err != nil {
		return types.QueryExecutionStatus{}, err
	}
	if found.QueryExecution == nil || found.QueryExecution.Status == nil {
		return types.QueryExecutionStatus{}, fmt.Errorf("athena says nothing of it")
	}
	return *found.QueryExecution.Status, nil
}

// stopTime is how long it may take to stop a query: a function has a second left
// when its time is over.
const stopTime = 800 * time.Millisecond

func (w Workgroup) stop(ctx context.Context, id string) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), stopTime)
	defer cancel()
	if _, err := w.Client.StopQueryExecution(ctx, &athena.StopQueryExecutionInput{QueryExecutionId: &id}); err != nil {
		return fmt.Errorf("stop query %s: %w", id, err)
	}
	return nil
}

func retryable(status types.QueryExecutionStatus) bool {
	return status.State == types.QueryExecutionStateFailed && status.AthenaError != nil && status.AthenaError.Retryable
}

// overLimit is in the reason of a query that was stopped because it had read too
// much.
const overLimit = "bytes scanned limit was exceeded"

func (w Workgroup) failure(id string, status types.QueryExecutionStatus) error {
	reason := aws.ToString(status.StateChangeReason)
	switch {
	case strings.Contains(strings.ToLower(reason), overLimit):
		return fmt.Errorf("athena stopped query %s, since it had read as much as the workgroup %s lets one query read: "+
			"ask for fewer days, or raise athena.scanLimitGB in the configuration and deploy it", id, w.Name)
	case status.State == types.QueryExecutionStateCancelled:
		return fmt.Errorf("query %s was stopped by somebody: %s", id, reason)
	default:
		return fmt.Errorf("query %s failed: %s", id, reason)
	}
}

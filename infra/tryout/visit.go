package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/athena"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"sealpost/internal/aws/dynamostore"
	"sealpost/internal/aws/s3bucket"
)

const (
	callTimeout = 20 * time.Second
	betweenAsks = 500 * time.Millisecond
)

// visit is one round through a stack.
type visit struct {
	domain          string
	functions       functions
	stack           stack
	items           *dynamodb.Client
	athena          *athena.Client
	state           dynamostore.State
	copies, reports s3bucket.Bucket
	post            post
	outside         *outside      // Nil where nobody outside knows the domain.
	now             time.Time     // When it began.
	wait            time.Duration // For what takes a while.
}

// step is something that must be so.
type step struct {
	says string
	do   func(context.Context) error
}

// all takes every step, and takes back the items whatever happened.
func (v visit) all(ctx context.Context, reports []report, digest digestOf) error {
	steps := v.policySteps(domainsOf(reports, v.domain))
	for _, r := range reports {
		steps = append(steps, v.reportSteps(r)...)
	}
	steps = append(steps, v.mailSteps()...)
	steps = append(steps, v.digestSteps(digest)...)
	steps = append(steps, v.querySteps()...)
	steps = append(steps, v.outsideSteps()...)
	steps = append(steps, v.mistakeSteps()...)
	took := walk(ctx, steps)
	ctx, stop := context.WithTimeout(context.WithoutCancel(ctx), v.wait)
	defer stop()
	return errors.Join(took, walk(ctx, v.retreatSteps()))
}

func walk(ctx context.Context, steps []step) error {
	for _, s := range steps {
		begun := time.Now()
		if err := s.do(ctx); err != nil {
			return fmt.Errorf("%s: this is not so: %w", s.says, err)
		}
		fmt.Printf("%5.1f s  %s\n", time.Since(begun).Seconds(), s.says)
	}
	return nil
}

// eventually asks until the answer is nil, for as long as the visit waits.
func (v visit) eventually(ctx context.Context, ask func(context.Context) error) error {
	return v.eventuallyWithin(ctx, v.wait, ask)
}

func (v visit) eventuallyWithin(ctx context.Context, wait time.Duration, ask func(context.Context) error) error {
	ctx, stop := context.WithTimeout(ctx, wait)
	defer stop()
	tick := time.NewTicker(betweenAsks)
	defer tick.Stop()
	var last error
	for {
		err := ask(ctx)
		if err == nil {
			return nil
		}
		if last == nil || ctx.Err() == nil {
			last = err // What came before the time was up says more.
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return fmt.Errorf("after %s: %w", wait, last)
		}
	}
}

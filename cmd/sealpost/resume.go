package main

import (
	"context"
	"fmt"
	"slices"

	"sealpost/internal/publication"
)

// runResume lets pass what the brake holds back.
func runResume(ctx context.Context, t terminal, args []string) error {
	var at location
	if err := options("resume", args, at.define); err != nil {
		return err
	}
	d, err := at.open(ctx, t)
	if err != nil {
		return err
	}
	return d.explain(d.resume(ctx, t))
}

// resume can be called again where it came to no end: it has all domains looked
// at as long as everything passes.
func (d deployment) resume(ctx context.Context, t terminal) error {
	brake, err := d.state.Brake(ctx)
	if err != nil {
		return fmt.Errorf("read the brake: %w", err)
	}
	held, err := d.heldBack(ctx)
	if err != nil {
		return err
	}
	now := t.now()
	switch {
	case !brake.EngagedAt.IsZero() || len(held) > 0 && !brake.Released(now):
		if err := publication.Release(ctx, d.state, now); err != nil {
			return err
		}
		if brake, err = d.state.Brake(ctx); err != nil {
			return fmt.Errorf("read the brake: %w", err)
		}
	case !brake.Released(now):
		fmt.Fprintln(t.stdout, "No brake is engaged: there is nothing to resume.")
		return nil
	}
	if err := d.walk(ctx); err != nil {
		return fmt.Errorf("the brake is released, and what was held back is published within the hour, but not at once: %w", err)
	}
	fmt.Fprintf(t.stdout, "All changes pass until %s; after that the brake counts anew.\n", minute(brake.ReleasedUntil))
	for _, domain := range held {
		fmt.Fprintf(t.stdout, "  %s was held back\n", domain)
	}
	if len(held) == 0 {
		fmt.Fprintln(t.stdout, "Nothing was held back.")
		return nil
	}
	fmt.Fprintln(t.stdout, d.outcome)
	return nil
}

// heldBack gives the domains whose change waits for the brake.
func (d deployment) heldBack(ctx context.Context) ([]string, error) {
	statuses, err := d.allStatuses(ctx)
	if err != nil {
		return nil, err
	}
	var held []string
	for _, s := range statuses {
		if slices.ContainsFunc(s.Problems, func(p publication.Problem) bool { return p.Rule == publication.RuleBrake }) {
			held = append(held, s.Domain)
		}
	}
	return held, nil
}

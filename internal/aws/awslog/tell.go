package awslog

import (
	"context"
	"log/slog"
	"slices"

	"sealpost/internal/aws/settings"
	"sealpost/internal/publication"
)

// Tell writes a line of what is noted of a domain, for people and for the alarms
// that look for it.
func Tell(log *slog.Logger) func(context.Context, publication.Status) {
	return func(ctx context.Context, s publication.Status) {
		level := slog.LevelInfo
		if s.State == publication.StateRefused {
			level = slog.LevelWarn
		}
		braked := slices.ContainsFunc(s.Problems, func(p publication.Problem) bool { return p.Rule == publication.RuleBrake })
		log.Log(ctx, level, "policy", "domain", s.Domain, settings.LogState, s.State, "id", s.ID,
			"problems", s.Problems, "obstacle", s.Obstacle, "drift", s.Drift, settings.LogBrake, braked)
	}
}

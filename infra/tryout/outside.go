package main

import (
	"context"
	"fmt"

	"sealpost/internal/aws/settings"
	"sealpost/internal/mtasts"
	"sealpost/internal/posture"
	"sealpost/internal/publication"
)

// outside is where a sender looks.
type outside struct {
	resolver    posture.Resolver
	policyHosts posture.PolicyHosts
}

// outsideSteps wait until senders see the policy and its id.
func (v visit) outsideSteps() []step {
	if v.outside == nil {
		return nil
	}
	served := v.body(mtasts.ModeTesting)
	return []step{
		{"After two minutes and more, STATUS says that it is active", func(ctx context.Context) error {
			return v.eventuallyWithin(ctx, settings.Settle+v.wait, func(ctx context.Context) error {
				_, err := v.statusIs(ctx, publication.StateActive)
				return err
			})
		}},
		{"A sender can fetch the policy", func(ctx context.Context) error {
			body, err := v.outside.policyHosts.Fetch(ctx, v.domain)
			if err == nil && string(body) != served {
				err = fmt.Errorf("it gets %q; want %q", body, served)
			}
			return err
		}},
		{"The DNS announces it", func(ctx context.Context) error {
			texts, err := v.outside.resolver.TXT(ctx, mtasts.RecordName(v.domain))
			if err != nil {
				return err
			}
			record, err := mtasts.FindRecord(texts)
			if want := mtasts.ID([]byte(served)); err == nil && record.ID != want {
				err = fmt.Errorf("the id is %s; want %s", record.ID, want)
			}
			return err
		}},
	}
}

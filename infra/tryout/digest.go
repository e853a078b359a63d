package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"sealpost/internal/digest"
	"sealpost/internal/told"
	"sealpost/internal/weekly"
)

// digestOf says which digest to ask for, and where mail can be read.
type digestOf struct {
	domain     string
	now        time.Time
	mails      string   // A folder with a file for each mail that was sent; empty if there is none.
	recipients []string // Whom the mail must name.
}

func (d digestOf) week() digest.Week { return digest.WeekOf(reportTime(d.now)) }

func (v visit) digestSteps(d digestOf) []step {
	if v.stack.digestMailer == "" {
		return nil // The stack was deployed without.
	}
	// Another visit may have had it mailed before.
	steps := []step{{"The digest of week " + d.week().String() + " is mailed by order", func(ctx context.Context) error {
		return v.wantDigest(ctx, weekly.Call{Week: d.week().String(), Audience: told.All, Resend: true}, true)
	}}, {"It is mailed once, however often it is asked for", func(ctx context.Context) error {
		return v.wantDigest(ctx, weekly.Call{Week: d.week().String(), Audience: told.All}, false)
	}}, {"What was mailed can be read", func(ctx context.Context) error {
		text, err := v.reports.Get(ctx, weekly.Key(d.week(), told.All, ".txt"))
		if err == nil && !strings.Contains(string(text), d.domain) {
			err = errors.New("it says nothing of " + d.domain)
		}
		return err
	}}}
	if d.mails != "" {
		steps = append(steps, step{"One mail tells of the example's failures", d.mailTells})
	}
	return steps
}

// wantDigest calls for a digest, which is to be mailed now or not.
func (v visit) wantDigest(ctx context.Context, call weekly.Call, now bool) error {
	var answer weekly.Answer
	if err := v.functions.call(ctx, v.stack.digestMailer, call, &answer); err != nil {
		return err
	}
	if len(answer.Outcomes) != 1 || !answer.Outcomes[0].Sent || answer.Outcomes[0].Now != now {
		return fmt.Errorf("the answer is %+v", answer)
	}
	return nil
}

// mailTells looks for the mail among those that were sent since the start.
func (d digestOf) mailTells(context.Context) error {
	found := 0
	entries, err := os.ReadDir(d.mails)
	if err != nil {
		return err
	}
	for _, entry := range entries {
		info, err := entry.Info()
		if err != nil {
			return err
		}
		if info.ModTime().Before(d.now) {
			continue
		}
		mail, err := os.ReadFile(filepath.Join(d.mails, entry.Name()))
		if err != nil {
			return err
		}
		wanted := append([]string{d.week().String(), d.domain, "certificate-expired", "multipart/alternative"}, d.recipients...)
		if tells(string(mail), wanted...) {
			found++
		}
	}
	if found != 1 {
		return fmt.Errorf("%d mails in %s do", found, d.mails)
	}
	return nil
}

func tells(mail string, all ...string) bool {
	return !slices.ContainsFunc(all, func(text string) bool { return !strings.Contains(mail, text) })
}

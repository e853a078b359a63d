package main

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"sealpost/internal/digest"
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
	steps := []step{{"The digest of week " + d.week().String() + " is mailed", func(ctx context.Context) error {
		event := map[string]digest.Week{"week": d.week()}
		return v.functions.call(ctx, v.stack.digestMailer, event, nil)
	}}}
	if d.mails != "" {
		steps = append(steps, step{"The mail tells of the example's failures", d.mailTells})
	}
	return steps
}

// mailTells looks for the mail among those that were sent since the start.
func (d digestOf) mailTells(context.Context) error {
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
			return nil
		}
	}
	return errors.New("no mail in " + d.mails + " does")
}

func tells(mail string, all ...string) bool {
	return !slices.ContainsFunc(all, func(text string) bool { return !strings.Contains(mail, text) })
}

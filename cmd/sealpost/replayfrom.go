package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"sync"
	"time"

	"sealpost/internal/alert"
	"sealpost/internal/archive"
	"sealpost/internal/aws/sesinbox"
	"sealpost/internal/aws/stack"
	"sealpost/internal/posture"
	"sealpost/internal/publication"
	"sealpost/internal/replay"
	"sealpost/internal/reportintake"
	"sealpost/internal/tlsrpt"
)

// replaying is a replay of a folder or of a stack.
type replaying struct {
	terminal terminal
	replay   replay.Replay
	inbox    *sesinbox.Again // Nil where there is none,
	noInbox  string          // for this reason.
	versions string          // What stays of what was moved; may be empty.
	explain  func(error) error
}

// replayFrom says of what.
type replayFrom struct {
	location
	accept, reportsDomain string         // Of a folder; a stack knows its own.
	distrust              distrustOption // The same.
}

const replayArgs = locationArgs + " [-reason REASON|-inbox] [-since DAY] [-accept hosted|any] [-reports-domain DOMAIN]" + distrustArg

func (from *replayFrom) define(f *flag.FlagSet) {
	from.location.define(f)
	f.StringVar(&from.accept, "accept", "", acceptUsage+" (without it: hosted; a stack does as it is configured)")
	f.StringVar(&from.reportsDomain, "reports-domain", "", "the `DOMAIN` that reports are mailed to; a stack knows its own")
	from.distrust.define(f)
}

func (from replayFrom) open(ctx context.Context, t terminal) (replaying, error) {
	switch {
	case from.stack == "":
		return from.openFolder(t)
	case from.dir != defaultDir:
		return replaying{}, errBoth
	case from.accept != "" || from.reportsDomain != "" || from.distrust != distrustOption{}:
		return replaying{}, errors.New("-accept, -reports-domain and -distrust are for a folder; a stack judges as it is configured, so change sealpost.json and deploy it")
	default:
		return openStackReplay(ctx, t, from.stack)
	}
}

func (from replayFrom) openFolder(t terminal) (replaying, error) {
	if from.accept == "" {
		from.accept = acceptHosted
	}
	if err := ofReports(from.dir); err != nil {
		return replaying{}, err
	}
	s, err := newSite(from.dir, from.accept, t.now)
	if err != nil {
		return replaying{}, err
	}
	if s.reportsDomain, err = parseReportsDomain(from.reportsDomain); err != nil {
		return replaying{}, err
	}
	s.signers = from.distrust.Signers
	return replaying{
		terminal: t,
		replay:   replay.Replay{Archive: s.archive, Intake: s.intake(reportintake.Alert(&belated{alerts: s.alerts(t)})), Remover: s.bucket},
		noInbox:  "-inbox is for a stack on AWS, named with -stack; a folder has no inbox",
		explain:  s.explain,
	}, nil
}

// belated tells of what is good only now, where it is still news: of older days
// the digest is enough. It tells of one report at a time, since of several that
// are judged at once and say the same, all but one would have to come again.
type belated struct {
	turn   sync.Mutex
	alerts alert.Alerts
}

// newsDays is how long after the days that a report is about it is news.
const newsDays = 7

// Vouched implements reportintake.Alerts.
func (b *belated) Vouched(ctx context.Context, report tlsrpt.Report, by string) error {
	if !b.alerts.Now().Before(report.DateRange.End.AddDate(0, 0, newsDays)) {
		return nil
	}
	b.turn.Lock()
	defer b.turn.Unlock()
	return b.alerts.Vouched(ctx, report, by)
}

// keepDomains: a domain that gets its policy while a replay runs has its turn in
// the next.
const keepDomains = time.Hour

func openStackReplay(ctx context.Context, t terminal, name string) (replaying, error) {
	opened, err := stack.Open(ctx, name)
	if err != nil {
		return replaying{}, err
	}
	reports, err := opened.Reports(ctx)
	if err != nil {
		return replaying{}, err
	}
	hosted := &publication.Recent{Directory: opened.State, Keep: keepDomains, Now: t.now}
	var domains reportintake.Domains = hosted
	if reports.AcceptAny {
		domains = reportintake.Any{}
	}
	outside, _ := posture.Through(reports.NameServer)
	kept := archive.Archive{Bucket: reports.Bucket}
	intake := reportintake.New(kept, domains, publication.Witness{Hosted: hosted, Evidence: opened.State}, t.now,
		reportintake.Resolver(keys{outside: outside}), reportintake.ReportsDomain(reports.ReportsDomain), reportintake.Distrust(reports.DistrustedSigners),
		reportintake.Alert(&belated{alerts: alert.Alerts{Hosted: hosted, Published: opened.State, Days: opened.State, Teller: console{t}, Now: t.now}}))
	r := replaying{
		terminal: t,
		replay:   replay.Replay{Archive: kept, Intake: intake, Remover: reports.Bucket},
		noInbox:  fmt.Sprintf("the stack %s takes in no mails, so it has no inbox", name),
		versions: "What moved is kept among the old versions of the bucket's objects for a month more, as not-hosted for a day.",
		explain:  stack.Explain,
	}
	if reports.InboxBucket != "" {
		r.inbox = &sesinbox.Again{Inbox: reports.Inbox, Intake: intake}
	}
	return r, nil
}

package main

import (
	"fmt"
	"strings"
	"time"

	"sealpost/internal/archive"
	"sealpost/internal/localdir"
)

// note is what is noted of a file in quarantine; empty of every other.
type note archive.Quarantined

// noteBeside reads the note beside a file. One that cannot be read counts as
// none: the file is looked at all the same.
func noteBeside(file string) note {
	text, err := localdir.ReadFile(archive.NoteOf(file))
	if err != nil {
		return note{}
	}
	q, err := archive.ParseNote(text)
	if err != nil {
		return note{}
	}
	return note(q)
}

// kept says why and since when it lies in quarantine.
func (n note) kept() string {
	if n.Reason == "" {
		return ""
	}
	says := fmt.Sprintf("in quarantine, %s; %s", n.Reason, came(n.ReceivedAt, n.Channel))
	if n.isSeenAgain() || len(n.Problems) == 0 {
		return says
	}
	var problems []string
	for _, problem := range n.Problems {
		problems = append(problems, problem.String())
	}
	return says + ": " + strings.Join(problems, "; ")
}

// isSeenAgain: whoever looks at the bytes sees by himself what is wrong.
func (n note) isSeenAgain() bool {
	return n.Reason == archive.ReasonInvalid || n.Reason == archive.ReasonNoReport
}

// isForTrust: it lies in quarantine since nobody vouched for it.
func (n note) isForTrust() bool {
	return n.Reason == archive.ReasonUnsigned || n.Reason == archive.ReasonDNSFailed
}

// lineKept says how a report that counts came.
func lineKept(line archive.Line) string {
	says := "stored; " + came(line.ReceivedAt, line.Channel)
	if line.TrustDomain == "" {
		return says + "; nobody vouched for it"
	}
	return says + "; " + line.TrustDomain + " vouched for it"
}

func came(at time.Time, channel archive.Channel) string {
	return fmt.Sprintf("came %s %s", at.UTC().Format(time.RFC3339), channelNames[channel])
}

// channelNames: what was imported from a file is kept as what was posted is.
var channelNames = map[archive.Channel]string{archive.ChannelHTTPS: "by HTTP or from a file", archive.ChannelMail: "by mail"}

package digest

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// usually is in how many of the weeks before there must have been reports, for
// their absence to be worth a word: all but one.
func (s *Sums) usually() int { return max(2, s.query.Earlier-1) }

// noReport finds that there is no report about a domain, which is never "no
// failure", or that there is none that is authenticated where there used to be: an
// unauthenticated report, which anyone can send, does not hide that.
func (s *Sums) noReport(domain string) []Finding {
	now := s.tally(0, domain)
	if now.authenticated() > 0 {
		return nil
	}
	f := Finding{
		Kind:    KindNoReport,
		Urgency: Know,
		What:    "No report came, so nothing is known.",
		Do:      fmt.Sprintf("If mail came in from others, see whether the TXT record at _smtp._tls.%s is there and right.", Readable(domain, maxDomainLength)),
	}
	if now.reports > 0 {
		weeks, last := s.weeksWith(domain, (*domainTally).authenticated)
		if weeks < s.usually() {
			return nil
		}
		f.Kind, f.Urgency = KindStopped, Look
		f.What = fmt.Sprintf("Only unauthenticated reports came. Of the %d weeks before, %d had authenticated ones, the last %s.", s.query.Earlier, weeks, last)
		return []Finding{f}
	}
	weeks, last := s.weeksWith(domain, func(d *domainTally) int64 { return d.reports })
	switch {
	case weeks >= s.usually():
		f.Kind, f.Urgency = KindStopped, Look
		f.What = fmt.Sprintf("No report came, so nothing is known. Of the %d weeks before, %d had some, the last %s.", s.query.Earlier, weeks, last)
	case weeks > 0:
		f.What = fmt.Sprintf("No report came, so nothing is known. The last were of week %s.", last)
	}
	return []Finding{f}
}

// weeksWith returns how many of the weeks before have some of what is counted of a
// domain, and the last of them.
func (s *Sums) weeksWith(domain string, count func(*domainTally) int64) (weeks int, last Week) {
	for place := len(s.weeks) - 1; place > 0; place-- {
		if count(s.tally(place, domain)) > 0 {
			weeks, last = weeks+1, s.weekAt(place)
		}
	}
	return weeks, last
}

func (s *Sums) weekAt(place int) Week {
	week := s.query.Week
	for range place {
		week = week.Prev()
	}
	return week
}

// silent finds reporters who reported nearly every week about a domain, and not
// in this one. Of a domain without any report there is more to say than that.
func (s *Sums) silent(domains []string) []Finding {
	silent := make(map[reporterKey][]string)
	for _, domain := range domains {
		if s.tally(0, domain).reports > 0 {
			for _, reporter := range s.silentAbout(domain) {
				silent[reporter] = append(silent[reporter], domain)
			}
		}
	}
	reporters := slices.SortedFunc(maps.Keys(silent), func(a, b reporterKey) int {
		return cmp.Or(
			cmp.Compare(len(silent[b]), len(silent[a])),
			cmp.Compare(a.trustDomain, b.trustDomain),
			cmp.Compare(a.organization, b.organization),
		)
	})
	var findings []Finding
	for _, reporter := range reporters[:min(len(reporters), reportersListed)] {
		findings = append(findings, Finding{
			Kind:    KindSilent,
			Urgency: Know,
			What: fmt.Sprintf("%s reported in at least %d of the %d weeks before, and not in this one, about %s.",
				reporterName(reporter.organization, reporter.trustDomain, reporter.distrusted), s.usually(), s.query.Earlier, some(silent[reporter])),
			Do: "It may just have sent you no mail. If you know that it did, ask it.",
		})
	}
	return findings
}

// silentAbout gives the reporters that fell silent about a domain. Who signs is
// known by that, whatever name it goes by; but who reports under the same name
// as before has not fallen silent, unless it signed before and does not now: any
// stranger can use its name.
func (s *Sums) silentAbout(domain string) []reporterKey {
	weeks := make(map[reporterKey]int)
	names := make(map[reporterKey]reporterKey)
	for place := 1; place < len(s.weeks); place++ {
		seen := make(map[reporterKey]bool)
		for reporter := range s.tally(place, domain).reporters() {
			who := reporter.identity()
			if !seen[who] {
				seen[who] = true
				weeks[who]++
			}
			if known, named := names[who]; !named || reporter.organization < known.organization {
				names[who] = reporter
			}
		}
	}
	for reporter := range s.tally(0, domain).reporters() {
		delete(weeks, reporter.identity())
		maps.DeleteFunc(weeks, func(who reporterKey, _ int) bool {
			return names[who].organization == reporter.organization && (reporter.isAuthenticated() || !who.isAuthenticated())
		})
	}
	var silent []reporterKey
	for who, n := range weeks {
		if n >= s.usually() {
			silent = append(silent, names[who])
		}
	}
	return silent
}

// identity is by what a reporter is known again: whoever vouches, or else its
// name.
func (r reporterKey) identity() reporterKey {
	if r.trustDomain != "" {
		r.organization = ""
	}
	return r
}

// reporters gives those who reported about a domain, under any policy type.
func (d *domainTally) reporters() map[reporterKey]bool {
	all := make(map[reporterKey]bool)
	for _, r := range d.results {
		for reporter := range r.reporters {
			all[reporter] = true
		}
	}
	return all
}

// some lists names as far as a person reads them.
func some(names []string) string {
	const most = 5
	readable := make([]string, 0, most)
	for _, name := range names[:min(len(names), most)] {
		readable = append(readable, Readable(name, maxDomainLength))
	}
	list := strings.Join(readable, ", ")
	if more := len(names) - most; more > 0 {
		list += fmt.Sprintf(" and %s more", grouped(int64(more)))
	}
	return list
}

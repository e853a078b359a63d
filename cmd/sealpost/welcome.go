package main

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/netip"
	"path/filepath"

	"sealpost/internal/digest"
	"sealpost/internal/mtasts"
	"sealpost/internal/pageguard"
	"sealpost/internal/reportintake"
)

// welcome says what is served and where, and what to try.
func (s *site) welcome(t terminal, address string, mail mailServer) {
	url := "http://" + address
	say := func(format string, args ...any) { fmt.Fprintf(t.stdout, format+"\n", args...) }
	say("Sealpost serves on %s and keeps everything in %s.", url, s.dir)
	say("")
	say("  Policies  %s, checked and published as soon as it is saved", s.items.Path("<domain>"))
	say("  DNS       %s: files that stand in for it", s.zone.Folder())
	say("  Reports   POST %s%s", url, reportintake.Path)
	say("  Mail      %s", mail)
	say("  Digest    %s", digestAt(address))
	say("")
	s.sayPublished(t.stdout)
	say("")
	say("Try, in another terminal:")
	say("")
	for _, command := range s.toTry(url, t.name, mail) {
		say("  %s", command)
	}
	say("")
	say("Ctrl-C ends it.")
}

// digestAt says where people find the digest: the page answers loopback names only.
func digestAt(address string) string {
	if pageguard.IsLoopback(address) {
		return "http://" + address + digestPath
	}
	host, port, err := net.SplitHostPort(address)
	if ip, _ := netip.ParseAddr(host); err == nil && ip.IsUnspecified() {
		return "http://localhost:" + port + digestPath + ", on this machine only; other machines reach this port, so have a firewall in front"
	}
	return "sealpost digest; the page is for browsers on this machine only, and this address is not loopback"
}

// toTry gives commands that work as they are.
func (s *site) toTry(url, program string, mail mailServer) []string {
	var commands []string
	for published, err := range s.state.AllPublished(context.Background()) {
		if err == nil {
			commands = append(commands, fmt.Sprintf("curl -i -H 'Host: %s' %s%s", mtasts.PolicyHost(published.Domain), url, mtasts.PolicyPath))
		}
		break // One will do.
	}
	dir, week := quoted(s.dir), digest.Last(s.now())
	if report := quoted(s.exampleReport()); s.hasExample() {
		week = s.exampleWeek()
		commands = append(commands,
			fmt.Sprintf("curl -i --data-binary @%s %s%s", report, url, reportintake.Path),
			fmt.Sprintf("%s report show %s", program, report))
		if mail.listener != nil && s.hasExampleMail() {
			commands = append(commands, mail.curlMail(quoted(s.exampleMail())))
		}
	}
	return append(commands,
		fmt.Sprintf("%s status -dir %s", program, dir),
		fmt.Sprintf("%s policy show -dir %s", program, dir),
		fmt.Sprintf("%s digest -dir %s -week %s", program, dir, week))
}

func (s *site) sayPublished(w io.Writer) {
	fmt.Fprintf(w, "Served now:\n")
	served := false
	for domain, err := range s.state.Domains() {
		if err != nil {
			fmt.Fprintf(w, "  cannot be told: %v\n", err)
			return
		}
		published, found, err := s.state.Published(context.Background(), domain)
		switch {
		case err != nil:
			fmt.Fprintf(w, "  %s: cannot be told: %v\n", domain, err)
		case found:
			fmt.Fprintf(w, "  https://%s%s  mode %s, id %s\n", mtasts.PolicyHost(domain), mtasts.PolicyPath, published.Mode, published.ID)
		}
		served = served || found
	}
	if !served {
		fmt.Fprintf(w, "  nothing; write %s\n", filepath.Join(s.items.Folder(), "<domain>.json"))
	}
}

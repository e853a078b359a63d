package main

import (
	"context"
	"crypto/x509"
	"errors"
	"flag"
	"fmt"
	"net"
	"net/netip"
	"os"
	"regexp"
	"strconv"
	"strings"
	"time"

	"sealpost/internal/mtasts"
	"sealpost/internal/survey"
)

// checkOptions are those of a check.
type checkOptions struct {
	asJSON   bool
	at       location
	resolver string
	roots    string
	looker   survey.Looker
	parallel int
}

func (o *checkOptions) define(f *flag.FlagSet) {
	f.BoolVar(&o.asJSON, "json", false, "print it as JSON, for programs")
	o.at.define(f)
	o.at.dir, f.Lookup("dir").DefValue = "", "" // Whoever names neither asks about domains of others.
	f.Func("resolver", "the `ADDRESS` of the resolver to ask, such as 9.9.9.9 or 127.0.0.1:5353, in place of the system's", resolverInto(&o.resolver))
	f.StringVar(&o.roots, "roots", "", "a `FILE` with the certificates to trust, in place of the system's")
	definePort(f, &o.looker.SMTPPort, "smtp-port", "25", "the `PORT` of mail servers")
	definePort(f, &o.looker.HTTPSPort, "https-port", "443", "the `PORT` of Policy Hosts")
	o.looker.Timeout = 30 * time.Second
	f.Func("timeout", "the `TIME` that each host has; to be connected to, a third of it", o.setTimeout)
	f.Lookup("timeout").DefValue = "30s"
	f.IntVar(&o.parallel, "parallel", 10, "how many domains to look at at once, a `NUMBER`")
	f.BoolVar(&o.looker.WithoutSMTP, "without-smtp", false, "do not wait for mail servers where port 25 is closed anyway; what only they can tell is not told then")
	f.BoolVar(&o.looker.Internal, "allow-private", false, "also connect to addresses that the Internet does not reach, such as 10.0.0.1")
}

// resolverInto takes an option that names a name server, for its address with the
// port.
func resolverInto(resolver *string) func(string) error {
	return func(address string) error {
		*resolver = withPort(address, "53")
		host, port, err := net.SplitHostPort(*resolver)
		if err != nil || !isPort(port) || !isHost(host) {
			return errors.New("it must be an address such as 9.9.9.9, or one with a port, 127.0.0.1:5353")
		}
		return nil
	}
}

// findResolver makes sure that a name server that is named by its host's name, and
// not its address, can be found: who asks one that cannot only learns that nobody
// answered.
func findResolver(ctx context.Context, resolver string) error {
	host, _, _ := net.SplitHostPort(resolver)
	if addresses, err := net.DefaultResolver.LookupHost(ctx, host); err != nil || len(addresses) == 0 {
		return fmt.Errorf("-resolver %s is no address, and no host of that name can be found; give an address such as 9.9.9.9", host)
	}
	return nil
}

func (o *checkOptions) setTimeout(text string) (err error) {
	if o.looker.Timeout, err = time.ParseDuration(text); err == nil {
		return nil
	}
	if _, err := strconv.ParseFloat(text, 64); err == nil {
		return fmt.Errorf("it has no unit; write %ss for seconds", text)
	}
	return errors.New("it must be a time such as 5s or 1m30s")
}

func definePort(f *flag.FlagSet, port *string, name, usual, usage string) {
	*port = usual
	f.Func(name, usage, func(text string) error {
		if !isPort(text) {
			return errors.New("it must be a number from 1 to 65535")
		}
		*port = text
		return nil
	})
	f.Lookup(name).DefValue = usual
}

func isPort(text string) bool {
	port, err := strconv.ParseUint(text, 10, 16)
	return err == nil && port > 0
}

// isHost reports whether text is an address, or may be the name of a host.
func isHost(text string) bool {
	_, err := netip.ParseAddr(text)
	return err == nil || hostName.MatchString(text)
}

var hostName = regexp.MustCompile(`^[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)*\.?$`)

// resolverFile is where systems name their resolvers.
const resolverFile = "/etc/resolv.conf"

func (o *checkOptions) prepare(ctx context.Context) (err error) {
	switch {
	case o.looker.Timeout <= 0:
		return misusef("-timeout is %s; it must be more than 0", o.looker.Timeout)
	case o.parallel < 1:
		return misusef("-parallel is %d; it must be 1 or more", o.parallel)
	case o.at.dir != "" && o.at.stack != "":
		return misusef("name a folder with -dir or a stack with -stack, not both")
	}
	if o.looker.Roots, err = readRoots(o.roots); err != nil {
		return err
	}
	if o.resolver != "" {
		o.looker.NameServers = []string{o.resolver}
		return findResolver(ctx, o.resolver)
	}
	if o.looker.NameServers, err = survey.SystemNameServers(resolverFile); err != nil {
		return fmt.Errorf("the system's resolver is not known: %w; name one with -resolver", err)
	}
	return nil
}

// readRoots gives nil for those that the system trusts, if it trusts any: else
// every certificate would look bad.
func readRoots(file string) (*x509.CertPool, error) {
	if file == "" {
		if system, err := x509.SystemCertPool(); err != nil || system.Equal(x509.NewCertPool()) {
			return nil, errors.New("this system knows no certificate authority; install its package of them (ca-certificates), or name a file with -roots")
		}
		return nil, nil
	}
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	roots := x509.NewCertPool()
	if !roots.AppendCertsFromPEM(text) {
		return nil, fmt.Errorf("%s has no certificate in it; it must be PEM", file)
	}
	return roots, nil
}

func withPort(address, port string) string {
	if _, _, err := net.SplitHostPort(address); err == nil {
		return address
	}
	return net.JoinHostPort(strings.Trim(address, "[]"), port)
}

// helloName is the name of this machine, where it has a full one. Mail servers
// are told it.
func helloName() string {
	name, err := os.Hostname()
	if err != nil {
		return ""
	}
	if full, err := mtasts.ParseDomain(name); err == nil {
		return full
	}
	return ""
}

package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"sync"
	"syscall"
	"time"

	"sealpost/internal/localdir"
	"sealpost/internal/reportintake"
)

const defaultDir = "data"

// runLocal serves until it is interrupted.
func runLocal(ctx context.Context, t terminal, args []string) error {
	ctx, stop := untilInterrupted(ctx)
	defer stop()
	var dir, address, accept, reportsDomain string
	var settle time.Duration
	var quarantine quarantineOption
	var distrust distrustOption
	smtp := smtpOption{address: smtpAddress}
	err := options("local", args, func(f *flag.FlagSet) {
		f.StringVar(&dir, "dir", defaultDir, "the `FOLDER` that everything is kept in")
		f.StringVar(&address, "http", "127.0.0.1:8460", "the `ADDRESS` to serve on")
		f.Var(&smtp, "smtp", "the `ADDRESS` to take in mails on, or "+smtpOff)
		f.StringVar(&reportsDomain, "reports-domain", "", "take in mails for this `DOMAIN` only")
		f.StringVar(&accept, "accept", acceptHosted, acceptUsage)
		distrust.define(f)
		quarantine.define(f)
		f.DurationVar(&settle, "settle", 2*time.Second, "the `TIME` between publishing and announcing, in which an edge would let go of what it holds")
	})
	if err != nil {
		return err
	}
	if settle < 0 {
		return misusef("-settle is %s; a time cannot be less than 0", settle)
	}
	site, err := newSite(dir, accept, t.now)
	if err != nil {
		return err
	}
	site.quarantineDays = quarantine.days
	listener, err := listen(address)
	if err != nil {
		return err
	}
	defer listener.Close()
	release, err := site.occupy()
	if err != nil {
		return err
	}
	defer release()
	mail, err := openMail(smtp, reportsDomain)
	if err != nil {
		return err
	}
	defer mail.close()
	site.reportsDomain, site.signers, site.httpsOnly = mail.domain, distrust.Signers, mail.listener == nil
	if err := site.prepare(); err != nil {
		return fmt.Errorf("cannot use the folder %s: %w; choose another with -dir", dir, err)
	}
	looked := make(chan struct{})
	site.domains = firstLook{site.domains, looked}
	server := site.serve(t, listener, mail) // Before the first look, which takes its time over many items.
	edits, announcer := site.machine(t, listener.Addr(), settle)
	edits.lookErrors.hear(t, edits.begin(ctx))
	close(looked)
	site.welcome(t, listener.Addr().String(), mail)
	edits.walkErrors.hear(t, edits.sayRefused(ctx, site.teller(t).tell))
	return site.goOn(ctx, t, server, edits, announcer)
}

func listen(address string) (net.Listener, error) {
	listener, err := net.Listen("tcp", address)
	switch {
	case errors.Is(err, syscall.EADDRINUSE):
		return nil, fmt.Errorf("another program listens on %s already; end it, or choose another address with -http", address)
	case err != nil:
		return nil, fmt.Errorf("cannot listen on %q: %w; give -http an address such as 127.0.0.1:8460", address, err)
	}
	return listener, nil
}

// occupy makes the folder, and keeps others off: two would each answer for what
// the other does.
func (s *site) occupy() (release func(), err error) {
	err = localdir.Make(s.dir)
	done := false
	if err == nil {
		release, done, err = localdir.Lock(s.dir)
	}
	switch {
	case err != nil:
		return nil, fmt.Errorf("cannot use the folder %s: %w; choose another with -dir", s.dir, err)
	case !done:
		return nil, fmt.Errorf("another sealpost local works on the folder %s; end it, or choose another with -dir", s.dir)
	default:
		return release, nil
	}
}

// prepare makes the folder ready.
func (s *site) prepare() error {
	if err := localdir.Check(s.dir); err != nil {
		return err
	}
	if err := s.writeExample(); err != nil {
		return err
	}
	return s.expire()
}

// expire removes what is kept for a time only.
func (s *site) expire() error {
	now := s.now()
	if err := s.bucket.ClearTemporary(now.Add(-time.Hour)); err != nil {
		return err
	}
	return s.expireQuarantine(now)
}

const (
	lookEvery = 250 * time.Millisecond // An edit is to be served within a second.
	walkEvery = time.Hour

	// After a start, every domain is looked at within a minute.
	walkSpread = 30 * time.Second

	// A report is small: whoever takes longer to send one has stalled.
	headerTimeout   = 10 * time.Second
	readTimeout     = 30 * time.Second
	answerTimeout   = 60 * time.Second
	idleTimeout     = 2 * time.Minute
	shutdownTimeout = 5 * time.Second
	maxHeaderBytes  = 16 << 10
)

// running is a server and how it ended, with the one for mails beside it.
type running struct {
	*http.Server
	ended chan error
	mail  runningMail
}

func (s *site) serve(t terminal, listener net.Listener, mail mailServer) running {
	log := slog.New(slog.NewTextHandler(t.stderr, nil))
	s.budget = reportintake.NewBudget(maxWaiting, reportTimeout)
	server := running{
		Server: &http.Server{
			Handler:           s.handler(log),
			ReadHeaderTimeout: headerTimeout,
			ReadTimeout:       readTimeout,
			WriteTimeout:      answerTimeout,
			IdleTimeout:       idleTimeout,
			MaxHeaderBytes:    maxHeaderBytes,
			ConnState:         noteProgress,
			ErrorLog:          slog.NewLogLogger(log.Handler(), slog.LevelWarn),
		},
		ended: make(chan error, 1),
		mail:  s.serveMail(t, log, mail),
	}
	go func() { server.ended <- server.Serve(limitConnections(listener)) }()
	return server
}

// goOn looks after what people edit until it is interrupted.
func (s *site) goOn(ctx context.Context, t terminal, server running, edits *edits, announcer *announcer) error {
	announcing, stop := context.WithCancel(ctx)
	var group sync.WaitGroup
	group.Go(func() { announcer.run(announcing) })
	defer group.Wait()
	defer stop()
	look, hourly := time.NewTicker(lookEvery), time.NewTicker(walkEvery)
	defer look.Stop()
	defer hourly.Stop()
	for {
		select {
		case <-look.C:
			err := errors.Join(edits.look(ctx), s.boundQuarantine(t.stdout, maxUnauthenticated))
			if ctx.Err() == nil {
				edits.lookErrors.hear(t, err)
			}
		case <-hourly.C:
			edits.walkErrors.hear(t, withoutFolders(errors.Join(s.expire(), edits.walkAll(ctx)))) // A look tells of a folder.
		case err := <-server.ended:
			return fmt.Errorf("the server ended: %w", err)
		case err := <-server.mail.ended:
			return fmt.Errorf("the server for mails ended: %w", err)
		case <-ctx.Done():
			return server.finish(context.WithoutCancel(ctx), t)
		}
	}
}

func (r running) finish(ctx context.Context, t terminal) error {
	fmt.Fprintln(t.stdout, "\nEnding; requests under way are finished first.")
	ctx, cancel := context.WithTimeout(ctx, shutdownTimeout)
	defer cancel()
	mailsDone := make(chan error, 1)
	go func() { mailsDone <- r.mail.finish(ctx) }()
	err := r.Shutdown(ctx)
	if errors.Is(err, context.DeadlineExceeded) {
		fmt.Fprintln(t.stdout, "A request did not end in time and is cut off; its sender will try again.")
		err = r.Close()
	}
	return errors.Join(err, <-mailsDone)
}

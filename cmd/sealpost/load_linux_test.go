package main

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"context"
	"encoding/base64"
	"flag"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/smtp"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

var isLoad = flag.Bool("load", false, "measure the program under loads that would overwhelm it without bounds; docs/performance.md has the ceilings")

// The ceilings of docs/performance.md.
const (
	maxOverIdle    = 256e6 // Bytes of resident memory.
	maxSmallAnswer = 2 * time.Second
)

// process is sealpost local, running as a program of its own.
type process struct {
	t          *testing.T
	command    *exec.Cmd
	http, smtp string
	idle       int64
}

func startProcess(t *testing.T, program, dir string) *process {
	t.Helper()
	p := &process{t: t, command: exec.Command(program, "local", "-dir", dir, "-http", "127.0.0.1:0", "-smtp", "127.0.0.1:0", "-accept", "any")}
	stdout, err := p.command.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := p.command.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.kill)
	addresses := regexp.MustCompile(`(http|smtp)://(127\.0\.0\.1:\d+)`)
	lines := bufio.NewScanner(stdout)
	for lines.Scan() && !strings.Contains(lines.Text(), "Ctrl-C") {
		for _, found := range addresses.FindAllStringSubmatch(lines.Text(), -1) {
			if found[1] == "http" {
				p.http = "http://" + found[2]
			} else {
				p.smtp = found[2]
			}
		}
	}
	if p.http == "" || p.smtp == "" {
		t.Fatalf("the process does not say where it listens")
	}
	go io.Copy(io.Discard, stdout)
	p.idle = p.memory("VmRSS")
	return p
}

// kill ends the process as kill -9 does. It may be called more than once.
func (p *process) kill() {
	p.command.Process.Kill() //nolint:errcheck // It may have ended.
	p.command.Wait()         //nolint:errcheck // The error says that it was killed.
}

// memory reads a value of /proc/PID/status, in bytes.
func (p *process) memory(name string) int64 {
	p.t.Helper()
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", p.command.Process.Pid))
	if err != nil {
		p.t.Fatal(err)
	}
	for line := range strings.Lines(string(status)) {
		if value, is := strings.CutPrefix(line, name+":"); is {
			kilobytes, err := strconv.ParseInt(strings.TrimSuffix(strings.TrimSpace(value), " kB"), 10, 64)
			if err != nil {
				p.t.Fatal(err)
			}
			return kilobytes << 10
		}
	}
	p.t.Fatalf("there is no %s in the status of the process", name)
	return 0
}

func (p *process) wantMemory() {
	p.t.Helper()
	over := p.memory("VmHWM") - p.idle
	p.t.Logf("peak over idle: %.0f MB (idle %.0f MB); %.2f of the ceiling", float64(over)/1e6, float64(p.idle)/1e6, float64(over)/maxOverIdle)
	if over > maxOverIdle {
		p.t.Errorf("the peak is %d MB over idle, more than %d", over/1e6, int64(maxOverIdle)/1e6)
	}
}

// post returns the status of the answer, and 0 where there is none.
func (p *process) post(body []byte) int {
	response, err := http.Post(p.http+"/v1/reports", "application/tlsrpt+gzip", bytes.NewReader(body))
	if err != nil {
		return 0
	}
	defer response.Body.Close()
	io.Copy(io.Discard, response.Body)
	return response.StatusCode
}

// mail sends a mail, and gives the error of the client.
func (p *process) mail(text []byte) error {
	return smtp.SendMail(p.smtp, nil, "tls@sender.example", []string{"reports@reports.example"}, text)
}

// smallReport is as most are; each n has its own.
func smallReport(n int) []byte {
	return reportWith(fmt.Sprintf("small-%d", n), "", "")
}

// reportWith is a report with an unknown text and failure details.
func reportWith(id, text, failures string) []byte {
	return []byte(`{"organization-name":"Sender","date-range":{"start-datetime":"2026-11-16T00:00:00Z","end-datetime":"2026-11-16T23:59:59Z"},` +
		`"contact-info":"tls@sender.example","report-id":"` + id + `","x":"` + text + `","policies":[{"policy":{"policy-type":"no-policy-found",` +
		`"policy-domain":"meadow.example"},"summary":{"total-successful-session-count":5,"total-failure-session-count":0},"failure-details":[` + failures + `]}]}`)
}

func compressed(t *testing.T, text []byte) []byte {
	t.Helper()
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	if _, err := w.Write(text); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// times does something n times side by side.
func times(n int, do func(i int)) {
	var group sync.WaitGroup
	for i := range n {
		group.Go(func() { do(i) })
	}
	group.Wait()
}

func build(t *testing.T) string {
	t.Helper()
	program := filepath.Join(t.TempDir(), "sealpost")
	if out, err := exec.Command("go", "build", "-o", program, ".").CombinedOutput(); err != nil {
		t.Fatalf("build: %v\n%s", err, out)
	}
	return program
}

// TestLoad has the ceilings that docs/performance.md states.
func TestLoad(t *testing.T) {
	if !*isLoad {
		t.Skip("for -args -load")
	}
	program := build(t)
	empties := "{}" + strings.Repeat(",{}", 248_999)
	const large = 20 << 20
	for name, body := range map[string][]byte{
		"empty failures":                    reportWith("empty", "", empties),
		"empty failures beside a long text": reportWith("both", strings.Repeat(`\\\"`, (large-1_000_000)/4), empties),
		"long text":                         reportWith("text", strings.Repeat("x", large-4096), ""),
		"escapes":                           reportWith("escapes", strings.Repeat(`\u0000`, (large-4096)/6), ""),
		"addresses":                         reportWith("addresses", "", `{}`+strings.Repeat(`,{"sending-mta-ip":"::ffff:192.0.2.1","receiving-ip":"0::1"}`, 160_000)),
		"explained":                         []byte(`{"policies":[{"policy":{},"failure-details":[{}` + strings.Repeat(",{}", 42_000) + `]}]}`),
	} {
		t.Run("24 at once/"+name, func(t *testing.T) {
			p, body := startProcess(t, program, t.TempDir()), compressed(t, body)
			var answers sync.Map
			times(24, func(int) {
				for code := 0; code == 0 || code == http.StatusServiceUnavailable; {
					code = p.post(body)
					count, _ := answers.LoadOrStore(code, new(atomic.Int64))
					count.(*atomic.Int64).Add(1)
				}
			})
			answers.Range(func(code, n any) bool { t.Logf("%d: %d times", code, n.(*atomic.Int64).Load()); return true })
			p.wantMemory()
		})
	}
	t.Run("400 held bodies", func(t *testing.T) { loadHeld(t, startProcess(t, program, t.TempDir())) })
	t.Run("10 endless lines", func(t *testing.T) { loadLines(t, startProcess(t, program, t.TempDir()), "") })
	t.Run("10 endless lines after a chunk", func(t *testing.T) {
		loadLines(t, startProcess(t, program, t.TempDir()), "HELO sender.example\r\nMAIL FROM:<>\r\nRCPT TO:<reports@reports.example>\r\nBDAT 1\r\nx")
	})
	t.Run("10 mails of 31 MiB with five signatures", func(t *testing.T) { loadMails(t, startProcess(t, program, t.TempDir())) })
	t.Run("60 clients with large bodies", func(t *testing.T) { loadSmall(t, startProcess(t, program, t.TempDir()), empties) })
	t.Run("idle clients", func(t *testing.T) { loadIdle(t, startProcess(t, program, t.TempDir())) })
}

// loadLines sends lines without end over SMTP, after some commands.
func loadLines(t *testing.T, p *process, commands string) {
	times(10, func(int) {
		connection, err := net.Dial("tcp", p.smtp)
		if err != nil {
			t.Error(err)
			return
		}
		defer connection.Close()
		_, err = io.WriteString(connection, commands)
		for piece := bytes.Repeat([]byte("x"), 1<<20); err == nil; {
			_, err = connection.Write(piece) // Until the server closes the connection.
		}
	})
	p.wantMemory()
}

// loadHeld sends all of 400 bodies but their last byte.
func loadHeld(t *testing.T, p *process) {
	body := bytes.Repeat([]byte("x"), 1<<20-1)
	var group sync.WaitGroup
	ctx, cancel := context.WithCancel(t.Context())
	for range 400 {
		group.Go(func() {
			connection, err := net.Dial("tcp", strings.TrimPrefix(p.http, "http://"))
			if err != nil {
				t.Error(err)
				return
			}
			defer connection.Close()
			context.AfterFunc(ctx, func() { connection.Close() })
			fmt.Fprintf(connection, "POST /v1/reports HTTP/1.1\r\nHost: localhost\r\nContent-Length: %d\r\n\r\n", len(body)+1)
			connection.Write(body)
			io.Copy(io.Discard, connection)
		})
	}
	time.Sleep(5 * time.Second)
	p.wantSmallAnswers(10)
	p.wantMemory()
	cancel()
	group.Wait()
}

// wantSmallAnswers posts small reports, one after the other.
func (p *process) wantSmallAnswers(n int) {
	p.t.Helper()
	slowest := time.Duration(0)
	for i := range n {
		begun := time.Now()
		if code := p.post(compressed(p.t, smallReport(i))); code != http.StatusCreated {
			p.t.Errorf("a small report is answered with %d", code)
		}
		slowest = max(slowest, time.Since(begun))
	}
	p.t.Logf("the slowest of %d small reports: %d ms; %.2f of the ceiling", n, slowest.Milliseconds(), float64(slowest)/float64(maxSmallAnswer))
	if slowest > maxSmallAnswer {
		p.t.Errorf("a small report took %v, more than %v", slowest, maxSmallAnswer)
	}
}

func loadMails(t *testing.T, p *process) {
	text := reportWith("mail", strings.Repeat("x", 20<<20-4096), "")
	encoded := base64.StdEncoding.EncodeToString(text)
	var mail strings.Builder
	for i := range 5 {
		fmt.Fprintf(&mail, "DKIM-Signature: v=1; a=rsa-sha256; c=relaxed/relaxed; d=sender%d.invalid; s=s; h=From; bh=%s; b=%s\r\n", i,
			base64.StdEncoding.EncodeToString(make([]byte, 32)), base64.StdEncoding.EncodeToString(make([]byte, 256)))
	}
	mail.WriteString("From: tls@sender0.invalid\r\nContent-Type: application/tlsrpt+json\r\nContent-Transfer-Encoding: base64\r\n\r\n")
	for ; len(encoded) > 76; encoded = encoded[76:] {
		mail.WriteString(encoded[:76] + "\r\n")
	}
	mail.WriteString(encoded + "\r\n")
	mail.WriteString(strings.Repeat(strings.Repeat("=", 76)+"\r\n", (31<<20-mail.Len())/78))
	times(10, func(int) {
		if err := p.mail([]byte(mail.String())); err != nil {
			t.Logf("a mail is answered with %.60s", err.Error())
		}
	})
	p.wantMemory()
}

// loadSmall posts small reports beside clients that post nothing but large ones.
func loadSmall(t *testing.T, p *process, empties string) {
	large := compressed(t, reportWith("large", strings.Repeat(`\\\"`, (20<<20-1_000_000)/4), empties))
	ctx, cancel := context.WithCancel(t.Context())
	var group sync.WaitGroup
	var stored, busy atomic.Int64
	for range 60 {
		group.Go(func() {
			for ctx.Err() == nil {
				switch p.post(large) {
				case http.StatusServiceUnavailable:
					busy.Add(1)
				case http.StatusCreated, http.StatusOK:
					stored.Add(1)
				}
			}
		})
	}
	time.Sleep(2 * time.Second)
	p.wantSmallAnswers(20)
	p.wantMemory()
	cancel()
	group.Wait()
	t.Logf("of the large ones %d were stored and %d answered with 503", stored.Load(), busy.Load())
}

// loadIdle has clients of every idle kind; a mail and a report still come through.
func loadIdle(t *testing.T, p *process) {
	for i := range 100 {
		for _, address := range []string{p.smtp, strings.TrimPrefix(p.http, "http://")} {
			connection, err := net.Dial("tcp", address)
			if err != nil {
				t.Fatal(err)
			}
			defer connection.Close()
			go io.Copy(io.Discard, connection)
			if i%2 == 0 {
				go func() {
					for t.Context().Err() == nil {
						if _, err := io.WriteString(connection, "NOOP\r\n"); err != nil {
							return
						}
						time.Sleep(100 * time.Millisecond)
					}
				}()
			}
		}
	}
	begun := time.Now()
	if err := p.mail([]byte("Subject: nothing\r\n\r\n")); err != nil {
		t.Error(err)
	}
	t.Logf("a mail took %v", time.Since(begun))
	p.wantSmallAnswers(10)
	p.wantMemory()
}

package main

import (
	"bytes"
	"compress/gzip"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"sealpost/internal/dkim/dkimtest"
)

var killRounds = flag.Int("kill-rounds", 2, "how often TestKilledUnderLoad kills the program; 50 before a release")

// acknowledged is what was answered with success.
type acknowledged struct {
	lock    sync.Mutex
	reports []int
	mails   []int // Without a report.
	signed  int   // Of the reports, those that came in signed mails.
	n       atomic.Int64
}

func (a *acknowledged) note(list *[]int, n int) {
	a.lock.Lock()
	defer a.lock.Unlock()
	*list = append(*list, n)
	a.n.Add(1)
}

func (a *acknowledged) noteSigned() {
	a.lock.Lock()
	defer a.lock.Unlock()
	a.signed++
}

// hasEachKind reports whether one of each kind was acknowledged in any round.
func (a *acknowledged) hasEachKind() bool {
	a.lock.Lock()
	defer a.lock.Unlock()
	return a.signed > 0 && len(a.mails) > 0 && len(a.reports) > a.signed
}

func smallMail(n int) []byte {
	return fmt.Appendf(nil, "From: tls@sender.example\r\nSubject: nothing %d\r\n\r\nThere is no report in it.\r\n", n)
}

// mailedReport is a signed mail with the small report in it.
func mailedReport(t *testing.T, n int) []byte {
	return []byte(dkimtest.Sign(t, "From: tls@sender.example\r\nTLS-Report-Domain: meadow.example\r\nContent-Type: application/tlsrpt+json\r\n\r\n"+
		string(smallReport(n))+"\r\n", "sender.example"))
}

// writeKey puts the key of signed mails into the zone of a folder.
func writeKey(t *testing.T, dir string) {
	t.Helper()
	const name = dkimtest.Selector + "._domainkey.sender.example"
	records, err := dkimtest.Zone{"sender.example": true}.TXT(t.Context(), name)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.MkdirAll(filepath.Join(dir, "zone"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "zone", name+".TXT"), []byte(strings.Join(records, "\n")), 0o644); err != nil {
		t.Fatal(err)
	}
}

// TestKilledUnderLoad kills the program while reports come by HTTP and mails by
// SMTP, again and again over one folder. What was acknowledged is there, whole
// and once, and is recognised when it comes again.
func TestKilledUnderLoad(t *testing.T) {
	program, err := exec.LookPath("sealpost")
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	writeKey(t, dir)
	var all acknowledged
	var next atomic.Int64
	for round := range *killRounds {
		all.loadAndKill(startProcess(t, program, dir), &next, 10+7*round%40)
	}
	t.Logf("%d rounds: %d reports, of them %d in signed mails, and %d mails without one were acknowledged, of %d sent",
		*killRounds, len(all.reports), all.signed, len(all.mails), next.Load())
	all.wantStored(t, dir)
	p := startProcess(t, program, dir)
	for _, n := range all.reports {
		if code := p.post(compressed(t, smallReport(n))); code != http.StatusOK {
			t.Errorf("report %d again: %d, want 200 for a duplicate", n, code)
		}
	}
	for _, n := range all.mails {
		if err := p.mail(smallMail(n)); err != nil {
			t.Error(err)
		}
	}
	all.wantStored(t, dir)
}

// loadAndKill sends reports and mails from eight senders, and kills the process
// when so many more were acknowledged, and something of each kind was.
func (a *acknowledged) loadAndKill(p *process, next *atomic.Int64, enough int) {
	ctx, cancel := context.WithCancel(p.t.Context())
	defer cancel()
	before := a.n.Load()
	times(8, func(sender int) {
		for ctx.Err() == nil {
			n := int(next.Add(1))
			switch {
			case sender%4 == 0 && p.mail(smallMail(n)) == nil:
				a.note(&a.mails, n)
			case sender%4 == 1 && p.mail(mailedReport(p.t, n)) == nil:
				a.note(&a.reports, n)
				a.noteSigned()
			case sender%4 > 1 && p.post(compressed(p.t, smallReport(n))) == http.StatusCreated:
				a.note(&a.reports, n)
			}
			if a.n.Load() >= before+int64(enough) && a.hasEachKind() {
				p.command.Process.Kill() //nolint:errcheck // Several senders do.
				cancel()
			}
		}
	})
	p.kill()
}

func (a *acknowledged) wantStored(t *testing.T, dir string) {
	t.Helper()
	stored := make(map[string]int)
	quarantined := make(map[string]int)
	err := filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || strings.Contains(path, string(filepath.Separator)+".tmp"+string(filepath.Separator)) {
			return err
		}
		key, err := filepath.Rel(dir, path)
		if err != nil {
			return err
		}
		switch {
		case strings.HasPrefix(key, "reports"):
			stored[reportID(t, path)]++
		case strings.HasPrefix(key, "quarantine") && !strings.Contains(entry.Name(), "."):
			quarantined[entry.Name()]++
			wantSum(t, path)
			if _, err := os.Stat(path + ".problems.json"); err != nil {
				quarantined[entry.Name()]-- // Never acknowledged.
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for id, n := range stored {
		if n != 1 {
			t.Errorf("report %s is stored %d times", id, n)
		}
	}
	for _, n := range a.reports {
		if id := fmt.Sprintf("small-%d", n); stored[id] != 1 {
			t.Errorf("report %s was acknowledged, and is stored %d times", id, stored[id])
		}
	}
	for _, n := range a.mails {
		sum := sha256.Sum256(smallMail(n))
		if name := hex.EncodeToString(sum[:]); quarantined[name] != 1 {
			t.Errorf("mail %d was acknowledged, and is stored %d times", n, quarantined[name])
		}
	}
}

// reportID reads a stored line, which has to be whole.
func reportID(t *testing.T, path string) string {
	t.Helper()
	object, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var line struct {
		ReportID string `json:"report_id"`
	}
	reader, err := gzip.NewReader(bytes.NewReader(object))
	if err == nil {
		var text []byte
		if text, err = io.ReadAll(reader); err == nil {
			err = json.Unmarshal(text, &line)
		}
	}
	if err != nil {
		t.Errorf("%s is not whole: %v", path, err)
	}
	return line.ReportID
}

func wantSum(t *testing.T, path string) {
	t.Helper()
	body, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if sum := sha256.Sum256(body); hex.EncodeToString(sum[:]) != filepath.Base(path) {
		t.Errorf("%s is not whole", path)
	}
}

package main

import (
	"bufio"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"sealpost/internal/digest/digesttest"
)

// TestReadme runs the transcripts of the README in their order, in an empty
// folder, with the program as it is built now, and compares what it prints.
func TestReadme(t *testing.T) {
	need(t, "make")
	need(t, "curl")
	shell := newShell(t)
	digesttest.Now() // The programs that it runs see one day.
	transcripts := transcriptsOf(t, "../../README.md")
	if len(transcripts) < 5 {
		t.Fatalf("the README has %d commands with their output, want at least 5", len(transcripts))
	}
	for _, command := range transcripts {
		switch command.line {
		case "make test": // This is it.
		case "make local":
			shell.makeLocal(command)
		case "./bin/sealpost status":
			shell.read("ACTIVE")
			shell.run(command)
		case "./bin/sealpost policy show":
			mend := shell.makeMistake()
			shell.run(command)
			mend()
		case "./bin/sealpost check example.net":
			shell.runElsewhere(command)
		default:
			shell.run(command)
		}
	}
}

// TestCommandsToTry runs what sealpost local prints to try.
func TestCommandsToTry(t *testing.T) {
	need(t, "curl")
	shell := newShell(t)
	shell.start()
	shell.read("ACTIVE")
	var tried int
	for line := range strings.Lines(shell.welcome) {
		if !strings.HasPrefix(line, "  curl ") && !strings.HasPrefix(line, "  ./bin/sealpost ") {
			continue
		}
		tried++
		line = strings.TrimSpace(line)
		out, err := shell.command("sh", "-c", strings.Replace(line, "curl ", "curl --fail ", 1)).CombinedOutput()
		if err != nil {
			t.Errorf("%s: %v\n%s", line, err, out)
		}
	}
	if tried != 7 {
		t.Errorf("found %d commands to try, want 7, in:\n%s", tried, shell.welcome)
	}
}

// need skips a test on a machine that lacks a tool; CI may not skip it.
func need(t *testing.T, tool string) {
	t.Helper()
	if _, err := exec.LookPath(tool); err == nil {
		return
	}
	if os.Getenv("CI") != "" {
		t.Fatalf("%s is not on this machine, and CI must not skip this test", tool)
	}
	t.Skipf("%s is not on this machine", tool)
}

// transcript is a command and what it prints; a last line of dots stands for
// the rest.
type transcript struct {
	line   string
	output []string
}

func transcriptsOf(t *testing.T, file string) []transcript {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var commands []transcript
	for _, block := range regexp.MustCompile("(?ms)^```console\n(.*?)^```").FindAllSubmatch(text, -1) {
		for line := range strings.Lines(string(block[1])) {
			line = strings.TrimRight(line, "\n")
			if command, is := strings.CutPrefix(line, "$ "); is {
				commands = append(commands, transcript{line: command})
				continue
			}
			last := &commands[len(commands)-1]
			last.output = append(last.output, line)
		}
	}
	return commands
}

// shell is a terminal in an empty folder, with the program built as make does.
type shell struct {
	t         *testing.T
	dir       string
	console   *bufio.Scanner    // Of the service.
	addresses map[string]string // Of the service, by protocol, instead of those in the README.
	welcome   string
}

// readmeAddresses are those that the README has.
var readmeAddresses = map[string]string{"http": "127.0.0.1:8460", "smtp": smtpAddress}

func newShell(t *testing.T) *shell {
	s := &shell{t: t, dir: t.TempDir(), addresses: make(map[string]string)}
	build := exec.Command("go", "build", "-o", filepath.Join(s.dir, "bin")+"/", ".")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("build: %v\n%s", err, out)
	}
	return s
}

func (s *shell) command(name string, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(s.t.Context(), name, args...)
	cmd.Dir = s.dir
	return cmd
}

// start runs the service on a free port until the test ends.
func (s *shell) start() {
	s.t.Helper()
	service := exec.Command("./bin/sealpost", "local", "-http", "127.0.0.1:0", "-smtp", "127.0.0.1:0")
	service.Dir = s.dir
	stdout, err := service.StdoutPipe()
	if err != nil {
		s.t.Fatal(err)
	}
	if err := service.Start(); err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(func() {
		if err := service.Process.Signal(os.Interrupt); err != nil {
			s.t.Error(err)
		}
		s.read("")
		if err := service.Wait(); err != nil {
			s.t.Errorf("sealpost local, ended by Ctrl-C: %v", err)
		}
	})
	s.console = bufio.NewScanner(stdout)
	s.welcome = s.read("Ctrl-C")
	addresses := regexp.MustCompile(`(http|smtp)://(127\.0\.0\.1:\d+)`).FindAllStringSubmatch(s.welcome, -1)
	for _, found := range addresses {
		s.addresses[found[1]] = found[2]
	}
}

// read gives what the console of the service says up to a line with text, or
// to its end.
func (s *shell) read(text string) string {
	var said strings.Builder
	for s.console.Scan() {
		said.WriteString(s.console.Text() + "\n")
		if text != "" && strings.Contains(s.console.Text(), text) {
			break
		}
	}
	return said.String()
}

// makeLocal checks what make would do, and does it on a free port.
func (s *shell) makeLocal(command transcript) {
	s.t.Helper()
	makefile, err := filepath.Abs("../../Makefile")
	if err != nil {
		s.t.Fatal(err)
	}
	steps, err := s.command("make", "--no-print-directory", "-n", "-f", makefile, "local").Output()
	if err != nil {
		s.t.Fatal(err)
	}
	s.start()
	s.compare(command, string(steps)+s.welcome)
}

// makeMistake edits the example policy as the README tells. What it returns
// mends it again.
func (s *shell) makeMistake() (mend func()) {
	s.t.Helper()
	path := filepath.Join(s.dir, "data", "policies", "example.com.json")
	before, err := os.ReadFile(path)
	if err != nil {
		s.t.Fatal(err)
	}
	save := func(item []byte, state string) {
		s.t.Helper()
		if err := os.WriteFile(path, item, 0o644); err != nil {
			s.t.Fatal(err)
		}
		s.read(state)
	}
	save([]byte(`{"domain":"example.com","mode":"enforce","mx":["mx1.example.com","*"]}`), "REFUSED")
	return func() { save(before, "ACTIVE") }
}

func (s *shell) run(command transcript) {
	s.t.Helper()
	line := command.line
	for protocol, address := range readmeAddresses {
		line = strings.ReplaceAll(line, address, s.addresses[protocol])
	}
	cmd := s.command("sh", "-c", line)
	out, err := cmd.Output()
	if _, ended := err.(*exec.ExitError); err != nil && !ended {
		s.t.Fatalf("%s: %v", line, err)
	}
	s.compare(command, string(out))
}

// runElsewhere runs a command in an Internet on this machine, with the addresses
// that the README has.
func (s *shell) runElsewhere(command transcript) {
	s.t.Helper()
	words := append(strings.Fields(command.line), pointToInternet(s.t, time.Now())...)
	out, err := s.command(words[0], words[1:]...).Output()
	if _, ended := err.(*exec.ExitError); err != nil && !ended {
		s.t.Fatalf("%s: %v", command.line, err)
	}
	s.compare(command, strings.ReplaceAll(string(out), "127.0.0.1", "192.0.2.25"))
}

func (s *shell) compare(command transcript, output string) {
	s.t.Helper()
	for protocol, address := range readmeAddresses {
		output = strings.ReplaceAll(output, s.addresses[protocol], address)
	}
	got := steady(output)
	want, open := strings.CutSuffix(steady(strings.Join(command.output, "\n")), " ...")
	if got != want && !(open && strings.HasPrefix(got, want)) {
		s.t.Errorf("$ %s\ngot:\n%s\nwant, by the README:\n%s", command.line, got, want)
	}
}

// steady takes out what differs from day to day, and how lines break for it.
func steady(output string) string {
	output = nameUnderlines(output)
	for _, varying := range []struct{ pattern, name string }{
		{`\d+\s+[A-Z][a-z]+\s+\d{4},\s+\d\d:\d\d\s+UTC`, "MINUTE"},
		{`\d{4}-\d\d-\d\d(T\d\d:\d\d:\d\dZ| \d\d:\d\d)?`, "DATE"},
		{`\d{4}-W\d\d`, "WEEK"},
		{`\d\d:\d\d UTC`, "TIME"},
		{`[0-9a-f]{64}`, "SHA256"},
		{`\s+`, " "},
		{`\d+( [A-Z][a-z]+)?( \d{4})? to \d+ [A-Z][a-z]+ \d{4}`, "SPAN"},
		{`\d+ (Jan|Febr|March|April|May|June|July|August|Sept|Octo|Novem|Decem)[a-z]*`, "DAY"},
	} {
		output = regexp.MustCompile(varying.pattern).ReplaceAllString(output, varying.name)
	}
	return strings.TrimSpace(output)
}

// nameUnderlines replaces each underline that is as long as the line above it,
// since that line may contain a date.
func nameUnderlines(output string) string {
	lines := strings.Split(output, "\n")
	for i := len(lines) - 1; i > 0; i-- {
		length := utf8.RuneCountInString(lines[i-1])
		if length > 0 && (lines[i] == strings.Repeat("-", length) || lines[i] == strings.Repeat("=", length)) {
			lines[i] = "UNDERLINE"
		}
	}
	return strings.Join(lines, "\n")
}

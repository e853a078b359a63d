// Command sealpost hosts MTA-STS policies (RFC 8461) and takes in SMTP TLS
// reports (RFC 8460), on one machine and over one directory.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"
)

func main() {
	os.Exit(run(context.Background(), terminal{
		name:   os.Args[0],
		stdin:  os.Stdin,
		stdout: os.Stdout,
		stderr: os.Stderr,
		now:    time.Now,
	}, os.Args[1:]))
}

// terminal is where a command runs.
type terminal struct {
	name   string // As the program was called, to be called again.
	stdin  io.Reader
	stdout io.Writer
	stderr io.Writer
	now    func() time.Time
}

// untilInterrupted lets a command finish what it has begun when it is
// interrupted. Who interrupts it again ends it at once.
func untilInterrupted(ctx context.Context) (context.Context, context.CancelFunc) {
	ctx, stop := signal.NotifyContext(ctx, os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop)
	return ctx, stop
}

// Exit codes, for scripts.
const (
	exitGood     = 0
	exitProblems = 1 // The command did its work and found something wrong.
	exitFailed   = 2 // The command could not do its work.
)

// errProblems ends a command that has said already what is wrong.
var errProblems = errors.New("problems were found")

type command struct {
	name    string // One word or two.
	args    string
	summary string
	run     func(ctx context.Context, t terminal, args []string) error
}

func commands() []command {
	return []command{
		{"local", "[-dir DIR] [-http ADDRESS] [-smtp ADDRESS|off] [-reports-domain DOMAIN] [-accept hosted|any] [-settle TIME]", "serve policies and take in reports, over one directory", runLocal},
		{"status", locationArgs + " [-json] [DOMAIN...]", "say how far each domain has come, and what is in the way", runStatus},
		{"resume", locationArgs, "let pass what is held back because many domains changed at once", runResume},
		{"policy lint", "FILE|-", "say what each known sender makes of a policy text", runPolicyLint},
		{"policy show", "[-dir DIR] [DOMAIN...]", "show the text that is served, and why an edit was refused", runPolicyShow},
		{"policy history", locationArgs + " [-json] DOMAIN", "list what was published for a domain, the newest first", runPolicyHistory},
		{"policy rollback", locationArgs + " [-to NUMBER|ID] [-reason TEXT] DOMAIN", "ask again for a policy that was published before", runPolicyRollback},
		{"report show", "[-dir DIR] FILE|FOLDER...", "explain reports, and say who vouches for those in mails", runReportShow},
		{"report validate", "[-strict] FILE|FOLDER...", "check reports against the JSON Schema", runReportValidate},
		{"report import", "[-dir DIR] [-accept hosted|any] FILE|FOLDER...", "take reports in from files, mails, mbox files and Maildirs", runReportImport},
		{"replay", "[-dir DIR] [-reason REASON] [-since DAY] [-accept hosted|any] [-reports-domain DOMAIN]", "judge again what was not counted, after an upgrade or a change", runReplay},
		{"digest", "[-dir DIR] [-week WEEK] [-html FILE|-json] [-accept hosted|any]", "say what the reports of a week mean", runDigest},
	}
}

func run(ctx context.Context, t terminal, args []string) int {
	cmd, rest, found := find(args)
	if !found {
		return usage(t, args)
	}
	var asked *askedForHelp
	switch err := cmd.run(ctx, t, rest); {
	case err == nil:
		return exitGood
	case errors.As(err, &asked):
		fmt.Fprintf(t.stdout, "usage: sealpost %s %s\n\n%s\n%s", cmd.name, cmd.args, sentence(cmd.summary), asked.options)
		return exitGood
	case errors.Is(err, errProblems):
		return exitProblems
	default:
		fmt.Fprintf(t.stderr, "sealpost: %v\n", err)
		return exitFailed
	}
}

func find(args []string) (cmd command, rest []string, found bool) {
	for _, cmd := range commands() {
		words := strings.Fields(cmd.name)
		if len(args) >= len(words) && strings.Join(args[:len(words)], " ") == cmd.name {
			return cmd, args[len(words):], true
		}
	}
	return command{}, nil, false
}

// usage lists the commands: to whoever asks, and to whoever named none.
func usage(t terminal, args []string) int {
	out, code := t.stderr, exitFailed
	switch {
	case len(args) == 0:
	case args[0] == "help" || args[0] == "-h" || args[0] == "-help" || args[0] == "--help":
		out, code = t.stdout, exitGood
	default:
		fmt.Fprintf(out, "sealpost: there is no command %q\n\n", strings.Join(args[:min(len(args), 2)], " "))
	}
	fmt.Fprintf(out, "Sealpost hosts MTA-STS policies and takes in SMTP TLS reports.\n\n")
	for _, cmd := range commands() {
		fmt.Fprintf(out, "  sealpost %s %s\n        %s\n", cmd.name, cmd.args, cmd.summary)
	}
	return code
}

// sentence makes a summary one.
func sentence(summary string) string {
	return strings.ToUpper(summary[:1]) + summary[1:] + "."
}

// askedForHelp ends a command that was called with -h.
type askedForHelp struct{ options string }

func (*askedForHelp) Error() string { return "asked for help" }

func helpOf(set *flag.FlagSet) error {
	var options strings.Builder
	set.VisitAll(func(f *flag.Flag) {
		kind, usage := flag.UnquoteUsage(f)
		fmt.Fprintf(&options, "\n  %s\n        %s", strings.TrimSpace("-"+f.Name+" "+kind), usage)
		if f.DefValue != "" && f.DefValue != "false" {
			fmt.Fprintf(&options, " (without it: %s)", f.DefValue)
		}
		options.WriteByte('\n')
	})
	return &askedForHelp{options.String()}
}

// flags reads the options of a command, which may stand before and after what
// they apply to.
func flags(name string, args []string, define func(*flag.FlagSet)) ([]string, error) {
	set := flag.NewFlagSet(name, flag.ContinueOnError)
	set.SetOutput(io.Discard)
	define(set)
	var operands []string
	for {
		if err := set.Parse(args); errors.Is(err, flag.ErrHelp) {
			return nil, helpOf(set)
		} else if err != nil {
			return nil, fmt.Errorf("%w; see: sealpost %s -h", err, name)
		}
		if set.NArg() == 0 {
			return operands, nil
		}
		operands = append(operands, set.Arg(0))
		args = set.Args()[1:]
	}
}

// options reads the options of a command that has nothing to apply them to.
func options(name string, args []string, define func(*flag.FlagSet)) error {
	operands, err := flags(name, args, define)
	if err == nil && len(operands) > 0 {
		return fmt.Errorf("%q is not an option of %s; see: sealpost %s -h", operands[0], name, name)
	}
	return err
}

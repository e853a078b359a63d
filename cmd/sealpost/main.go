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
	"regexp"
	"runtime"
	"runtime/debug"
	"slices"
	"strings"
	"syscall"
	"time"

	"sealpost/internal/wrap"
)

func main() {
	if len(os.Args) > 1 && os.Args[1] == "local" {
		limitMemory(os.Getenv)
	}
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

// errUnseen ends a command that has said already what it could not look at.
var errUnseen = errors.New("not everything could be looked at")

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
		{"local", "[-dir DIR] [-http ADDRESS] [-smtp ADDRESS|off] [-reports-domain DOMAIN] [-accept hosted|any]" + distrustArg + quarantineArg + " [-settle TIME]", "serve policies and take in reports, over one directory", runLocal},
		{"version", "", "say which Sealpost this is", runVersion},
		{"check", checkArgs, "say from outside where a domain stands: what is wrong, what senders do about it, and how to mend it", runCheck},
		{"status", locationArgs + " [-json] [DOMAIN...]", "say how far each domain has come, and what is in the way", runStatus},
		{"resume", locationArgs, "let pass what is held back because many domains changed at once", runResume},
		{"policy lint", "FILE|-", "say what each known sender makes of a policy text", runPolicyLint},
		{"policy show", "[-dir DIR] [DOMAIN...]", "show the text that is served, and why an edit was refused", runPolicyShow},
		{"policy history", locationArgs + " [-json] DOMAIN", "list what was published for a domain, the newest first", runPolicyHistory},
		{"policy plan", locationArgs + " [-add MX]... [-remove MX]... [-resolver ADDRESS] [-json] DOMAIN", "say in which order, and when, MX hosts and the policy may change", runPolicyPlan},
		{"policy rollback", locationArgs + " [-to NUMBER|ID] [-reason TEXT] DOMAIN", "ask again for a policy that was published before", runPolicyRollback},
		{"report show", "[-dir DIR] FILE|FOLDER|-...", "explain reports, and say who vouches for those in mails", runReportShow},
		{"report validate", "[-strict] FILE|FOLDER|-...", "check reports against the JSON Schema", runReportValidate},
		{"report import", "[-dir DIR] [-accept hosted|any]" + distrustArg + " FILE|FOLDER|-...", "take reports in from files, mails, mbox files and Maildirs", runReportImport},
		{"replay", replayArgs, "judge again what was not counted, after an upgrade or a change", runReplay},
		{"digest", locationArgs + " [-week WEEK] [-audience NAME] [-html FILE|-json] [-accept hosted|any]" + distrustArg + quarantineArg + " [-send|-resend [-smtp HOST:PORT -from ADDRESS -to ADDRESS]]",
			"say what the reports of a week mean, or mail it", runDigest},
		{"query", "[-dir DIR] [-csv|-json] 'SELECT ...'|-|-list|-saved NAME [-week WEEK] [-sql]", "answer a question in SQL about the reports", runQuery},
	}
}

func run(ctx context.Context, t terminal, args []string) int {
	cmd, rest, found := find(args)
	if !found {
		return usage(t, args)
	}
	var asked *askedForHelp
	var misused *misuse
	switch err := cmd.run(ctx, t, rest); {
	case err == nil:
		return exitGood
	case errors.As(err, &asked):
		wrap.Hang(t.stdout, "usage: sealpost "+cmd.name+" ", cmd.args)
		fmt.Fprintf(t.stdout, "\n%s\n%s", sentence(cmd.summary), asked.options)
		return exitGood
	case errors.Is(err, errProblems):
		return exitProblems
	case errors.Is(err, errUnseen):
		return exitFailed
	case errors.As(err, &misused):
		fmt.Fprintf(t.stderr, "sealpost: %v; see: %s %s -h\n", err, t.name, cmd.name)
		return exitFailed
	default:
		fmt.Fprintf(t.stderr, "sealpost: %v\n", err)
		return exitFailed
	}
}

// misuse ends a command that was called in a way that it does not have.
type misuse struct{ what string }

func (m *misuse) Error() string { return m.what }

func misusef(format string, args ...any) error { return &misuse{fmt.Sprintf(format, args...)} }

func find(args []string) (cmd command, rest []string, found bool) {
	for _, cmd := range commands() {
		words := strings.Fields(cmd.name)
		if len(args) >= len(words) && strings.Join(args[:len(words)], " ") == cmd.name {
			return cmd, args[len(words):], true
		}
	}
	return command{}, nil, false
}

// usage lists the commands: all of them to whoever asks and to whoever named
// none, those of a group to whoever named that. Of a wrong one it says so, in few
// lines.
func usage(t terminal, args []string) int {
	if len(args) == 0 {
		list(t.stderr, commands())
		return exitFailed
	}
	switch args[0] {
	case "help", "-h", "-help", "--help":
		return help(t, args[1:])
	case "-version", "--version":
		return run(context.Background(), t, []string{"version"})
	}
	if group := groupOf(args[0]); len(group) > 0 {
		if len(args) > 1 {
			fmt.Fprintf(t.stderr, "sealpost: there is no command %q\n\n", strings.Join(args[:2], " "))
		}
		list(t.stderr, group)
		return exitFailed
	}
	fmt.Fprintf(t.stderr, "sealpost: there is no command %q; %s help lists all\n", args[0], t.name)
	return exitFailed
}

// help lists all commands, those of a group, or says how one is used.
func help(t terminal, about []string) int {
	if len(about) == 0 {
		list(t.stdout, commands())
		return exitGood
	}
	if _, rest, found := find(about); found && len(rest) == 0 {
		return run(context.Background(), t, append(about, "-h"))
	}
	if group := groupOf(about[0]); len(about) == 1 && len(group) > 0 {
		list(t.stdout, group)
		return exitGood
	}
	fmt.Fprintf(t.stderr, "sealpost: there is no command %q; %s help lists all\n", strings.Join(about, " "), t.name)
	return exitFailed
}

func list(w io.Writer, commands []command) {
	fmt.Fprintf(w, "Sealpost hosts MTA-STS policies and takes in SMTP TLS reports.\n\n")
	for _, cmd := range commands {
		wrap.Hang(w, "  sealpost "+cmd.name+" ", cmd.args)
		wrap.Hang(w, "        ", cmd.summary)
	}
}

// groupOf gives the commands whose name has that as the first of two words.
func groupOf(word string) []command {
	return slices.DeleteFunc(commands(), func(c command) bool { return !strings.HasPrefix(c.name, word+" ") })
}

// runVersion says what the program was built from.
func runVersion(_ context.Context, t terminal, args []string) error {
	if err := options("version", args, func(*flag.FlagSet) {}); err != nil {
		return err
	}
	version, revision := "unknown", ""
	if info, is := debug.ReadBuildInfo(); is {
		version = info.Main.Version
		for _, setting := range info.Settings {
			if setting.Key == "vcs.revision" {
				revision = ", commit " + setting.Value
			}
		}
	}
	fmt.Fprintf(t.stdout, "sealpost %s%s, %s\n", version, revision, runtime.Version())
	return nil
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
		if f.DefValue != "" && f.DefValue != "false" {
			usage += fmt.Sprintf(" (without it: %s)", f.DefValue)
		}
		fmt.Fprintf(&options, "\n  %s\n", strings.TrimSpace("-"+f.Name+" "+kind))
		wrap.Hang(&options, "        ", usage)
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
			return nil, misread(set, err)
		}
		if set.NArg() == 0 {
			return operands, nil
		}
		operands = append(operands, set.Arg(0))
		args = set.Args()[1:]
	}
}

// unread is what the library says of a value that is no number or time.
var unread = regexp.MustCompile(`^invalid value (".*") for flag -(\S+): (?:parse error|value out of range)$`)

// misread says what is wrong with an option, and how its value has to be.
func misread(set *flag.FlagSet, err error) error {
	found := unread.FindStringSubmatch(err.Error())
	if found == nil {
		return &misuse{err.Error()}
	}
	kind := "a whole number, such as 10"
	if getter, is := set.Lookup(found[2]).Value.(flag.Getter); is {
		if _, is := getter.Get().(time.Duration); is {
			kind = "a time, such as 30s or 5m"
		}
	}
	return misusef("-%s is %s; it takes %s", found[2], found[1], kind)
}

// options reads the options of a command that has nothing to apply them to.
func options(name string, args []string, define func(*flag.FlagSet)) error {
	operands, err := flags(name, args, define)
	if err == nil && len(operands) > 0 {
		return misusef("%q is not an option of %s", operands[0], name)
	}
	return err
}

package sealpost_test

import (
	"encoding/json"
	"errors"
	"io"
	"os/exec"
	"path"
	"slices"
	"strings"
	"testing"
)

const module = "sealpost"

// listed is a package as go list describes it.
type listed struct {
	ImportPath, Name, Doc, Dir string
	GoFiles, Imports, Deps     []string
	Standard                   bool
}

// list gives the packages of the module and all that they import, tests apart.
func list(t *testing.T) map[string]listed {
	t.Helper()
	command := exec.CommandContext(t.Context(), "go", "list", "-deps", "-json=ImportPath,Name,Doc,Dir,GoFiles,Imports,Deps,Standard", "./...")
	output, err := command.Output()
	if err != nil {
		var exit *exec.ExitError
		if errors.As(err, &exit) {
			t.Logf("%s", exit.Stderr)
		}
		t.Fatalf("go list: %v", err)
	}
	packages := make(map[string]listed)
	for decoder := json.NewDecoder(strings.NewReader(string(output))); ; {
		var p listed
		if err := decoder.Decode(&p); err == io.EOF {
			return packages
		} else if err != nil {
			t.Fatal(err)
		}
		packages[p.ImportPath] = p
	}
}

// local is a package's path in the module, "" for the module's root; false for
// packages of others.
func local(importPath string) (string, bool) {
	if importPath == module {
		return "", true
	}
	return strings.CutPrefix(importPath, module+"/")
}

// ours gives the paths of the packages of the module that have more than tests,
// in order.
func ours(packages map[string]listed) []string {
	var paths []string
	for importPath, p := range packages {
		if name, is := local(importPath); is && len(p.GoFiles) > 0 {
			paths = append(paths, name)
		}
	}
	slices.Sort(paths)
	return paths
}

// arrows says which other packages of the module each package may import, and
// why no others.
var arrows = map[string]struct {
	to     []string
	reason string
}{
	"schemas":             {nil, "the schemas are for other programs too"},
	"internal/mtasts":     {nil, "RFC 8461 is the same for everybody: the package is pure"},
	"internal/message":    {nil, "a message is cut into fields alike, for those who read it and those who verify it"},
	"internal/tlsrpt":     {[]string{"internal/message"}, "RFC 8460 is the same for everyone: the package is pure"},
	"internal/trust":      {[]string{"internal/mtasts"}, "all readers of reports decide in the same way whom to trust"},
	"internal/dkim":       {[]string{"internal/message"}, "who has signed a message is the same for everyone, whatever is in it"},
	"internal/policyhost": {[]string{"internal/mtasts"}, "a Policy Host serves from any store, and cares for nothing but policies"},
	"internal/archive":    {[]string{"internal/tlsrpt"}, "reports at rest must not depend on how they came or where the bytes lie"},
	"internal/publication": {[]string{"internal/mtasts", "internal/tlsrpt", "internal/policyhost", "internal/trust"},
		"what may be published must not depend on where it is kept, nor those who only serve it on how items are read"},
	"internal/mxplan":  {[]string{"internal/mtasts", "internal/publication"}, "a plan rests on what was served, and knows neither stores nor the DNS"},
	"internal/posture": {[]string{"internal/mtasts"}, "how a domain looks from outside does not depend on who hosts it"},
	"internal/survey": {[]string{"internal/mtasts", "internal/tlsrpt", "internal/posture"},
		"what is seen of a domain is what is there, whoever judges it"},
	"internal/assessment": {[]string{"internal/mtasts", "internal/tlsrpt", "internal/survey", "internal/wrap"},
		"a judgement rests on what was seen, and looks at nothing itself"},
	"internal/policyitem": {[]string{"internal/mtasts", "internal/publication", "schemas"}, "an item reads the same wherever it is kept"},
	"internal/netlimit":   {nil, "connections are bounded alike, whatever they are for"},
	"internal/admission":  {nil, "a bound on concurrent work does not depend on the work"},
	"internal/reportintake": {[]string{"internal/admission", "internal/tlsrpt", "internal/dkim", "internal/archive", "internal/trust", "schemas"},
		"intake asks whose report it is by an interface, and knows no store"},
	"internal/smtpintake": {[]string{"internal/netlimit", "internal/reportintake", "internal/tlsrpt"},
		"a mail that comes by SMTP is taken in like any other: only its answer differs"},
	"internal/replay": {[]string{"internal/archive", "internal/reportintake"},
		"to judge again is to take in again, wherever the bytes lie"},
	"internal/mbox":      {nil, "an mbox holds mails of any kind"},
	"internal/pageguard": {nil, "pages are kept to this machine alike, whatever is on them"},
	"internal/wrap":      {nil, "a line is broken alike, whatever it says"},
	"internal/digest":    {[]string{"internal/archive", "internal/mtasts", "internal/tlsrpt", "internal/trust", "internal/wrap"}, "a digest is made of sums, whoever reads and groups the reports"},
	"internal/linesum":   {[]string{"internal/archive", "internal/digest", "internal/tlsrpt"}, "an engine adds to the sums of a digest, and knows no other engine"},
	"internal/weekly":    {[]string{"internal/archive", "internal/digest", "internal/mtasts", "internal/publication", "internal/tlsrpt", "internal/told", "internal/trust"}, "a digest is sent the same way wherever the reports lie"},
	"internal/told":      {nil, "what people were told is kept like anything else, by whoever keeps policies: it carries neither digests nor alerts"},
	"internal/alert": {[]string{"internal/digest", "internal/mtasts", "internal/publication", "internal/tlsrpt", "internal/told"},
		"whom it wakes and for what does not depend on how people are told, nor on how a report came"},
	"internal/compaction": {[]string{"schemas/athena"}, "which days are compacted depends on no engine"},
	"schemas/athena":      {[]string{"internal/archive"}, "what is asked of lines depends on what a line is, and on no engine"},
	"internal/duckdb":     {[]string{"internal/archive", "internal/localdir", "internal/query", "schemas/athena"}, "an engine knows where the lines lie and what is asked of them"},
	"internal/query":      {[]string{"internal/digest"}, "an answer is shown alike, whichever engine gave it"},
	"internal/sqlsum":     {[]string{"internal/archive", "internal/digest", "schemas/athena"}, "an engine adds to the sums of a digest, and knows no other engine"},
	"internal/localdir":   {[]string{"internal/archive", "internal/mtasts", "internal/publication", "internal/told"}, "a driver knows the interfaces that it implements and how domains are spelled, and no service"},
	"internal/storetest":  {[]string{"internal/archive", "internal/publication", "internal/mtasts", "internal/replay", "internal/told", "internal/weekly"}, "a suite knows the interfaces, and no driver but its own"},

	"internal/tlsrpt/tlsrpttest": {nil, "reports for tests are texts"},
	"internal/dkim/dkimtest":     {nil, "mails for tests are texts"},
	"internal/digest/digesttest": {[]string{"internal/archive", "internal/digest", "internal/trust"}, "the suite knows what engines have in common, and none of them"},
	"internal/lambdatest":        {nil, "a function is a program, whatever it does"},
	"internal/internettest":      {nil, "hosts with faults are the same whoever looks at them"},
	"internal/querytest": {[]string{"internal/archive", "internal/digest", "internal/localdir", "internal/reportintake", "internal/tlsrpt", "internal/tlsrpt/tlsrpttest", "schemas/athena"},
		"what reports mean is the same to every engine"},
}

// testOnly are packages for tests: nothing that runs may lean on them.
var testOnly = []string{"internal/storetest", "internal/tlsrpt/tlsrpttest", "internal/dkim/dkimtest", "internal/digest/digesttest", "internal/lambdatest", "internal/querytest", "internal/internettest", "internal/aws/mototest", "internal/aws/dynamostore/dynamotest"}

func isTestOnly(name string) bool { return slices.Contains(testOnly, name) }

func TestArrows(t *testing.T) {
	packages := list(t)
	for name, arrow := range arrows {
		p, exists := packages[module+"/"+name]
		if !exists {
			t.Errorf("the table names %s, which does not exist", name)
		}
		for _, imported := range p.Imports {
			if to, is := local(imported); is && !slices.Contains(arrow.to, to) {
				t.Errorf("%s imports %s: it may not, since %s", name, to, arrow.reason)
			}
		}
	}
	for _, name := range ours(packages) {
		if _, known := arrows[name]; !known && !isMain(name) && !isCloud(name) {
			t.Errorf("%s is not in the table: say there what it may import", name)
		}
		for _, imported := range packages[module+"/"+name].Imports {
			if to, is := local(imported); is && slices.Contains(testOnly, to) && !isTestOnly(name) {
				t.Errorf("%s imports %s: it may not, since that is for tests", name, to)
			}
		}
	}
}

// isMain says where programs lie. Everything else is to be used by them.
func isMain(name string) bool {
	return below(name, "cmd") || below(name, "functions") || isInfra(name)
}

// isCloud says where the cloud's libraries may be known.
func isCloud(name string) bool {
	return below(name, "functions") || below(name, "internal/aws") || isInfra(name)
}

// isInfra is the stack, and what tries it out.
func isInfra(name string) bool { return name == "infra" || below(name, "infra") }

func below(name, folder string) bool { return strings.HasPrefix(name, folder+"/") }

// pure are the packages of the standards, and what they may lean on.
var pure = map[string][]string{
	"internal/message": {},
	"internal/mtasts":  {"golang.org/x/net/idna", "golang.org/x/net/publicsuffix", "golang.org/x/text"},
	"internal/tlsrpt":  {"sealpost/internal/message", "golang.org/x/net/idna", "golang.org/x/text", "github.com/go-json-experiment/json", "github.com/klauspost/compress"},
}

func TestStandardsArePure(t *testing.T) {
	packages := list(t)
	for name, libraries := range pure {
		p, exists := packages[module+"/"+name]
		if !exists {
			t.Errorf("the table names %s, which does not exist", name)
		}
		for _, dependency := range p.Deps {
			allowed := packages[dependency].Standard || slices.ContainsFunc(libraries, func(library string) bool {
				return dependency == library || below(dependency, library)
			})
			if !allowed {
				t.Errorf("%s depends on %s: it may only on the libraries of its formats, so that anybody can use it", name, dependency)
			}
		}
		for _, banned := range []string{"context", "log/slog", "net", "net/http", "os"} {
			if slices.Contains(p.Imports, banned) {
				t.Errorf("%s imports %s: a standard is pure, it waits for nobody and touches nothing", name, banned)
			}
		}
	}
}

// bans are imports that are kept to some places, whoever else made them.
var bans = []struct {
	imports string // And all below it.
	allowed func(name string) bool
	reason  string
}{
	{"os/exec", func(name string) bool { return isTestOnly(name) || name == "infra" || name == "cmd/sealpost" },
		"nothing that runs needs another program, but for queries; infra builds those of the functions"},
	{"github.com/duckdb/duckdb-go/v2", func(name string) bool { return name == "internal/duckdb" }, "the engine is C++, and larger than all the rest together"},
	{"sealpost/internal/duckdb", func(name string) bool { return name == "cmd/sealpost-query" }, "only one program has the engine in it"},
	{"net", func(name string) bool {
		return isMain(name) || isTestOnly(name) || name == "internal/aws/awsconfig" || name == "internal/posture" || name == "internal/survey" ||
			name == "internal/netlimit" || name == "internal/smtpintake" // They bound a listener that they are given.
	}, "who listens and who dials is decided where programs begin; only to look at a domain from outside is to dial"},
	{"flag", isMain, "only programs have flags"},
	{"github.com/aws/aws-sdk-go-v2", isCloud, "everything else must run without the cloud"},
	{"github.com/aws/aws-lambda-go", isCloud, "everything else must run without the cloud"},
	{"github.com/aws/aws-cdk-go", func(name string) bool { return name == "infra" }, "only infra describes the stack"},
	{"github.com/aws/constructs-go", func(name string) bool { return name == "infra" }, "only infra describes the stack"},
	{"github.com/aws/jsii-runtime-go", func(name string) bool { return name == "infra" }, "only infra describes the stack"},
	{"testing", isTestOnly, "tests are no part of a program"},
}

func TestBans(t *testing.T) {
	packages := list(t)
	for _, name := range ours(packages) {
		for _, imported := range packages[path.Join(module, name)].Imports {
			for _, ban := range bans {
				if (imported == ban.imports || below(imported, ban.imports) && ban.imports != "net") && !ban.allowed(name) {
					t.Errorf("%s imports %s: it may not, since %s", name, imported, ban.reason)
				}
			}
		}
	}
}

// TestPackagesSayWhatTheyAre: a package comment names the package, or the
// command, and every main lies where programs lie.
func TestPackagesSayWhatTheyAre(t *testing.T) {
	packages := list(t)
	names := ours(packages)
	if !slices.Contains(names, "cmd/sealpost") {
		t.Errorf("cmd/sealpost is not among %q", names)
	}
	for _, name := range names {
		p := packages[path.Join(module, name)]
		begins := "Package " + p.Name + " "
		if p.Name == "main" {
			begins = "Command " + path.Base(name) + " "
			if !isMain(name) {
				t.Errorf("%s is a program: programs lie in cmd, functions or infra", name)
			}
		}
		if !strings.HasPrefix(p.Doc, begins) {
			t.Errorf("%s: its comment begins with %q; want %q", name, p.Doc, begins)
		}
	}
}

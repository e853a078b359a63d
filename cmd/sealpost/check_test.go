package main

import (
	"bytes"
	"context"
	"crypto/tls"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"sealpost/internal/internettest"
	"sealpost/internal/localdir"
	"sealpost/internal/mtasts"
	"sealpost/internal/mxplan"
	"sealpost/internal/publication"
)

// checkedAt is when the tests look.
var checkedAt = time.Date(2026, time.November, 25, 12, 0, 0, 0, time.UTC)

// pointToInternet makes an Internet on one address of this machine, and gives the
// options that point the program to it. In it, example.com and example.org are as
// they should be; of example.net one MX host has let its certificate expire, and the
// policy has a blank line; the MX of closed.example does not let us in;
// unpublished.example has nothing yet but MX hosts.
func pointToInternet(t testing.TB, now time.Time) []string {
	t.Helper()
	now = now.UTC() // Its days have 24 hours.
	internet, root := internettest.New(t), internettest.NewAuthority(t, "Root")
	issue := func(until time.Time, names ...string) tls.Certificate {
		return root.Issue(internettest.Leaf{Names: names, NotBefore: now.AddDate(0, -3, 0), NotAfter: until})
	}
	soon := now.AddDate(0, 2, 0)
	web := internet.Web("policy:443", internettest.Web{
		Certificate: issue(soon, "mta-sts.example.com", "mta-sts.example.org", "mta-sts.example.net", "mta-sts.closed.example"),
		Handler:     http.HandlerFunc(servePolicy),
	})
	mail := internet.Mail("mx:25", internettest.Mail{ByName: map[string]tls.Certificate{
		"mx1.example.com": issue(soon, "mx1.example.com"),
		"mx1.example.org": issue(soon, "mx1.example.org"),
		"mx1.example.net": issue(soon, "mx1.example.net"),
		"mx2.example.net": issue(now.AddDate(0, 0, -3), "mx2.example.net"),
	}})
	zone := internettest.Zone{Records: []string{
		"example.net. MX 20 mx2.example.net.", "mx1.example.com. A 127.0.0.1", "mx1.example.org. A 127.0.0.1", "mx1.example.net. A 127.0.0.1", "mx2.example.net. A 127.0.0.1",
		"reports.example. MX 10 mail.reports.example.", "mail.reports.example. A 127.0.0.1", "unpublished.example. MX 10 mx1.example.com.",
	}, Fails: []string{"mx1.closed.example"}}
	for _, domain := range []string{"example.com", "example.org", "example.net", "closed.example"} {
		zone.Records = append(zone.Records,
			fmt.Sprintf(`_mta-sts.%s. TXT "v=STSv1; id=20261117T081500;"`, domain),
			fmt.Sprintf("mta-sts.%s. A 127.0.0.1", domain),
			fmt.Sprintf("%s. MX 10 mx1.%s.", domain, domain),
			fmt.Sprintf(`_smtp._tls.%s. TXT "v=TLSRPTv1; rua=mailto:tls@reports.example"`, domain))
	}
	roots := filepath.Join(t.TempDir(), "roots.pem")
	if err := os.WriteFile(roots, root.PEM(), 0o644); err != nil {
		t.Fatal(err)
	}
	return []string{"-allow-private", "-resolver", zone.Start(t), "-roots", roots, "-https-port", portOf(web), "-smtp-port", portOf(mail)}
}

func servePolicy(w http.ResponseWriter, r *http.Request) {
	host, _, _ := strings.Cut(r.Host, ":")
	domain := strings.TrimPrefix(host, "mta-sts.")
	w.Header().Set("Content-Type", "text/plain")
	fmt.Fprintf(w, "version: STSv1\nmode: testing\nmx: *.%s\nmax_age: 86400\n", domain)
	if domain == "example.net" {
		io.WriteString(w, "\n") //nolint:errcheck // The test would fail.
	}
}

func portOf(address net.Addr) string {
	_, port, _ := net.SplitHostPort(address.String())
	return port
}

// check runs the command, and takes out how long hosts took and which port its
// resolver has.
func check(t *testing.T, stdin string, args ...string) (code int, stdout, stderr string) {
	t.Helper()
	var out, errs bytes.Buffer
	code = run(t.Context(), terminal{name: "sealpost", stdin: strings.NewReader(stdin), stdout: &out, stderr: &errs, now: func() time.Time { return checkedAt }},
		append([]string{"check"}, args...))
	text := regexp.MustCompile(`in \d+(\.\d+)?[µm]?s`).ReplaceAllString(out.String(), "in 12ms")
	return code, regexp.MustCompile(`127\.0\.0\.1:\d+ says`).ReplaceAllString(text, "127.0.0.1 says"), errs.String()
}

// TestCheck has what people see of one domain and of many, and how it ends.
func TestCheck(t *testing.T) {
	internet := pointToInternet(t, checkedAt)
	for _, test := range []struct {
		name    string
		domains []string
		stdin   string
		code    int
	}{
		{"good", []string{"example.com"}, "", exitGood},
		{"problems", []string{"Example.NET."}, "", exitProblems},
		{"unseen", []string{"closed.example"}, "", exitFailed},
		{"many", []string{"-"}, "example.com\nclosed.example\n\nexample.net gone.example\n", exitProblems},
		{"many-unseen", []string{"example.com", "closed.example"}, "", exitFailed},
		{"u-label", []string{"Bücher.example"}, "", exitProblems},
		{"unpublished", []string{"unpublished.example"}, "", exitProblems},
		{"many-good", []string{"example.com", "example.org"}, "", exitGood},
		{"good", []string{"example.com", "EXAMPLE.com."}, "", exitGood},
		{"many", []string{"-"}, "# ours\n- example.com # the first\n- closed.example\r\n\nexample.net example.com\ngone.example", exitProblems},
	} {
		t.Run(test.name, func(t *testing.T) {
			code, out, errs := check(t, test.stdin, append(internet, test.domains...)...)
			if code != test.code || errs != "" {
				t.Errorf("exit code %d, %q; want %d", code, errs, test.code)
			}
			goldenFile(t, filepath.Join("testdata", "check", test.name+".txt"), out)
		})
	}
}

// TestCheckJSON holds the shape that docs/check.md describes.
func TestCheckJSON(t *testing.T) {
	internet := pointToInternet(t, checkedAt)
	code, out, _ := check(t, "", append(internet, "-json", "example.net")...)
	if code != exitProblems {
		t.Errorf("exit code %d", code)
	}
	var value any
	if err := json.Unmarshal([]byte(out), &value); err != nil {
		t.Fatal(err)
	}
	out = regexp.MustCompile(`"took_ns": \d+`).ReplaceAllString(out, `"took_ns": 12000000`)
	out = regexp.MustCompile(`"by": "127.0.0.1:\d+"`).ReplaceAllString(out, `"by": "RESOLVER"`)
	out = regexp.MustCompile(`"port": "\d+"`).ReplaceAllString(out, `"port": "PORT"`)
	out = regexp.MustCompile(`"sha256": "[0-9a-f]{64}"`).ReplaceAllString(out, `"sha256": "SHA256"`)
	goldenFile(t, filepath.Join("testdata", "check", "problems.json"), out)
}

// TestCheckHosted: of a domain that is hosted here it is known what should be
// served, and what was before.
func TestCheckHosted(t *testing.T) {
	internet := pointToInternet(t, checkedAt)
	dir := hostsExampleCom(t)
	left := publication.Status{Domain: "left.example", State: publication.StateRetired, Revision: 1} // Nobody asks about it any more.
	if done, err := (&localdir.State{Root: dir}).SetStatus(t.Context(), left); err != nil || !done {
		t.Fatal(done, err)
	}
	code, out, _ := check(t, "", append(internet, "-dir", dir)...)
	if code != exitProblems {
		t.Errorf("exit code %d", code)
	}
	goldenFile(t, filepath.Join("testdata", "check", "hosted.txt"), out)
}

// hostsExampleCom makes a folder that hosts example.com: its policy was set to
// testing an hour ago, and was in mode enforce for another MX host before.
func hostsExampleCom(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	if err := os.Mkdir(filepath.Join(dir, "policies"), 0o755); err != nil {
		t.Fatal(err)
	}
	state := &localdir.State{Root: dir}
	for i, policy := range []mtasts.Policy{
		{Mode: mtasts.ModeEnforce, MX: []string{"mx9.example.com"}, MaxAge: 604800},
		{Mode: mtasts.ModeTesting, MX: []string{"*.example.com"}, MaxAge: 86400},
	} {
		body := policy.Render()
		published := publication.Published{Domain: "example.com", Body: string(body), ID: mtasts.ID(body), Mode: policy.Mode, MX: policy.MX,
			MaxAge: policy.MaxAge, PublishedAt: checkedAt.Add(time.Duration(i-2) * time.Hour), Revision: i + 1}
		if done, err := state.Publish(t.Context(), published); err != nil || !done {
			t.Fatal(done, err)
		}
		if err := state.AddHistory(t.Context(), published, checkedAt); err != nil {
			t.Fatal(err)
		}
	}
	if done, err := state.SetStatus(t.Context(), publication.Status{Domain: "example.com", State: publication.StateActive, Revision: 1}); err != nil || !done {
		t.Fatal(done, err)
	}
	return dir
}

// TestCheckWithoutSMTP: what was not looked at is not good.
func TestCheckWithoutSMTP(t *testing.T) {
	code, out, errs := check(t, "", append(pointToInternet(t, checkedAt), "-without-smtp", "example.com")...)
	if code != exitFailed || errs != "" || !strings.Contains(out, "The MX hosts were not talked to: port ") || !strings.Contains(strings.Join(strings.Fields(out), " "), " Leave out -without-smtp where port ") {
		t.Errorf("exit code %d, %q, %s", code, errs, out)
	}
}

// TestCheckOfNothing: that there was nothing to look at is not good either.
func TestCheckOfNothing(t *testing.T) {
	internet, dir := pointToInternet(t, checkedAt), t.TempDir()
	if err := os.Mkdir(filepath.Join(dir, "policies"), 0o755); err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct{ option, want string }{
		{"-", "sealpost: standard input names no domain\n"},
		{"-dir=" + dir, "sealpost: no domain is hosted here yet\n"},
	} {
		if code, out, errs := check(t, " \n", append(internet, test.option)...); code != exitFailed || out != "" || errs != test.want {
			t.Errorf("%s: exit code %d, %q, %q", test.option, code, out, errs)
		}
	}
}

// TestCheckAgreesWithPlan: until when senders hold a policy from before is the
// same in both.
func TestCheckAgreesWithPlan(t *testing.T) {
	const mx1, mx3 = "mx1.example.com", "mx3.example.com"
	late := servedFor(2, mx1, mx3)
	late.AnnouncedAt = late.PublishedAt.Add(30 * time.Hour)
	never := servedFor(2, mx1, mx3)
	never.AnnouncedAt = time.Time{}
	for name, last := range map[string]publication.Published{"at once": servedFor(2, mx1, mx3), "late": late, "not yet": never} {
		f := newPlanFolder(t, mx1, servedFor(30, mx1), last)
		d, err := openFolder(terminal{now: func() time.Time { return planAt }}, filepath.Join(f.in, "data"))
		if err != nil {
			t.Fatal(err)
		}
		planned, err := d.plan(t.Context(), mxplan.Change{Domain: "example.com", Add: []string{mx3}})
		if err != nil {
			t.Fatal(err)
		}
		past, err := d.past(t.Context(), "example.com")
		if err != nil {
			t.Fatal(err)
		}
		wait, _ := planned.Step(mxplan.Wait)
		kept := past.kept(planAt)
		if len(kept) != 1 || wait.Hold == nil || !kept[0].Until.Equal(wait.Hold.Until) || kept[0].Earliest != wait.Hold.Earliest {
			t.Errorf("announced %s: check has %+v, the plan %+v", name, kept, wait.Hold)
		}
	}
}

// TestCheckMisused has one line that says what to do.
func TestCheckMisused(t *testing.T) {
	for _, test := range []struct {
		args []string
		want string
	}{
		{nil, "sealpost: check takes domains; see: sealpost check -h\n"},
		{[]string{"-timeout", "0s", "example.com"}, "sealpost: -timeout is 0s; it must be more than 0; see: sealpost check -h\n"},
		{[]string{"-parallel", "0", "example.com"}, "sealpost: -parallel is 0; it must be 1 or more; see: sealpost check -h\n"},
		{[]string{"-dir", "a", "-stack", "b"}, "sealpost: name a folder with -dir or a stack with -stack, not both; see: sealpost check -h\n"},
		{[]string{"-roots", "check_test.go", "example.com"}, "sealpost: check_test.go has no certificate in it; it must be PEM\n"},
		{[]string{"-timeout", "5", "example.com"}, "sealpost: invalid value \"5\" for flag -timeout: it has no unit; write 5s for seconds; see: sealpost check -h\n"},
		{[]string{"-timeout", "soon", "example.com"}, "sealpost: invalid value \"soon\" for flag -timeout: it must be a time such as 5s or 1m30s; see: sealpost check -h\n"},
		{[]string{"-https-port", "0", "example.com"}, "sealpost: invalid value \"0\" for flag -https-port: it must be a number from 1 to 65535; see: sealpost check -h\n"},
		{[]string{"-smtp-port", "smtp", "example.com"}, "sealpost: invalid value \"smtp\" for flag -smtp-port: it must be a number from 1 to 65535; see: sealpost check -h\n"},
		{[]string{"-resolver", "nonsense.onion", "example.com"}, "sealpost: -resolver nonsense.onion is no address, and no host of that name can be found; give an address such as 9.9.9.9\n"},
		{[]string{"-resolver", "127.0.0.1", "https://example.com/x"}, "sealpost: \"https://example.com/x\" is not a domain: it may have only letters, digits, and hyphens inside, between its dots; write example.com\n"},
		{[]string{"-resolver", "127.0.0.1", "me@example.com"}, "sealpost: \"me@example.com\" is not a domain: it may have only letters, digits, and hyphens inside, between its dots; write example.com\n"},
		{[]string{"-resolver", "127.0.0.1", "not_a_domain"}, "sealpost: \"not_a_domain\" is not a domain: it may have only letters, digits, and hyphens inside, between its dots\n"},
	} {
		if code, out, errs := check(t, "", test.args...); code != exitFailed || out != "" || errs != test.want {
			t.Errorf("%q: exit code %d, %q, %q; want %q", test.args, code, out, errs, test.want)
		}
	}
}

// TestCheckUsage: the line that says how to call it has every option.
func TestCheckUsage(t *testing.T) {
	_, out, _ := check(t, "", "-h")
	usage, options, _ := strings.Cut(out, "\n\n")
	for _, option := range regexp.MustCompile(`(?m)^ +(-[a-z-]+)`).FindAllStringSubmatch(options, -1) {
		if !regexp.MustCompile(regexp.QuoteMeta(option[1]) + `[] |]`).MatchString(strings.ReplaceAll(usage, "\n", " ")) {
			t.Errorf("%s is not in: %s", option[1], usage)
		}
	}
}

// TestResolver has how a resolver may be named.
func TestResolver(t *testing.T) {
	const refusal = "it must be an address such as 9.9.9.9, or one with a port, 127.0.0.1:5353"
	for named, want := range map[string]string{
		"9.9.9.9": "9.9.9.9:53", "9.9.9.9:5353": "9.9.9.9:5353", "::1": "[::1]:53", "[::1]": "[::1]:53", "[::1]:5353": "[::1]:5353", "dns.example:53": "dns.example:53",
		"2001:db8::53": "[2001:db8::53]:53",
		"":             "", ":53": "", "9.9.9.9:": "", "9.9.9.9:0": "", "9.9.9.9:65536": "", "https://9.9.9.9/dns-query": "", "9.9.9.9 1.1.1.1": "", "9.9.9.9,1.1.1.1": "",
	} {
		var got string
		err := resolverInto(&got)(named)
		if refused := err != nil && err.Error() == refusal; refused != (want == "") || !refused && got != want {
			t.Errorf("%q: %q, %v", named, got, err)
		}
	}
}

// TestCheckListRefused names the line that is no domain.
func TestCheckListRefused(t *testing.T) {
	const want = "sealpost: line 3 of standard input: \"not_a_domain\" is not a domain: it may have only letters, digits, and hyphens inside, between its dots\n"
	if code, out, errs := check(t, "example.com\n\nexample.net not_a_domain\n", "-resolver", "127.0.0.1", "-"); code != exitFailed || out != "" || errs != want {
		t.Errorf("exit code %d, %q, %q", code, out, errs)
	}
}

// TestCheckInterrupted: what was looked at is told, and nothing that was not.
func TestCheckInterrupted(t *testing.T) {
	ctx, interrupt := context.WithCancel(t.Context())
	zone := internettest.Zone{Asked: func(name string) {
		if name == "two.example." {
			interrupt()
		}
	}}
	var out, errs bytes.Buffer
	args := append(append([]string{"check", "-parallel", "1"}, pointToInternet(t, checkedAt)...), "-resolver", zone.Start(t), "one.example", "two.example", "three.example")
	code := run(ctx, terminal{name: "sealpost", stdout: &out, stderr: &errs, now: func() time.Time { return checkedAt }}, args)
	if want := "sealpost: the check was interrupted; 1 of 3 domains were looked at\n"; code != exitFailed || errs.String() != want {
		t.Errorf("exit code %d, %q; want %q", code, errs.String(), want)
	}
	if said := out.String(); !strings.HasPrefix(said, "one.example: 1 to mend\n") || strings.Contains(said, "two.example") {
		t.Errorf("it says:\n%s", said)
	}
}

func goldenFile(t *testing.T, file, got string) {
	t.Helper()
	if *update {
		if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("%s differs; got:\n%s", file, got)
	}
}

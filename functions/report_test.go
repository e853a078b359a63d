package functions_test

import (
	"bytes"
	"compress/gzip"
	"encoding/base64"
	"encoding/json"
	"io"
	"net/http/httptest"
	"net/mail"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"sealpost/internal/archive"
	"sealpost/internal/aws/sesmail"
	"sealpost/internal/aws/settings"
	"sealpost/internal/digest"
	"sealpost/internal/digest/digesttest"
	"sealpost/internal/mtasts"
	"sealpost/internal/publication"
	"sealpost/internal/told"
	"sealpost/internal/weekly"
)

// host publishes a policy of the domain that the report is about.
func (c *cloud) host(t *testing.T) {
	t.Helper()
	policy := mtasts.Policy{Mode: mtasts.ModeEnforce, MX: []string{"*.mail.example.com"}, MaxAge: 604800}
	done, err := c.state.Publish(t.Context(), publication.Published{
		Domain: domain, Body: string(policy.Render()), ID: mtasts.ID(policy.Render()), Mode: policy.Mode, MX: policy.MX, MaxAge: policy.MaxAge,
		Revision: 1,
	})
	if err != nil || !done {
		t.Fatal(done, err)
	}
}

func (c *cloud) intake(t *testing.T, acceptAny bool, changes ...string) *function {
	t.Helper()
	s := settings.ReportIntake{StateTable: c.state.Table, ReportsBucket: reportsBucket, AcceptAny: acceptAny}
	return c.start(t, "reportintake", s.Env(), changes...)
}

func report(t *testing.T) string {
	t.Helper()
	text, err := os.ReadFile("testdata/report.json")
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// post is the event of a report sent as text.
func post(t *testing.T, body string) json.RawMessage {
	t.Helper()
	return event(t, "api-post.json", "@type@", "application/tlsrpt+json", "@base64@", "false", "@body@", body)
}

// postGzip is that of one compressed, which API Gateway hands on as base64.
func postGzip(t *testing.T, body string) json.RawMessage {
	t.Helper()
	var compressed bytes.Buffer
	w := gzip.NewWriter(&compressed)
	w.Write([]byte(body)) //nolint:errcheck // Close tells.
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return event(t, "api-post.json", "@type@", "application/tlsrpt+gzip", "@base64@", "true",
		"@body@", base64.StdEncoding.EncodeToString(compressed.Bytes()))
}

func TestReports(t *testing.T) {
	c := newCloud(t)
	c.host(t)
	intake := c.intake(t, false)
	other := strings.ReplaceAll(report(t), domain, "other.example")
	another := strings.Replace(report(t), "2026-11-16-meadow", "another", 1)
	for _, test := range []struct {
		name    string
		event   json.RawMessage
		code    int
		status  string
		objects int // More than before, of those that are counted.
	}{
		{"as text", post(t, report(t)), 201, "stored", 1},
		{"once more, compressed", postGzip(t, report(t)), 200, "duplicate", 0},
		{"another, compressed", postGzip(t, another), 201, "stored", 1},
		{"once more, as text", post(t, another), 200, "duplicate", 0},
		{"about somebody else", post(t, other), 404, "quarantined", 0},
		{"no report", post(t, "{}"), 400, "quarantined", 0},
	} {
		t.Run(test.name, func(t *testing.T) {
			before := c.reports(t)
			response := intake.request(t, test.event)
			var said struct{ Status, Key string }
			if err := json.Unmarshal([]byte(response.Body), &said); err != nil {
				t.Fatal(err)
			}
			if response.StatusCode != test.code || said.Status != test.status {
				t.Errorf("got %d %s; want %d %s", response.StatusCode, response.Body, test.code, test.status)
			}
			if _, kept := c.object(t, reportsBucket, said.Key); !kept {
				t.Errorf("nothing is kept at %q", said.Key)
			}
			if added := len(c.reports(t)) - len(before); added != test.objects {
				t.Errorf("%d reports were added; want %d", added, test.objects)
			}
		})
	}
	if line := c.line(t, c.reports(t)[0]); line.Channel != archive.ChannelHTTPS || len(line.Policies) != 1 || line.Policies[0].PolicyDomain != domain {
		t.Errorf("the line is %+v", line)
	}
}

// TestReportsOfOtherSites: what a browser sends for another site's page is refused as
// on one machine, and nothing is kept.
func TestReportsOfOtherSites(t *testing.T) {
	c := newCloud(t)
	c.host(t)
	intake := c.intake(t, false)
	for field, want := range map[string]int{
		`"origin": "https://attacker.example"`:         403,
		`"origin": "null"`:                             403,
		`"sec-fetch-site": "cross-site"`:               403,
		`"origin": "https://reports.sealpost.example"`: 201,
	} {
		before := len(c.keys(t, reportsBucket))
		event := strings.Replace(string(post(t, report(t))), `"host":`, field+`, "host":`, 1)
		if response := intake.request(t, json.RawMessage(event)); response.StatusCode != want {
			t.Errorf("%s: %d %s; want %d", field, response.StatusCode, response.Body, want)
		}
		if kept := len(c.keys(t, reportsBucket)) > before; kept != (want == 201) {
			t.Errorf("%s: kept is %t", field, kept)
		}
	}
}

// reports are the keys of the reports that count.
func (c *cloud) reports(t *testing.T) []string {
	return slices.DeleteFunc(c.keys(t, reportsBucket), func(key string) bool { return !strings.HasPrefix(key, "reports/v1/dt=") })
}

// line reads an object as Athena does: one line of JSON, compressed.
func (c *cloud) line(t *testing.T, key string) archive.Line {
	t.Helper()
	object, _ := c.object(t, reportsBucket, key)
	r, err := gzip.NewReader(strings.NewReader(object))
	if err != nil {
		t.Fatal(err)
	}
	text, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	var line archive.Line
	if err := json.Unmarshal(text, &line); err != nil || bytes.Count(text, []byte("\n")) != 1 {
		t.Fatalf("%s holds %q, %v; want one line", key, text, err)
	}
	return line
}

func TestReportsOfEverybody(t *testing.T) {
	c := newCloud(t)
	response := c.intake(t, true).request(t, post(t, report(t)))
	if response.StatusCode != 201 {
		t.Errorf("got %d %s; want 201", response.StatusCode, response.Body)
	}
}

// TestNothingCanBeStored: a reporter is told to come again, and not why.
func TestNothingCanBeStored(t *testing.T) {
	c := newCloud(t)
	c.host(t)
	for name, broken := range map[string]*function{
		"no table":  c.intake(t, false, "SEALPOST_STATE_TABLE", "another"),
		"no bucket": c.intake(t, false, "SEALPOST_REPORTS_BUCKET", "another"),
	} {
		response := broken.request(t, post(t, report(t)))
		if response.StatusCode != 503 || response.Headers["Retry-After"] == "" || strings.Contains(response.Body, "another") {
			t.Errorf("%s: got %d %v %s; want 503 and when to come again", name, response.StatusCode, response.Headers, response.Body)
		}
		if log := broken.Log(); !strings.Contains(log, `"level":"ERROR"`) {
			t.Errorf("%s: the log is:\n%s", name, log)
		}
	}
}

var digestSettings = settings.Digest{
	ReportsBucket: reportsBucket, ConfigurationSet: "sealpost", Sender: "digest@sealpost.example", Unsubscribe: "noc@sealpost.example", QuarantineDays: 30,
}

var audiences = []told.Audience{
	{Name: told.All, Recipients: []string{"postmaster@example.com", "security@example.com"}},
	{Name: "others", Recipients: []string{"others@example.com"}, Domains: []string{"other.example"}},
}

func (c *cloud) digest(t *testing.T) *function {
	t.Helper()
	s := digestSettings
	s.StateTable = c.state.Table
	return c.start(t, "digest", s.Env(), "LAMBDA_TASK_ROOT", besideDigest(t))
}

// besideDigest is a folder with what lies beside the program that mails digests.
func besideDigest(t testing.TB) string {
	t.Helper()
	folder := t.TempDir()
	if err := settings.PutAudiences(folder, audiences); err != nil {
		t.Fatal(err)
	}
	return folder
}

// TestDigestIsMailed: once to each audience, however often the function is
// called, and from the domains of each.
func TestDigestIsMailed(t *testing.T) {
	c := newCloud(t)
	c.host(t)
	week := digest.Last(digesttest.Now()) // The function reads the clock itself.
	c.intake(t, false).request(t, post(t, strings.ReplaceAll(report(t), "2026-11-16T", week.Start().Format(time.DateOnly)+"T")))
	function := c.digest(t)
	for _, test := range []struct {
		event string
		now   []string // The audiences that are mailed.
	}{
		{`{"week": "last", "audience": "all"}`, []string{"all"}},
		{`{"week": "` + week.String() + `"}`, []string{"others"}},
		{`{"week": "last"}`, nil},
		{`{"week": "` + week.Prev().String() + `"}`, []string{"all", "others"}},
		{`{"week": "last", "audience": "all", "resend": true}`, []string{"all"}},
	} {
		before := len(c.ses.messages)
		var answer weekly.Answer
		if err := json.Unmarshal(function.invoke(t, json.RawMessage(test.event)), &answer); err != nil {
			t.Fatal(err)
		}
		var now []string
		for _, outcome := range answer.Outcomes {
			if outcome.Now {
				now = append(now, outcome.Audience)
			}
			if !outcome.Sent || outcome.ReceiptID != "1" {
				t.Errorf("%s: %+v", test.event, outcome)
			}
		}
		if !slices.Equal(now, test.now) || len(c.ses.messages)-before != len(now) || answer.Remark != "" {
			t.Errorf("%s: %+v, %d messages; want %q", test.event, answer, len(c.ses.messages)-before, test.now)
		}
	}
	wantMail(t, c.ses.messages[0], audiences[0], week.String()+": 1 domain", "mx1.mail.example.com")
	wantMail(t, c.ses.messages[1], audiences[1], week.String()+": 1 domain, no report", "other.example")
	wantMail(t, c.ses.messages[2], audiences[0], week.Prev().String()+": 1 domain", "example.com")
	for _, ending := range []string{"txt", "html", "json"} {
		if kept, is := c.object(t, reportsBucket, "digests/"+week.String()+"/all."+ending); !is || !strings.Contains(kept, "mx1.mail.example.com") {
			t.Errorf("kept as %s: %q", ending, kept)
		}
	}
	for _, event := range []string{`{"week": "never"}`, `{"weak": "last"}`, `{}`, `null`} {
		if _, err := function.Invoke(t.Context(), json.RawMessage(event)); err == nil || len(c.ses.messages) != 5 {
			t.Errorf("%s: %v, and %d messages", event, err, len(c.ses.messages))
		}
	}
}

// TestSandboxIsSaid: to whoever calls, and in the log; and what SES refused may
// be sent later.
func TestSandboxIsSaid(t *testing.T) {
	c := newCloud(t)
	c.host(t)
	function := c.digest(t)
	c.ses.refuses = true
	_, err := function.Invoke(t.Context(), json.RawMessage(`{"week": "last"}`))
	if err == nil || !strings.Contains(err.Error(), sesmail.Sandbox) {
		t.Errorf("%v; want it to tell of the sandbox", err)
	}
	if log := function.Log(); !strings.Contains(log, `"msg":"sandbox"`) || !strings.Contains(log, `"msg":"digest not sent"`) || strings.Contains(log, `"in_doubt":true`) {
		t.Errorf("the log is:\n%s", log)
	}
	c.ses.refuses = false
	function.invoke(t, json.RawMessage(`{"week": "last"}`))
	if len(c.ses.messages) != len(audiences) {
		t.Errorf("%d messages; want %d", len(c.ses.messages), len(audiences))
	}
}

// TestDigestByAthena: the digest is made of what Athena finds, and the function
// reads no report.
func TestDigestByAthena(t *testing.T) {
	week := digest.Last(digesttest.Now())
	origin := []string{week.String(), "example.com", "dkim", "northwind.example", "Northwind Post"}
	days := []string{week.Start().Format(time.DateOnly), week.Start().Format(time.DateOnly)}
	athena := &fakeAthena{found: func(sql string) [][]string {
		switch {
		case strings.Contains(sql, "AS undetailed_failures"):
			return [][]string{{"results"}, slices.Concat(origin, []string{"sts", "2", "1234", "56", "0"})}
		case strings.Contains(sql, "AS first_day"):
			return [][]string{{"failures"}, slices.Concat(origin, []string{"sts", "certificate-expired", "mx7.mail.example.com", "56"},
				[]string{"56", "0", "0", "0", "0", "0", "0"}, days, []string{"56", "192.0.2.1", "", "", ""})}
		default:
			return [][]string{{"reports"}, slices.Concat(origin, []string{"false", "false", "2", "1", "0"})}
		}
	}}
	server := httptest.NewServer(athena)
	t.Cleanup(server.Close)
	c := newCloud(t)
	c.host(t)
	s := digestSettings
	s.StateTable, s.AthenaWorkgroup, s.AthenaDatabase = c.state.Table, "Sealpost", "sealpost"
	c.start(t, "digest", s.Env(), "AWS_ENDPOINT_URL_ATHENA", server.URL, "LAMBDA_TASK_ROOT", besideDigest(t)).invoke(t, json.RawMessage(`{"week": "last"}`))
	if len(c.ses.messages) != len(audiences) {
		t.Fatalf("%d messages were sent; want %d", len(c.ses.messages), len(audiences))
	}
	wantMail(t, c.ses.messages[0], audiences[0], week.String()+": 1 domain", "mx7.mail.example.com")
	for _, statement := range athena.started {
		if statement.WorkGroup != "Sealpost" || statement.QueryExecutionContext.Database != "sealpost" {
			t.Errorf("it runs in %+v", statement)
		}
	}
}

func wantMail(t *testing.T, sent message, to told.Audience, subject, text string) {
	t.Helper()
	s := digestSettings
	if sent.ConfigurationSetName != s.ConfigurationSet || sent.FromEmailAddress != s.Sender || !slices.Equal(sent.Destination.ToAddresses, to.Recipients) {
		t.Errorf("sent: %+v", sent)
	}
	read, err := mail.ReadMessage(bytes.NewReader(sent.Content.Raw.Data))
	if err != nil {
		t.Fatal(err)
	}
	if got, want := read.Header.Get("List-Unsubscribe"), "<mailto:"+s.Unsubscribe+"?subject=unsubscribe>"; got != want {
		t.Errorf("List-Unsubscribe: %s; want %s", got, want)
	}
	if got := read.Header.Get("Subject"); !strings.Contains(got, subject) {
		t.Errorf("subject: %s; want %s", got, subject)
	}
	if got := string(sent.Content.Raw.Data); !strings.Contains(got, text) {
		t.Errorf("the message does not name %s:\n%s", text, got)
	}
}

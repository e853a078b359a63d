package functions_test

import (
	"bytes"
	"compress/gzip"
	"encoding/base64"
	"encoding/json"
	"net/http/httptest"
	"net/mail"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"sealpost/internal/aws/settings"
	"sealpost/internal/digest"
	"sealpost/internal/mtasts"
	"sealpost/internal/publication"
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
	wantLine(t, c, c.reports(t)[0])
}

// reports are the keys of the reports that count.
func (c *cloud) reports(t *testing.T) []string {
	return slices.DeleteFunc(c.keys(t, reportsBucket), func(key string) bool { return !strings.HasPrefix(key, "reports/v1/dt=") })
}

// wantLine looks at an object as Athena does: one line of JSON, compressed.
func wantLine(t *testing.T, c *cloud, key string) {
	t.Helper()
	object, _ := c.object(t, reportsBucket, key)
	r, err := gzip.NewReader(strings.NewReader(object))
	if err != nil {
		t.Fatal(err)
	}
	var text bytes.Buffer
	if _, err := text.ReadFrom(r); err != nil {
		t.Fatal(err)
	}
	var line struct {
		Channel  string
		Policies []struct {
			Domain string `json:"policy_domain"`
		}
	}
	if err := json.Unmarshal(text.Bytes(), &line); err != nil || bytes.Count(text.Bytes(), []byte("\n")) != 1 {
		t.Fatalf("%s holds %q, %v; want one line", key, &text, err)
	}
	if line.Channel != "https" || len(line.Policies) != 1 || line.Policies[0].Domain != domain {
		t.Errorf("the line is %s", &text)
	}
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

func TestDigestIsMailed(t *testing.T) {
	c := newCloud(t)
	c.host(t)
	week := digest.Last(time.Now()) // The function has no other clock either.
	c.intake(t, false).request(t, post(t, strings.ReplaceAll(report(t), "2026-11-16T", week.Start().Format(time.DateOnly)+"T")))
	s := settings.Digest{
		StateTable: c.state.Table, ReportsBucket: reportsBucket, ConfigurationSet: "sealpost",
		Sender: "digest@sealpost.example", Recipients: []string{"postmaster@example.com", "security@example.com"},
	}
	function := c.start(t, "digest", s.Env())
	for i, test := range []struct{ event, week, text string }{
		{`{"week": "last"}`, week.String(), "mx1.mail.example.com"},
		{`{"week": "` + week.String() + `"}`, week.String(), "mx1.mail.example.com"},
		{`{"week": "` + week.Prev().String() + `"}`, week.Prev().String(), "example.com"},
	} {
		function.invoke(t, json.RawMessage(test.event))
		if len(c.ses.messages) != i+1 {
			t.Fatalf("%d messages were sent; want %d", len(c.ses.messages), i+1)
		}
		wantMail(t, c.ses.messages[i], s, test.week+": 1 domain", test.text)
	}
	for _, event := range []string{`{"week": "never"}`, `{"weak": "last"}`, `{}`, `null`} {
		if _, err := function.Invoke(t.Context(), json.RawMessage(event)); err == nil || len(c.ses.messages) != 3 {
			t.Errorf("%s: %v, and %d messages", event, err, len(c.ses.messages))
		}
	}
}

// TestDigestByAthena: the digest is made of what Athena finds, and the function
// reads no report.
func TestDigestByAthena(t *testing.T) {
	week := digest.Last(time.Now())
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
	s := settings.Digest{
		StateTable: c.state.Table, ReportsBucket: reportsBucket, ConfigurationSet: "sealpost",
		Sender: "digest@sealpost.example", Recipients: []string{"postmaster@example.com"},
		AthenaWorkgroup: "Sealpost", AthenaDatabase: "sealpost",
	}
	c.start(t, "digest", s.Env(), "AWS_ENDPOINT_URL_ATHENA", server.URL).invoke(t, json.RawMessage(`{"week": "last"}`))
	if len(c.ses.messages) != 1 {
		t.Fatalf("%d messages were sent; want 1", len(c.ses.messages))
	}
	wantMail(t, c.ses.messages[0], s, week.String()+": 1 domain", "mx7.mail.example.com")
	for _, statement := range athena.started {
		if statement.WorkGroup != "Sealpost" || statement.QueryExecutionContext.Database != "sealpost" {
			t.Errorf("it runs in %+v", statement)
		}
	}
}

func wantMail(t *testing.T, sent message, s settings.Digest, subject, text string) {
	t.Helper()
	if sent.ConfigurationSetName != s.ConfigurationSet || sent.FromEmailAddress != s.Sender || !slices.Equal(sent.Destination.ToAddresses, s.Recipients) {
		t.Errorf("sent: %+v", sent)
	}
	read, err := mail.ReadMessage(bytes.NewReader(sent.Content.Raw.Data))
	if err != nil {
		t.Fatal(err)
	}
	if got := read.Header.Get("Subject"); !strings.Contains(got, subject) {
		t.Errorf("subject: %s; want %s", got, subject)
	}
	if got := string(sent.Content.Raw.Data); !strings.Contains(got, text) {
		t.Errorf("the message does not name %s:\n%s", text, got)
	}
}

package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/feature/dynamodb/attributevalue"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/rclone/gofakes3"
	"github.com/rclone/gofakes3/s3mem"

	"sealpost/internal/aws/dynamostore"
	"sealpost/internal/aws/dynamostore/dynamotest"
	"sealpost/internal/mtasts"
	"sealpost/internal/publication"
)

// cloud is a stack as the commands find it: dynalite, gofakes3, and a
// CloudFormation and a Lambda that answer what they are to.
type cloud struct {
	t     *testing.T
	state dynamostore.State
	items dynamostore.Items

	objects gofakes3.Backend

	lock      sync.Mutex
	code      string            // With which everything but DynamoDB and S3 refuses.
	walked    []string          // What the function was called with.
	variables map[string]string // Of the function that takes in reports.
	answers   map[string]string // Of the function that mails digests, by what it is called with.
	lost      bool              // Its answers are.
	called    int               // How often it was.
}

func newCloud(t *testing.T) *cloud {
	t.Helper()
	endpoint := dynamotest.Dynalite(t)
	client := dynamotest.Client(endpoint)
	c := &cloud{
		t:     t,
		state: dynamostore.State{Client: client, Table: dynamotest.Table(t, client), Timeout: time.Minute},
		items: dynamostore.Items{Client: client, Table: dynamotest.ItemTable(t, client), Timeout: time.Minute},

		objects: s3mem.New(),
	}
	others, s3 := httptest.NewServer(c), httptest.NewServer(gofakes3.New(c.objects).Server())
	t.Cleanup(others.Close)
	t.Cleanup(s3.Close)
	for name, value := range map[string]string{
		"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test", "AWS_REGION": "eu-central-1", "AWS_EC2_METADATA_DISABLED": "true",
		"AWS_CONFIG_FILE": "none", "AWS_SHARED_CREDENTIALS_FILE": "none",
		"AWS_ENDPOINT_URL": others.URL, "AWS_ENDPOINT_URL_DYNAMODB": endpoint, "AWS_ENDPOINT_URL_S3": s3.URL,
	} {
		t.Setenv(name, value)
	}
	return c
}

func (c *cloud) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	c.lock.Lock()
	defer c.lock.Unlock()
	body, err := io.ReadAll(r.Body)
	switch {
	case err != nil || !strings.Contains(r.Header.Get("Authorization"), "/us-east-1/"):
		http.Error(w, "not here", http.StatusBadRequest)
	case c.code != "":
		w.WriteHeader(http.StatusForbidden)
		fmt.Fprintf(w, `<ErrorResponse><Error><Code>%s</Code><Message>no</Message></Error></ErrorResponse>`, c.code)
	case strings.HasSuffix(r.URL.Path, "/functions/walk/invocations") && r.Header.Get("X-Amz-Invocation-Type") == "Event":
		c.walked = append(c.walked, string(body))
		w.WriteHeader(http.StatusAccepted)
	case strings.HasSuffix(r.URL.Path, "/functions/digest/invocations") && c.lost:
		c.called++
		w.WriteHeader(http.StatusBadGateway)
	case strings.HasSuffix(r.URL.Path, "/functions/digest/invocations") && c.answers[string(body)] != "":
		io.WriteString(w, c.answers[string(body)]) //nolint:errcheck // The client is the test's own.
	case strings.HasSuffix(r.URL.Path, "/functions/digest/invocations"):
		w.Header().Set("X-Amz-Function-Error", "Unhandled")
		io.WriteString(w, `{"errorMessage":"in doubt: sealpost digest -resend -stack NAME","errorType":"errorString"}`) //nolint:errcheck // The same.
	case strings.HasSuffix(r.URL.Path, "/functions/intake/configuration"):
		json.NewEncoder(w).Encode(map[string]any{"Environment": map[string]any{"Variables": c.variables}}) //nolint:errcheck // The client is the test's own.
	case strings.Contains(string(body), "StackName=Sealpost"):
		fmt.Fprintf(w, `<DescribeStacksResponse><DescribeStacksResult><Stacks><member><StackName>Sealpost</StackName><Outputs>
			<member><OutputKey>PoliciesTable</OutputKey><OutputValue>%s</OutputValue></member>
			<member><OutputKey>PolicyStateTable</OutputKey><OutputValue>%s</OutputValue></member>
			<member><OutputKey>WalkFunction</OutputKey><OutputValue>walk</OutputValue></member>
			<member><OutputKey>ReportIntakeFunction</OutputKey><OutputValue>intake</OutputValue></member>
			<member><OutputKey>DigestFunction</OutputKey><OutputValue>digest</OutputValue></member>
			<member><OutputKey>ReportsBucket</OutputKey><OutputValue>digests-and-reports</OutputValue></member>
			</Outputs></member></Stacks></DescribeStacksResult></DescribeStacksResponse>`, c.items.Table, c.state.Table)
	case strings.Contains(string(body), "StackName=Other"):
		fmt.Fprint(w, `<DescribeStacksResponse><DescribeStacksResult><Stacks><member><StackName>Other</StackName></member></Stacks></DescribeStacksResult></DescribeStacksResponse>`)
	default:
		w.WriteHeader(http.StatusBadRequest)
		fmt.Fprint(w, `<ErrorResponse><Error><Code>ValidationError</Code><Message>Stack with id Nothing does not exist</Message></Error></ErrorResponse>`)
	}
}

func (c *cloud) refuse(code string) {
	c.lock.Lock()
	defer c.lock.Unlock()
	c.code = code
}

// sealpost runs a command, and wants it to end with code and to say all of that,
// wherever its lines end: that depends on the length of dates.
func (c *cloud) sealpost(code int, said []string, args ...string) {
	c.t.Helper()
	var out strings.Builder
	got := run(context.Background(), terminal{name: "sealpost", stdout: &out, stderr: &out, now: time.Now}, args)
	if got != code {
		c.t.Errorf("%q ended with %d, want %d:\n%s", args, got, code, out.String())
	}
	inOneLine := func(text string) string { return strings.Join(strings.Fields(text), " ") }
	for _, text := range said {
		if !strings.Contains(inOneLine(out.String()), inOneLine(text)) {
			c.t.Errorf("%q said nothing of %q, but:\n%s", args, text, out.String())
		}
	}
}

// publish puts policies where publication would have put them.
func (c *cloud) publish(domain string, policies ...mtasts.Policy) {
	c.t.Helper()
	at := time.Date(2026, time.November, 1, 8, 0, 0, 0, time.UTC)
	for i, policy := range policies {
		body := policy.Render()
		p := publication.Published{
			Domain: domain, Body: string(body), ID: mtasts.ID(body), Mode: policy.Mode, MX: policy.MX, MaxAge: policy.MaxAge,
			PublishedAt: at.AddDate(0, 0, i), Revision: i + 1,
		}
		c.must(c.state.Publish(c.t.Context(), p))
		if err := c.state.AddHistory(c.t.Context(), p, at.AddDate(9, 0, 0)); err != nil {
			c.t.Fatal(err)
		}
	}
}

func (c *cloud) must(done bool, err error) {
	c.t.Helper()
	if !done || err != nil {
		c.t.Fatal(done, err)
	}
}

func (c *cloud) put(members map[string]any) {
	c.t.Helper()
	item, err := attributevalue.MarshalMap(members)
	if err != nil {
		c.t.Fatal(err)
	}
	if _, err := c.items.Client.PutItem(c.t.Context(), &dynamodb.PutItemInput{TableName: &c.items.Table, Item: item}); err != nil {
		c.t.Fatal(err)
	}
}

func TestAStack(t *testing.T) {
	c := newCloud(t)
	c.sealpost(exitGood, []string{"No domain is known here yet."}, "status", "-stack", "Sealpost")
	hosts := []string{"mx1.example.com", "mx2.example.com"}
	c.publish("example.com", mtasts.Policy{Mode: mtasts.ModeEnforce, MX: hosts, MaxAge: 1209600}, mtasts.Policy{Mode: mtasts.ModeTesting, MX: hosts[:1], MaxAge: 86400})
	c.put(map[string]any{"domain": "Example.com", "mode": "testing", "mx": hosts[:1], "comment": "mine", "dns": "manual"})

	c.sealpost(exitProblems, []string{"example.com  -", "Nobody has looked at it yet"}, "status", "-stack", "Sealpost")
	c.sealpost(exitGood, []string{"nothing to resume"}, "resume", "-stack", "Sealpost")
	c.must(c.state.SetStatus(t.Context(), publication.Status{
		Domain: "example.com", State: publication.StateRefused, Item: "i", Mode: mtasts.ModeTesting, ID: "x", Revision: 1,
		Problems: []publication.Problem{{Rule: publication.RuleBrake, Message: "wait"}, {Rule: publication.RuleTestingFirst, Message: "not yet"}},
	}))
	c.sealpost(exitProblems, []string{"REFUSED", "wait (rule brake)", "sealpost resume -stack Sealpost", `"rules": ["testing-first"]`, "the item of example.com in the table " + c.items.Table},
		"status", "-stack", "Sealpost", "EXAMPLE.com")
	c.sealpost(exitProblems, []string{`"state": "REFUSED"`}, "status", "-json", "-stack", "Sealpost")

	c.sealpost(exitGood, []string{"2  2026-11-02T08:00:00Z  mode testing, max_age 86400, served now", "1  2026-11-01T08:00:00Z  mode enforce, max_age 1209600\n"},
		"policy", "history", "-stack", "Sealpost", "example.com")
	c.sealpost(exitGood, []string{"asks again for publication 1", "It may be refused by testing-first, max-age-ramp."},
		"policy", "rollback", "-stack", "Sealpost", "example.com")
	item, _, err := c.items.Item(t.Context(), "example.com")
	want := `{"comment":"mine","dns":"manual","domain":"Example.com","max_age":1209600,"mode":"enforce","mx":["mx1.example.com","mx2.example.com"]}`
	if err != nil || string(item.Text) != want {
		t.Errorf("the item is %s, %v\nwant %s", item.Text, err, want)
	}

	c.sealpost(exitFailed, []string{"next  1  Allow mx3.example.com in the policy. In the item of example.com in", `"mx": ["mx1.example.com", "mx2.example.com", "mx3.example.com"]`,
		"?     4 ", "the MX records of example.com cannot be read now"},
		"policy", "plan", "-stack", "Sealpost", "-resolver", "127.0.0.1:1", "-add", "mx3.example.com", "example.com")

	internet := append([]string{"check", "-stack", "Sealpost"}, pointToInternet(t, time.Now())...)
	c.sealpost(exitProblems, []string{"example.com: 1 to mend", "(policy-not-as-published)", "mode enforce with"}, internet...)
	c.sealpost(exitProblems, []string{"example.net: 2 to mend", "Kept     unknown"}, append(internet, "example.net")...)

	c.must(c.state.SetBrake(t.Context(), publication.Brake{EngagedAt: time.Now().UTC(), Revision: 1}))
	c.sealpost(exitProblems, []string{"The brake holds all changes back"}, "status", "-stack", "Sealpost")
	c.sealpost(exitGood, []string{"All changes pass until", "example.com was held back"}, "resume", "-stack", "Sealpost")
	if len(c.walked) != 1 || c.walked[0] != `{"walk": true}` {
		t.Errorf("the function was called with %q", c.walked)
	}
}

func TestAStackOutOfReach(t *testing.T) {
	c := newCloud(t)
	c.sealpost(exitFailed, []string{"there is no stack Nothing in this account in us-east-1"}, "status", "-stack", "Nothing")
	c.sealpost(exitFailed, []string{"the stack Other has no output PoliciesTable"}, "status", "-stack", "Other")
	c.sealpost(exitFailed, []string{"there is no stack Nothing in this account in us-east-1"}, append([]string{"check", "-stack", "Nothing"}, pointToInternet(t, time.Now())...)...)
	c.sealpost(exitFailed, []string{"cannot be the name of a stack"}, "status", "-stack", "")
	c.sealpost(exitFailed, []string{"not both"}, "status", "-stack", "Sealpost", "-dir", "elsewhere")
	c.refuse("AccessDenied")
	c.sealpost(exitFailed, []string{"lack the right cloudformation:DescribeStacks"}, "status", "-stack", "Sealpost")
	c.refuse("ExpiredToken")
	c.sealpost(exitFailed, []string{"log in again"}, "status", "-stack", "Sealpost")
	t.Setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:1") // Where nobody listens.
	c.sealpost(exitFailed, []string{"AWS cannot be reached"}, "status", "-stack", "Sealpost")
	t.Setenv("AWS_ACCESS_KEY_ID", "")
	c.sealpost(exitFailed, []string{`"no name" cannot be the name of a stack`}, "status", "-stack", "no name")
	c.sealpost(exitFailed, []string{"there are no credentials for AWS: log in, or set AWS_PROFILE"}, "status", "-stack", "Sealpost")
	t.Setenv("AWS_PROFILE", "nobody")
	c.sealpost(exitFailed, []string{"there is no profile nobody for AWS"}, "status", "-stack", "Sealpost")
}

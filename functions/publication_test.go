package functions_test

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"sealpost/internal/aws/settings"
	"sealpost/internal/mtasts"
	"sealpost/internal/publication"
)

const (
	domain = "example.com"
	path   = "/p/mta-sts." + domain
	copied = "p/mta-sts." + domain

	testingBody = "version: STSv1\nmode: testing\nmx: *.mail.example.com\nmax_age: 604800\n"
	enforceBody = "version: STSv1\nmode: enforce\nmx: *.mail.example.com\nmax_age: 604800\n"
	againBody   = "version: STSv1\nmode: testing\nmx: *.mail.example.com\nmax_age: 604801\n"
	noneBody    = "version: STSv1\nmode: none\nmx: *.mail.example.com\nmax_age: 86400\n"
)

// desk is the functions between a person who edits an item and a sender.
type desk struct {
	cloud                   *cloud
	outside                 *outside
	publish, rotate, policy *function
	publishEnv, rotateEnv   map[string]string
}

func newDesk(t *testing.T) desk {
	c, o := newCloud(t), newOutside(t)
	route53 := httptest.NewServer(o.route53())
	t.Cleanup(route53.Close)
	nameServer := o.nameServer(t)
	c.environment["AWS_ENDPOINT_URL_ROUTE_53"] = route53.URL
	c.environment["LAMBDA_TASK_ROOT"] = zones(t)
	c.environment["SSL_CERT_FILE"] = c.environment["AWS_CA_BUNDLE"]
	d := desk{
		cloud:   c,
		outside: o,
		publishEnv: settings.Publish{
			PoliciesTable: c.items, StateTable: c.state.Table, EdgeBucket: edgeBucket, Rotations: rotations, NameServer: nameServer,
		}.Env(),
		rotateEnv: settings.Rotate{StateTable: c.state.Table, EdgeBucket: edgeBucket, Rotations: rotations, NameServer: nameServer}.Env(),
	}
	d.publish, d.rotate = c.start(t, "publish", d.publishEnv), c.start(t, "rotate", d.rotateEnv)
	d.policy = c.start(t, "policy", settings.Policy{StateTable: c.state.Table}.Env())
	o.change(func() { o.edge = d.edge(t) })
	return d
}

// zones is a folder with what lies beside the programs that publish and announce.
func zones(t testing.TB) string {
	t.Helper()
	folder := t.TempDir()
	home := publication.Home{Zone: &publication.Zone{ID: zoneID, Name: domain}, DNS: publication.DNSRoute53}
	if err := settings.PutZones(folder, publication.Zones{Domains: map[string]publication.Home{domain: home}}); err != nil {
		t.Fatal(err)
	}
	return folder
}

// edge answers as the edge does: by what the policy function answers.
func (d desk) edge(t *testing.T) http.Handler {
	asked := event(t, "url-get.json", "@path@", path)
	mux := http.NewServeMux()
	mux.HandleFunc("GET "+mtasts.PolicyHost(domain)+mtasts.PolicyPath, func(w http.ResponseWriter, r *http.Request) {
		var response events.LambdaFunctionURLResponse
		answer, err := d.policy.Invoke(r.Context(), asked)
		if err == nil {
			err = json.Unmarshal(answer, &response)
		}
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadGateway)
			return
		}
		for name, value := range response.Headers {
			w.Header().Set(name, value)
		}
		w.WriteHeader(response.StatusCode)
		io.WriteString(w, response.Body) //nolint:errcheck // Whoever asked is gone.
	})
	return mux
}

// item is one of the table of policies, as the console writes it.
type item map[string]types.AttributeValue

func policy(mode string) item {
	return item{
		"domain":  text(domain),
		"mode":    text(mode),
		"mx":      &types.AttributeValueMemberSS{Value: []string{"*.mail.example.com"}},
		"max_age": &types.AttributeValueMemberN{Value: "604800"},
	}
}

// over is an item that lets rules pass for a while.
func (i item) over(rules ...publication.Rule) item {
	var list []types.AttributeValue
	for _, rule := range rules {
		list = append(list, text(string(rule)))
	}
	i["override"] = &types.AttributeValueMemberM{Value: item{
		"reason": text("it is well known"),
		"until":  text(time.Now().Add(time.Hour).UTC().Format(time.RFC3339)), // The functions have no other clock either.
		"rules":  &types.AttributeValueMemberL{Value: list},
	}}
	return i
}

func text(value string) types.AttributeValue { return &types.AttributeValueMemberS{Value: value} }

// put edits the item, and tells nobody.
func (d desk) put(t *testing.T, i item) {
	t.Helper()
	_, err := d.cloud.state.Client.PutItem(t.Context(), &dynamodb.PutItemInput{TableName: &d.cloud.items, Item: i})
	if err != nil {
		t.Fatal(err)
	}
}

// edit edits the item, or takes it away if it is nil, as far as the function that
// publishes takes it.
func (d desk) edit(t *testing.T, i item) {
	t.Helper()
	file := "stream-edit.json"
	if i != nil {
		d.put(t, i)
	} else {
		file = "stream-remove.json"
		_, err := d.cloud.state.Client.DeleteItem(t.Context(), &dynamodb.DeleteItemInput{TableName: &d.cloud.items, Key: item{"domain": text(domain)}})
		if err != nil {
			t.Fatal(err)
		}
	}
	if again := failures(t, d.publish.invoke(t, event(t, file, "@sequence@", "100000000000000000001"))); len(again) > 0 {
		t.Errorf("it wants the event again: %v\n%s", again, d.publish.Log())
	}
}

// announce has what is queued done, as if the time for it had come.
func (d desk) announce(t *testing.T) {
	t.Helper()
	d.settle(t)
	for _, message := range d.cloud.sqs.take() {
		d.handle(t, message)
	}
}

// settle has what is published be so for long enough.
func (d desk) settle(t *testing.T) {
	t.Helper()
	_, err := d.cloud.state.Client.UpdateItem(t.Context(), &dynamodb.UpdateItemInput{
		TableName:                 &d.cloud.state.Table,
		Key:                       item{"pk": text(domain), "sk": text("PUBLISHED")},
		UpdateExpression:          aws.String("SET published_at = :at"),
		ExpressionAttributeValues: item{":at": text(time.Now().Add(-settings.Settle).UTC().Format(time.RFC3339Nano))},
	})
	if err != nil {
		t.Fatal(err)
	}
}

// handle hands a message to the function that announces, which must not fail.
func (d desk) handle(t *testing.T, message queued) {
	t.Helper()
	if again := failures(t, d.rotate.invoke(t, event(t, "queue.json", "@body@", message.MessageBody))); len(again) > 0 {
		t.Errorf("it wants the message again: %v\n%s", again, d.rotate.Log())
	}
}

// failures are the ids of what is to come again, by streams or queues.
func failures(t *testing.T, answer json.RawMessage) []string {
	t.Helper()
	var response struct {
		BatchItemFailures []struct {
			ItemIdentifier string `json:"itemIdentifier"`
		} `json:"batchItemFailures"`
	}
	if err := json.Unmarshal(answer, &response); err != nil {
		t.Fatal(err)
	}
	var ids []string
	for _, failure := range response.BatchItemFailures {
		ids = append(ids, failure.ItemIdentifier)
	}
	return ids
}

// wantServed looks at what the function answers and at the copy for the edge;
// both give the body, or nothing.
func (d desk) wantServed(t *testing.T, body string) {
	t.Helper()
	response := d.policy.request(t, event(t, "url-get.json", "@path@", path))
	if served := response.StatusCode == 200; served != (body != "") || served && response.Body != body {
		t.Errorf("served: %d %q; want %q", response.StatusCode, response.Body, body)
	}
	if body == "" && response.StatusCode != 404 {
		t.Errorf("status %d; want 404", response.StatusCode)
	}
	if got, is := d.cloud.object(t, edgeBucket, copied); got != body || is != (body != "") {
		t.Errorf("the copy is %q, %v; want %q", got, is, body)
	}
}

func (d desk) wantStatus(t *testing.T, state publication.State, says string) {
	t.Helper()
	status, _, err := d.cloud.state.Status(t.Context(), domain)
	if err != nil || status.State != state {
		t.Errorf("status: %+v, %v; want %s", status, err, state)
	}
	var said string
	for _, problem := range status.Problems {
		said += problem.String() + "\n"
	}
	if said += status.Obstacle; (said == "") != (says == "") || !strings.Contains(said, says) {
		t.Errorf("it says %q; want %q", said, says)
	}
}

// wantAnnounced looks at the TXT record; of an empty body there is none.
func (d desk) wantAnnounced(t *testing.T, body string) {
	t.Helper()
	want := ""
	if body != "" {
		want = mtasts.Record{ID: mtasts.ID([]byte(body))}.String()
	}
	if got := d.outside.announced(); got != want {
		t.Errorf("the TXT record is %q; want %q", got, want)
	}
}

// TestFromTheItemToTheRecord follows an item from its first edit to its end, and
// back.
func TestFromTheItemToTheRecord(t *testing.T) {
	d := newDesk(t)
	d.wantServed(t, "")
	untested := []publication.Rule{publication.RuleTestingFirst, publication.RuleMaxAgeRamp}
	for _, step := range []struct {
		name   string
		item   item
		first  publication.State // Before anybody has looked from outside.
		last   publication.State
		served string
		says   string
	}{
		{"first edit", policy("testing"), publication.StatePublished, publication.StateActive, testingBody, ""},
		{"too early", policy("enforce"), publication.StateRefused, publication.StateRefused, testingBody, "comes after a week of it"},
		{"early, on purpose", policy("enforce").over(untested...), publication.StatePublished, publication.StateActive, enforceBody, ""},
		{"a bad one", policy("enforced"), publication.StateRefused, publication.StateRefused, enforceBody, "/mode: "},
		{"mended", policy("enforce").over(untested...), publication.StateActive, publication.StateActive, enforceBody, ""},
		{"removed", nil, publication.StateRetiring, publication.StateRetiring, noneBody, ""},
		{"put back", policy("testing"), publication.StatePublished, publication.StateActive, againBody, ""},
	} {
		t.Run(step.name, func(t *testing.T) {
			before := d.outside.announced()
			d.edit(t, step.item)
			d.wantServed(t, step.served)
			d.wantStatus(t, step.first, step.says)
			if announced := d.outside.announced(); announced != before {
				t.Errorf("the TXT record is %q already", announced)
			}
			d.announce(t)
			d.wantServed(t, step.served)
			d.wantStatus(t, step.last, step.says)
			d.wantAnnounced(t, step.served)
			if left := d.cloud.sqs.take(); len(left) > 0 {
				t.Errorf("there is more to do: %+v", left)
			}
		})
	}
	history, err := d.cloud.state.History(t.Context(), domain)
	for _, body := range []string{testingBody, enforceBody, noneBody, againBody} {
		if !slices.ContainsFunc(history, func(p publication.Published) bool { return p.Body == body }) {
			t.Errorf("history lacks %q: %v", body, err)
		}
	}
}

// TestNothingIsAnnouncedTooSoon: the edge may still hold what was served before.
func TestNothingIsAnnouncedTooSoon(t *testing.T) {
	d := newDesk(t)
	d.edit(t, policy("testing"))
	first := d.cloud.sqs.take()
	if len(first) != 1 || first[0].MessageBody != `{"domain":"example.com","tries":0}` || first[0].DelaySeconds != int(settings.Settle.Seconds()) {
		t.Fatalf("queued: %+v", first)
	}
	d.handle(t, first[0])
	d.wantStatus(t, publication.StatePublished, "")
	d.wantAnnounced(t, "")
	again := d.cloud.sqs.take()
	if len(again) != 1 || again[0].MessageBody != `{"domain":"example.com","tries":1}` || again[0].DelaySeconds < 1 {
		t.Errorf("queued again: %+v", again)
	}
}

// TestObstacles: what is amiss outside is told, and holds back only what comes
// after it. Once it is mended, all goes on by itself.
func TestObstacles(t *testing.T) {
	foreign := `"v=STSv1; id=20200101T000000;"`
	for _, test := range []struct {
		name   string
		hinder func(o *outside)
		help   func(o *outside, edge http.Handler)
		state  publication.State
		says   string
	}{
		{"another policy is served", func(o *outside) {
			o.edge = http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Content-Type", "text/plain")
				io.WriteString(w, noneBody) //nolint:errcheck // Whoever asked is gone.
			})
		}, func(o *outside, edge http.Handler) { o.edge = edge }, publication.StatePublished, "does not answer with the policy that is published"},
		{"nothing is served", func(o *outside) { o.edge = http.NotFoundHandler() },
			func(o *outside, edge http.Handler) { o.edge = edge }, publication.StatePublished, "404 Not Found"},
		{"the DNS cannot be read", func(o *outside) { o.away = true },
			func(o *outside, _ http.Handler) { o.away = false }, publication.StatePublished, "mta-sts.example.com"},
		{"the record is somebody else's", func(o *outside) { o.texts[mtasts.RecordName(domain)] = foreign },
			func(o *outside, _ http.Handler) { delete(o.texts, mtasts.RecordName(domain)) }, publication.StateRefused, "20200101T000000"},
	} {
		t.Run(test.name, func(t *testing.T) {
			d := newDesk(t)
			edge := d.outside.host()
			d.outside.change(func() { test.hinder(d.outside) })
			before := d.outside.announced()
			d.edit(t, policy("testing"))
			d.announce(t)
			d.wantServed(t, testingBody)
			d.wantStatus(t, test.state, test.says)
			if now := d.outside.announced(); now != before {
				t.Errorf("the TXT record is %q; want %q as before", now, before)
			}
			d.outside.change(func() { test.help(d.outside, edge) })
			d.walk(t) // Whether or not there is a message left.
			d.announce(t)
			d.wantStatus(t, publication.StateActive, "")
			d.wantAnnounced(t, testingBody)
		})
	}
}

// walk has the publishing function look after all domains.
func (d desk) walk(t *testing.T) {
	t.Helper()
	d.publish.invoke(t, json.RawMessage(`{"walk": true}`))
	if log := d.publish.Log(); !strings.Contains(log, `"msg":"walk","done":true,"domains":1,"failed":0`) {
		t.Errorf("the walk tells nobody that it is done:\n%s", log)
	}
}

// TestWalkFindsWhatWasMissed: no event tells of the item.
func TestWalkFindsWhatWasMissed(t *testing.T) {
	d := newDesk(t)
	d.put(t, policy("testing"))
	d.walk(t)
	d.wantServed(t, testingBody)
	d.announce(t)
	d.wantStatus(t, publication.StateActive, "")
	d.wantAnnounced(t, testingBody)
}

// TestMXCannotBeRead: what cannot be checked is not published.
func TestMXCannotBeRead(t *testing.T) {
	d := newDesk(t)
	d.outside.change(func() { d.outside.away = true })
	d.edit(t, policy("enforce").over(publication.RuleTestingFirst, publication.RuleMaxAgeRamp))
	d.wantServed(t, "")
	d.wantStatus(t, publication.StateRefused, "the MX records of example.com cannot be read now")
}

// TestEditsComeAgain: until all is done that an edit asks for.
func TestEditsComeAgain(t *testing.T) {
	d := newDesk(t)
	for _, test := range []struct{ variable, value, reason string }{
		{"SEALPOST_POLICIES_TABLE", "another", "ResourceNotFoundException"},
		{"SEALPOST_STATE_TABLE", "another", "ResourceNotFoundException"},
		{"SEALPOST_EDGE_BUCKET", "another", "NoSuchBucket"},
		{"SEALPOST_ROTATIONS", "https://sqs.us-east-1.amazonaws.com/123456789012/another", "queue example.com"},
	} {
		t.Run(test.variable, func(t *testing.T) {
			d := d
			d.publish = d.cloud.start(t, "publish", with(d.publishEnv, test.variable, test.value))
			d.put(t, policy("testing"))
			edit := event(t, "stream-edit.json", "@sequence@", "100000000000000000001")
			if again := failures(t, d.publish.invoke(t, edit)); !slices.Equal(again, []string{"100000000000000000001"}) {
				t.Errorf("to come again: %v; want the edit", again)
			}
			if log := d.publish.Log(); !strings.Contains(log, test.reason) || !strings.Contains(log, `"level":"ERROR"`) {
				t.Errorf("the log does not say why:\n%s", log)
			}
		})
	}
	d.edit(t, policy("testing"))
	d.wantServed(t, testingBody)
	d.announce(t)
	d.wantStatus(t, publication.StateActive, "")
}

// TestMessagesComeAgain: until it is known what became of them.
func TestMessagesComeAgain(t *testing.T) {
	d := newDesk(t)
	d.edit(t, policy("testing"))
	d.settle(t)
	message := d.cloud.sqs.take()[0].MessageBody
	gone := httptest.NewServer(http.NotFoundHandler())
	t.Cleanup(gone.Close)
	for _, test := range []struct{ name, variable, value, message, reason string }{
		{"no table", "SEALPOST_STATE_TABLE", "another", message, "ResourceNotFoundException"},
		{"no bucket", "SEALPOST_EDGE_BUCKET", "another", message, "NoSuchBucket"},
		{"no Route 53", "AWS_ENDPOINT_URL_ROUTE_53", gone.URL, message, "_mta-sts.example.com"},
		{"not a message", "ANY", "any", "example.com", "cannot be read"},
	} {
		t.Run(test.name, func(t *testing.T) {
			broken := d.cloud.start(t, "rotate", with(d.rotateEnv, test.variable, test.value))
			again := failures(t, broken.invoke(t, event(t, "queue.json", "@body@", test.message)))
			if !slices.Equal(again, []string{"059f36b4-87a3-44ab-83d2-661975830a7d"}) {
				t.Errorf("to come again: %v; want the message", again)
			}
			if log := broken.Log(); !strings.Contains(log, test.reason) || !strings.Contains(log, `"level":"ERROR"`) {
				t.Errorf("the log does not say why:\n%s", log)
			}
		})
	}
	d.wantAnnounced(t, "")
}

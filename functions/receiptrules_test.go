package functions_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"sealpost/internal/lambdatest"
)

// fakeRules is SES with one receipt rule set that may be active.
type fakeRules struct {
	lock   sync.Mutex
	active string
}

func (f *fakeRules) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	f.lock.Lock()
	defer f.lock.Unlock()
	switch action := r.PostFormValue("Action"); action {
	case "DescribeActiveReceiptRuleSet":
		metadata := ""
		if f.active != "" {
			metadata = "<Metadata><Name>" + f.active + "</Name></Metadata>"
		}
		fmt.Fprintf(w, "<%[1]sResponse><%[1]sResult>%[2]s</%[1]sResult></%[1]sResponse>", action, metadata)
	case "SetActiveReceiptRuleSet":
		f.active = r.PostFormValue("RuleSetName")
		fmt.Fprintf(w, "<%[1]sResponse><%[1]sResult/></%[1]sResponse>", action)
	default:
		http.Error(w, action, http.StatusBadRequest)
	}
}

func (f *fakeRules) isActive(t *testing.T, want string) {
	t.Helper()
	f.lock.Lock()
	defer f.lock.Unlock()
	if f.active != want {
		t.Errorf("%q is active; want %q", f.active, want)
	}
}

// answer is what the function tells CloudFormation.
type answer struct {
	Status, Reason, PhysicalResourceID string
}

// TestReceiptRules deploys and takes down as CloudFormation does, where somebody
// else receives mail already.
func TestReceiptRules(t *testing.T) {
	rules := &fakeRules{active: "inbound"}
	ses := httptest.NewServer(rules)
	defer ses.Close()
	answers := make(chan answer, 1)
	cloudFormation := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		var a answer
		body, err := io.ReadAll(r.Body)
		if err == nil {
			err = json.Unmarshal(body, &a)
		}
		if err != nil || r.Method != http.MethodPut {
			t.Errorf("%s %s: %v", r.Method, body, err)
		}
		answers <- a
	}))
	defer cloudFormation.Close()
	f := lambdatest.Start(t, filepath.Join(programs, "receiptrules"), map[string]string{
		"AWS_REGION": "us-east-1", "AWS_ACCESS_KEY_ID": "test1234", "AWS_SECRET_ACCESS_KEY": "test12345678", "AWS_ENDPOINT_URL_SES": ses.URL,
	})
	ask := func(request, id string, properties map[string]any) answer {
		t.Helper()
		properties["ServiceToken"], properties["RuleSet"] = "arn", "Sealpost"
		if _, err := f.Invoke(t.Context(), map[string]any{
			"RequestType": request, "RequestId": "1", "ResponseURL": cloudFormation.URL, "StackId": "stack", "LogicalResourceId": "ActiveReceiptRules",
			"ResourceType": "Custom::ActiveReceiptRuleSet", "PhysicalResourceId": id, "ResourceProperties": properties,
		}); err != nil {
			t.Fatal(err)
		}
		return <-answers
	}

	before := ask("Create", "", map[string]any{})
	if before.Status != "SUCCESS" {
		t.Fatalf("what is active is not told: %+v", before)
	}
	refusing := map[string]any{"TakeOver": "false", "Before": before.PhysicalResourceID}
	refused := ask("Create", "", refusing)
	if refused.Status != "FAILED" || !strings.Contains(refused.Reason, "the receipt rule set inbound is active in this account") {
		t.Errorf("not refused: %+v", refused)
	}
	if a := ask("Delete", refused.PhysicalResourceID, refusing); a.Status != "SUCCESS" {
		t.Errorf("what was refused cannot be taken back: %+v", a)
	}
	rules.isActive(t, "inbound")

	takingOver := map[string]any{"TakeOver": "true", "Before": before.PhysicalResourceID}
	if a := ask("Create", "", takingOver); a.Status != "SUCCESS" {
		t.Errorf("not activated: %+v", a)
	}
	rules.isActive(t, "Sealpost")
	if a := ask("Delete", "an id of CloudFormation's, which heard no answer", takingOver); a.Status != "SUCCESS" {
		t.Errorf("not given back: %+v", a)
	}
	rules.isActive(t, "inbound")
}

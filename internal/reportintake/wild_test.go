package reportintake_test

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"sealpost/internal/archive"
	"sealpost/internal/reportintake"
	"sealpost/internal/storetest"
	"sealpost/internal/tlsrpt"
)

var update = flag.Bool("update", false, "write what is expected anew")

// TestWild posts each report of testdata/wild; its README.md explains them.
func TestWild(t *testing.T) {
	for _, file := range wildFiles(t) {
		name := strings.TrimSuffix(filepath.Base(file), ".json")
		t.Run(name, func(t *testing.T) {
			body := readFile(t, file)
			got := takeIn(t, body)
			golden := strings.TrimSuffix(file, ".json") + ".want"
			if *update {
				if err := os.WriteFile(golden, []byte(got), 0o644); err != nil {
					t.Fatal(err)
				}
				return
			}
			if want := string(readFile(t, golden)); got != want {
				t.Errorf("got:\n%s\nwant:\n%s", got, want)
			}
		})
	}
}

func wildFiles(t *testing.T) []string {
	t.Helper()
	files, err := filepath.Glob("testdata/wild/*.json")
	if err != nil {
		t.Fatal(err)
	}
	return files
}

func readFile(t *testing.T, name string) []byte {
	t.Helper()
	content, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return content
}

// takeIn posts a report and gives the answer, and what is kept.
func takeIn(t *testing.T, body []byte) string {
	t.Helper()
	bucket := new(storetest.Memory)
	response, answer := post(t, newHandler(newIntake(bucket)), body)
	text, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	var got strings.Builder
	fmt.Fprintf(&got, "%s\n%s", response.Status, indented(t, text))
	for _, key := range reports(t, bucket) {
		fmt.Fprintf(&got, "\n%s\n%s", key, indented(t, keptLine(t, object(t, bucket, key))))
	}
	if answer.Status == reportintake.Quarantined && !bytes.Equal(object(t, bucket, answer.Key), body) {
		t.Error("the bytes in quarantine are not those that came")
	}
	return got.String()
}

// keptLine is a line without the report as sent and its time of receipt.
func keptLine(t *testing.T, value []byte) []byte {
	t.Helper()
	reader, err := gzip.NewReader(bytes.NewReader(value))
	if err != nil {
		t.Fatal(err)
	}
	text, err := io.ReadAll(reader)
	if err != nil {
		t.Fatal(err)
	}
	var line archive.Line
	if err := json.Unmarshal(text, &line); err != nil {
		t.Fatal(err)
	}
	if tlsrpt.Key([]byte(line.ReportJSON)) != line.ReportKey || !line.ReceivedAt.Equal(tuesday) {
		t.Errorf("key %s, received %v, report %s", line.ReportKey, line.ReceivedAt, line.ReportJSON)
	}
	members := bytes.Index(text, []byte(`"report_json":`))
	without := append(bytes.Clone(text[:members-1]), '}')
	received := fmt.Appendf(nil, `"received_at":"%s",`, line.ReceivedAt.Format("2006-01-02T15:04:05Z"))
	if !bytes.Contains(without, received) {
		t.Fatalf("no %s in %s", received, without)
	}
	return bytes.Replace(without, received, nil, 1)
}

func indented(t *testing.T, text []byte) string {
	t.Helper()
	var b bytes.Buffer
	if err := json.Indent(&b, bytes.TrimSpace(text), "", "  "); err != nil {
		t.Fatalf("%v in %s", err, text)
	}
	return b.String() + "\n"
}

// wildScripts are the cases that take more than one post.
var wildScripts = []struct {
	row  int
	name string
	run  func(t *testing.T)
}{
	{11, "policy-domain in the filename", domainFromFilename},
	{38, "report-id of two organizations", sameReportID},
	{39, "filename with another id", func(t *testing.T) { reportWins(t, "fen.example!other.example!1794787200!1794873599!002.json.gz") }},
	{40, "filename with other dates", func(t *testing.T) { reportWins(t, "fen.example!meadow.example!946684800!946771199.json.gz") }},
}

func TestWildScripts(t *testing.T) {
	for _, script := range wildScripts {
		t.Run(fmt.Sprintf("%02d %s", script.row, script.name), script.run)
	}
}

func domainFromFilename(t *testing.T) {
	bucket := new(storetest.Memory)
	receipt := receive(t, bucket, reportintake.Submission{
		Body:     readFile(t, "testdata/wild/11-policy-domain-missing.json"),
		Filename: "dune.example!Meadow.example!1794787200!1794873599.json.gz",
	})
	if receipt.Status != reportintake.Stored {
		t.Fatalf("got %+v, want it stored", receipt)
	}
	if line := keptLine(t, object(t, bucket, receipt.Key)); !bytes.Contains(line, []byte(`"policy_domain":"meadow.example"`)) {
		t.Errorf("kept %s, want the domain of the filename", line)
	}
	want := tlsrpt.Deviation{Code: tlsrpt.DeviationPolicyDomainFromName, Count: 1}
	if got := receipt.Deviations[len(receipt.Deviations)-1]; got != want || got.Code.Meaning() == "" {
		t.Errorf("got deviation %+v, want %+v", got, want)
	}
}

func sameReportID(t *testing.T) {
	bucket := new(storetest.Memory)
	stone := readFile(t, "testdata/wild/13-contact-info-null.json")
	other := bytes.Replace(stone, []byte("Stone Circle Hosting"), []byte("Brook Mail"), 1)
	for _, body := range [][]byte{stone, other} {
		if receipt := receive(t, bucket, reportintake.Submission{Body: body}); receipt.Status != reportintake.Stored {
			t.Errorf("got %+v, want it stored", receipt)
		}
	}
	if got := reports(t, bucket); len(got) != 2 {
		t.Errorf("kept %q, want two reports", got)
	}
}

// reportWins is RFC 8460, section 5.6.
func reportWins(t *testing.T, filename string) {
	bodyOnly, named := new(storetest.Memory), new(storetest.Memory)
	want := receive(t, bodyOnly, reportintake.Submission{Body: example(t)})
	got := receive(t, named, reportintake.Submission{Body: example(t), Filename: filename})
	if got.Status != reportintake.Stored || got.Key != want.Key || len(got.Deviations) > 0 {
		t.Errorf("got %+v, want %+v", got, want)
	}
	if !bytes.Equal(object(t, named, got.Key), object(t, bodyOnly, want.Key)) {
		t.Error("the filename has changed the line")
	}
}

func receive(t *testing.T, bucket archive.Bucket, s reportintake.Submission) reportintake.Receipt {
	t.Helper()
	receipt, err := newIntake(bucket).Receive(t.Context(), s)
	if err != nil {
		t.Fatal(err)
	}
	return receipt
}

func TestWildIsWhole(t *testing.T) {
	const rows = 44
	covered := make(map[int]bool)
	for _, file := range wildFiles(t) {
		number, name, _ := strings.Cut(filepath.Base(file), "-")
		row, err := strconv.Atoi(number)
		if err != nil || row > rows || name == "" {
			t.Errorf("%s: the name does not begin with a number", file)
		}
		covered[row] = true
	}
	for _, script := range wildScripts {
		covered[script.row] = true
	}
	for row := 1; row <= rows; row++ {
		if !covered[row] {
			t.Errorf("no case for row %d", row)
		}
	}
}

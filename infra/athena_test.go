package main

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"sealpost/internal/archive"
	"sealpost/internal/storetest"
	"sealpost/schemas/athena"
)

// TestNoQueries: without Athena there is nothing of it.
func TestNoQueries(t *testing.T) {
	eachStack(t, func(t *testing.T, config Config, stack template) {
		for _, kind := range []string{"AWS::Athena::WorkGroup", "AWS::Athena::NamedQuery", "AWS::Glue::Database", "AWS::Glue::Table", "AWS::IAM::ManagedPolicy"} {
			if n := len(stack.all(kind)); (n > 0) != config.Athena.Enabled {
				t.Errorf("there are %d %s", n, kind)
			}
		}
		if _, is := stack.Outputs["AthenaWorkgroup"]; is != config.Athena.Enabled {
			t.Errorf("the outputs name a workgroup: %v", is)
		}
		for _, id := range []string{"Compact", "MissedCompactions", "Daily"} {
			if strings.Contains(stack.text, `"`+id) != config.compacts() {
				t.Errorf("there is a %s: %v", id, !config.compacts())
			}
		}
	})
}

// TestReportsTable: reports are looked for where the archive puts them.
func TestReportsTable(t *testing.T) {
	eachQueried(t, func(t *testing.T, config Config, stack template) {
		_, table := stack.like(t, "AWS::Glue::Table", "ReportsTable")
		read := func(path string) string { return readable(stack, table.at("TableInput."+path)) }
		kept, err := (archive.Archive{Bucket: new(storetest.Memory)}).Keep(t.Context(), archive.Line{
			SchemaVersion: archive.SchemaVersion, ReportKey: strings.Repeat("0a", 32), ReceivedAt: time.Date(2026, time.November, 16, 0, 0, 0, 0, time.UTC),
			Channel: archive.ChannelHTTPS, Trust: archive.TrustNone,
		})
		if err != nil {
			t.Fatal(err)
		}
		parameters := maps.Clone(table.at("TableInput.Parameters").(map[string]any)) // Others read it too.
		template := strings.ReplaceAll(readable(stack, parameters["storage.location.template"]), "${dt}", "2026-11-16")
		if object := "s3://Reports/" + kept.Key; !strings.HasPrefix(object, template) || !strings.HasPrefix(object, read("StorageDescriptor.Location")) {
			t.Errorf("a report lies at %s; the table is at %s, and its day at %s", object, read("StorageDescriptor.Location"), template)
		}
		delete(parameters, "storage.location.template")
		want := map[string]any{
			"classification": "json", "compressionType": "gzip",
			"projection.enabled": "true", "projection.dt.type": "date", "projection.dt.format": "yyyy-MM-dd",
			"projection.dt.interval": "1", "projection.dt.interval.unit": "DAYS",
			"projection.dt.range": fmt.Sprintf("NOW-%dDAYS,NOW+1DAYS", config.RetentionDays.Reports+2),
		}
		if !reflect.DeepEqual(parameters, want) {
			t.Errorf("parameters %v, want %v", parameters, want)
		}
		if got := columnsIn(table.at("TableInput.StorageDescriptor.Columns")); !slices.Equal(got, hive(athena.Columns())) {
			t.Errorf("columns %q", got)
		}
		if got := columnsIn(table.at("TableInput.PartitionKeys")); !slices.Equal(got, []string{"dt string"}) {
			t.Errorf("partition keys %q", got)
		}
		if read("TableType") != "EXTERNAL_TABLE" || read("Name") != "reports" {
			t.Errorf("it is %s %s", read("TableType"), read("Name"))
		}
	})
}

// eachQueried runs a test on the stacks that can be queried.
func eachQueried(t *testing.T, test func(t *testing.T, config Config, stack template)) {
	eachStack(t, func(t *testing.T, config Config, stack template) {
		if config.Athena.Enabled {
			test(t, config, stack)
		}
	})
}

func columnsIn(value any) []string {
	var columns []string
	for _, c := range many(value) {
		column := c.(map[string]any)
		columns = append(columns, fmt.Sprint(column["Name"], " ", column["Type"]))
	}
	return columns
}

func hive(columns []athena.Column) []string {
	var all []string
	for _, c := range columns {
		all = append(all, c.Name+" "+c.Type.Hive())
	}
	return all
}

// TestViews: Athena reads the SQL of a view, and what its columns are, out of a
// comment.
func TestViews(t *testing.T) {
	eachQueried(t, func(t *testing.T, config Config, stack template) {
		for _, view := range athena.Views() {
			_, table := stack.like(t, "AWS::Glue::Table", "View"+strings.ReplaceAll(view.Name, "_", ""))
			comment, _ := table.at("TableInput.ViewOriginalText").(string)
			encoded, _ := strings.CutPrefix(strings.TrimSuffix(comment, " */"), "/* Presto View: ")
			text, err := base64.StdEncoding.DecodeString(encoded)
			if err != nil {
				t.Fatalf("%s: %v in %s", view.Name, err, comment)
			}
			var stored struct {
				OriginalSql, Catalog, Schema string
				Columns                      []struct{ Name, Type string }
			}
			if err := json.Unmarshal(text, &stored); err != nil {
				t.Fatal(err)
			}
			if stored.OriginalSql != view.SQL || stored.Catalog != "awsdatacatalog" || stored.Schema != databaseName(config.StackName) {
				t.Errorf("%s: %s", view.Name, text)
			}
			var got, want []string
			for _, c := range stored.Columns {
				got = append(got, c.Name+" "+c.Type)
			}
			for _, c := range view.Columns() {
				want = append(want, c.Name+" "+c.Type.Trino())
			}
			if !slices.Equal(got, want) {
				t.Errorf("%s has %q, want %q", view.Name, got, want)
			}
			if got := columnsIn(table.at("TableInput.StorageDescriptor.Columns")); !slices.Equal(got, hive(view.Columns())) {
				t.Errorf("%s has the columns %q", view.Name, got)
			}
			if table.at("TableInput.TableType") != "VIRTUAL_VIEW" || table.at("TableInput.Parameters.presto_view") != "true" || table.at("TableInput.Name") != view.Name {
				t.Errorf("%s is no view: %v", view.Name, table.Properties)
			}
		}
	})
}

// TestViewComesBack: where there is no compaction any more, a deployment has the
// view read everything from where it came in again.
func TestViewComesBack(t *testing.T) {
	config := mustParse(t, matrix["one domain with its zone"])
	with := synthesize(t, config, stubs(t, config))
	config.Athena.Compaction = false
	without := synthesize(t, config, stubs(t, config))
	id, before := with.like(t, "AWS::Glue::Table", "Viewallreports")
	if reflect.DeepEqual(before, without.Resources[id]) {
		t.Error("CloudFormation sees no difference, and leaves the view as it is")
	}
}

// TestSavedQueries: each is there, in the workgroup whose users are to see it.
func TestSavedQueries(t *testing.T) {
	eachQueried(t, func(t *testing.T, config Config, stack template) {
		workgroup, _ := stack.like(t, "AWS::Athena::WorkGroup", "")
		database := databaseName(config.StackName)
		saved := make(map[string]resource)
		for _, query := range stack.all("AWS::Athena::NamedQuery") {
			saved[query.at("Name").(string)] = query
		}
		for _, query := range athena.Queries() {
			got := saved[query.Name]
			if got.at("QueryString") != query.SQL() || got.at("Database") != database || !refersTo(got.at("WorkGroup"), workgroup) {
				t.Errorf("%s: %v", query.Name, got.Properties)
			}
			description, _ := got.at("Description").(string)
			if asks := strings.Contains(description, "in single quotes"); len(description) > 1024 || asks != (query.AsksFor != "") {
				t.Errorf("%s says %q", query.Name, description)
			}
			delete(saved, query.Name)
		}
		if len(saved) > 0 {
			t.Errorf("there are more: %v", saved)
		}
	})
}

// TestWorkgroup: a query reads so much and no more, and what it finds goes to one
// place.
func TestWorkgroup(t *testing.T) {
	eachQueried(t, func(t *testing.T, config Config, stack template) {
		_, workgroup := stack.like(t, "AWS::Athena::WorkGroup", "")
		if got, want := workgroup.at("WorkGroupConfiguration.BytesScannedCutoffPerQuery"), float64(config.Athena.ScanLimitGB)*1e9; got != want {
			t.Errorf("a query may read %v bytes, want %v", got, want)
		}
		results := "WorkGroupConfiguration.ResultConfiguration."
		if got := readable(stack, workgroup.at(results+"OutputLocation")); got != "s3://Athena/results/" {
			t.Errorf("results go to %s", got)
		}
		if got := readable(stack, workgroup.at(results+"ExpectedBucketOwner")); got != "ACCOUNT" {
			t.Errorf("the bucket is to be %s's", got)
		}
		if workgroup.at("Name") != config.StackName {
			t.Errorf("the workgroup of the stack %s is %v", config.StackName, workgroup.at("Name"))
		}
	})
}

// TestReaders may query, and nothing else.
func TestReaders(t *testing.T) {
	eachQueried(t, func(t *testing.T, config Config, stack template) {
		_, policy := stack.like(t, "AWS::IAM::ManagedPolicy", "AthenaReaders")
		rights := make(map[string]bool)
		for _, right := range rightsIn(t, stack, policy) {
			right = strings.Replace(right, "/"+databaseName(config.StackName), "/DATABASE", 1)
			rights[right] = true
			action, resource, _ := strings.Cut(right, " ")
			_, verb, _ := strings.Cut(action, ":")
			reads := strings.HasPrefix(verb, "Get") || strings.HasPrefix(verb, "List") || strings.HasPrefix(verb, "BatchGet")
			if !reads && !slices.Contains(mayQuery, right) || resource == "*" && !strings.HasPrefix(action, "athena:List") {
				t.Errorf("readers may %s", right)
			}
		}
		for _, right := range mayQuery {
			if !rights[right] {
				t.Errorf("readers may not %s", right)
			}
		}
	})
}

func TestDatabaseName(t *testing.T) {
	for stack, want := range map[string]string{"Sealpost": "sealpost", "Sealpost-Test": "sealpost_test", "a1-": "a1_"} {
		if got := databaseName(stack); got != want {
			t.Errorf("%s: %s, want %s", stack, got, want)
		}
	}
}

package main

import (
	"flag"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write the expected stacks anew")

// TestStacks holds each stack to what it was when somebody last looked at it:
// every right, name, bound and reference. Whoever changes one on purpose runs
// the test with -update, and reads the difference.
func TestStacks(t *testing.T) {
	eachStack(t, func(t *testing.T, _ Config, stack template) {
		var text strings.Builder
		for _, id := range slices.Sorted(maps.Keys(stack.Resources)) {
			if r := stack.Resources[id]; r.Type != "AWS::CloudWatch::Alarm" { // They stand in alarms.txt.
				fmt.Fprintf(&text, "%s %s%s\n", withoutHash(id), r.Type, map[bool]string{true: ", kept"}[r.DeletionPolicy == "Retain"])
				write(&text, stack, "  ", r.Properties)
			}
		}
		golden(t, filepath.Base(t.Name()), text.String())
	})
}

// write puts a value of a template on lines, a deeper one further right.
func write(text *strings.Builder, stack template, indent string, properties map[string]any) {
	for _, name := range slices.Sorted(maps.Keys(properties)) {
		switch value := properties[name].(type) {
		case map[string]any:
			if written, is := reading(stack, value); is {
				fmt.Fprintf(text, "%s%s: %s\n", indent, name, written)
				continue
			}
			fmt.Fprintf(text, "%s%s:\n", indent, name)
			write(text, stack, indent+"  ", value)
		case []any:
			numbered := make(map[string]any)
			for i, element := range value {
				numbered[fmt.Sprintf("%s[%02d]", name, i)] = element
			}
			write(text, stack, indent, numbered)
		case string:
			switch name {
			case "S3Key", "FunctionCode", "QueryString", "ViewOriginalText": // What functions and queries do is tested elsewhere.
				value = "..."
			}
			fmt.Fprintf(text, "%s%s: %q\n", indent, name, value)
		default:
			fmt.Fprintf(text, "%s%s: %v\n", indent, name, value)
		}
	}
}

// reading writes a reference, or a text that is made of some, such as
// "https://{ReportApi}.example".
func reading(stack template, value map[string]any) (string, bool) {
	if attribute, is := value["Fn::GetAtt"].([]any); is {
		return fmt.Sprintf("{%s.%s}", withoutHash(attribute[0].(string)), attribute[1]), true
	}
	if id := reference(value); id != "" {
		return "{" + withoutHash(id) + "}", true
	}
	join, is := value["Fn::Join"].([]any)
	if !is {
		return "", false
	}
	var parts []string
	for _, part := range join[1].([]any) {
		if inner, is := part.(map[string]any); is {
			written, _ := reading(stack, inner)
			parts = append(parts, written)
		} else {
			parts = append(parts, part.(string))
		}
	}
	return fmt.Sprintf("%q", strings.Join(parts, join[0].(string))), true
}

// TestAlarmsLookAt holds each alarm to what it looks at, and when it goes off.
func TestAlarmsLookAt(t *testing.T) {
	eachStack(t, func(t *testing.T, _ Config, stack template) {
		var text strings.Builder
		for _, id := range slices.Sorted(maps.Keys(stack.all("AWS::CloudWatch::Alarm"))) {
			alarm := stack.Resources[id]
			operator := map[any]string{"GreaterThanOrEqualToThreshold": ">=", "LessThanThreshold": "<"}[alarm.at("ComparisonOperator")]
			fmt.Fprintf(&text, "%s: %s %v, %v of %v, silence %v\n", withoutHash(id), operator, alarm.at("Threshold"),
				alarm.at("DatapointsToAlarm"), alarm.at("EvaluationPeriods"), alarm.at("TreatMissingData"))
			writeMetrics(&text, stack, alarm)
			fmt.Fprintf(&text, "  %v\n", alarm.at("AlarmDescription"))
		}
		golden(t, filepath.Base(t.Name())+".alarms", text.String())
	})
}

func writeMetrics(text *strings.Builder, stack template, alarm resource) {
	metrics, _ := alarm.at("Metrics").([]any)
	if metrics == nil {
		writeMetric(text, stack, "  ", alarm, "")
	}
	for _, m := range metrics {
		r := resource{Properties: m.(map[string]any)}
		if expression := r.at("Expression"); expression != nil {
			fmt.Fprintf(text, "  %v\n", expression)
		} else {
			writeMetric(text, stack, "    "+r.at("Id").(string)+": ", r, "MetricStat.")
		}
	}
}

func writeMetric(text *strings.Builder, stack template, prefix string, r resource, below string) {
	metric, statistic := below, below+"Statistic"
	if below != "" {
		metric, statistic = below+"Metric.", below+"Stat"
	}
	var dimensions []string
	for _, d := range many(r.at(metric + "Dimensions")) {
		if dimension, is := d.(map[string]any); is {
			dimensions = append(dimensions, fmt.Sprintf("%v=%s", dimension["Name"], readable(stack, dimension["Value"])))
		}
	}
	slices.Sort(dimensions)
	fmt.Fprintf(text, "%s%v %v {%s} %v of %v s\n", prefix, r.at(metric+"Namespace"), r.at(metric+"MetricName"), strings.Join(dimensions, ", "),
		r.at(statistic), r.at(below+"Period"))
}

// golden compares a text with the file that has it as it should be.
func golden(t *testing.T, name, got string) {
	t.Helper()
	file := filepath.Join("testdata", strings.ReplaceAll(strings.ReplaceAll(name, ",", ""), "_", "-")+".txt")
	if *update {
		if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	wanted := strings.Split(string(want), "\n")
	for i, line := range strings.Split(got, "\n") {
		if i >= len(wanted) || line != wanted[i] {
			t.Fatalf("%s differs from line %d on, which is now\n%s\nIf that is meant: go test ./infra -run 'TestStacks|TestAlarmsLookAt' -update", file, i+1, line)
		}
	}
	if got != string(want) {
		t.Errorf("%s has more lines than the stack", file)
	}
}

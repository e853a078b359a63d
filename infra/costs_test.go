package main

import (
	"fmt"
	"math"
	"os"
	"strings"
	"testing"
)

// price is what AWS asks in us-east-1, and who said so when. What is free for a
// while, or up to some amount, is not taken off.
type price struct {
	name    string
	dollars float64
	per     float64 // So many units.
	unit    string
	source  string
}

func (p price) of(units float64) float64 { return units * p.dollars / p.per }

const fromMemory = "from memory, unverified"

var (
	lambdaCall   = price{"Lambda, call", 0.20, 1e6, "calls", "cloudchipr.com/blog/aws-lambda-pricing, 2024"}
	lambdaTime   = price{"Lambda, arm64", 0.0000133334, 1, "GB and second", "the same"}
	readUnit     = price{"DynamoDB, read", 0.125, 1e6, "read units", "airbyte.com/data-engineering-resources/dynamodb-pricing, 21 July 2025"}
	writeUnit    = price{"DynamoDB, write", 0.625, 1e6, "write units", "the same"}
	put          = price{"S3, write", 0.005, 1e3, "requests", "dev.to/sh20raj/aws-s3-pricing-for-beginners-3fc2, undated"}
	get          = price{"S3, read", 0.0004, 1e3, "requests", "the same"}
	stored       = price{"S3, storage", 0.023, 1, "GB and month", fromMemory}
	fetched      = price{"CloudFront, request", 0.01, 1e4, "requests", "wring.co/blog/aws-cloudfront-pricing-guide, 8 March 2026"}
	viewed       = price{"CloudFront, function", 0.10, 1e6, "calls", "cur.vantage.sh/aws/amazoncloudfront, undated"}
	sent         = price{"CloudFront, data out", 0.085, 1, "GB", "aws.amazon.com/cloudfront/pricing, stored copy, undated; dearer outside North America and Europe"}
	posted       = price{"API Gateway, HTTP API", 1.00, 1e6, "requests", "awsforengineers.com/blog/aws-api-gateway-pricing-explained, 19 May 2025"}
	mailed       = price{"SES, mail", 0.16, 1e3, "recipients", "AWS's price list of 22 July 2026 (plan Essentials), as read by github.com/api-evangelist/amazon-ses"}
	received     = price{"SES, mail received", 0.10, 1e3, "mails", fromMemory}
	receivedSize = price{"SES, mail received, size", 0.09, 1e3, "chunks of 256 KB", fromMemory}
	notified     = price{"SNS, publish", 0.50, 1e6, "requests", fromMemory}
	alarmMetric  = price{"CloudWatch, alarm", 0.10, 1, "metrics and month", "c3x.dev/resources/aws/aws_cloudwatch_metric_alarm, undated"}
	customMetric = price{"CloudWatch, metric of our own", 0.30, 1, "metrics and month", "signoz.io/guides/cloudwatch-pricing, 15 February 2026"}
	logged       = price{"CloudWatch, logs", 0.50, 1, "GB", "factualminds.com/blog/amazon-cloudwatch-pricing-metrics-logs-alarms-dashboards, 13 June 2026"}
	queried      = price{"Route 53, query", 0.40, 1e6, "queries", "aws.amazon.com/route53/pricing of 20 September 2026, as read by github.com/api-evangelist/amazon-route53-resolver"}
	queued       = price{"SQS, request", 0.40, 1e6, "requests", fromMemory}
	scheduled    = price{"EventBridge Scheduler, call", 1.00, 1e6, "calls", fromMemory}
	scanned      = price{"Athena, data read", 5.00, 1e3, "GB, and 10 MB at least a query", "athena.guide/articles/athena-basics-pricing-model, 15 October 2020"}
)

var prices = []price{lambdaCall, lambdaTime, readUnit, writeUnit, put, get, stored, fetched, viewed, sent, posted, mailed, received, receivedSize, notified, alarmMetric, customMetric, logged, queried, queued, scheduled, scanned}

// What a month is taken to bring. docs/performance.md says the same in words.
const (
	days, hours      = 30, 720
	fetchesDaily     = 200 // Of a domain's policy; each reaches the function.
	reportsDaily     = 3   // About a domain.
	edits            = 4   // Of a domain.
	rowsKB           = 2.5 // Of a domain in the table of states.
	pollsOfAQueue    = 5 * 3 * 60 * hours
	queues           = 2 // That functions work off.
	mailKB           = 8
	lookReads        = 8 // Read units to look after a domain once.
	recipientsOfMail = 2
	weeks            = days / 7.0
	queriesAsked     = 20   // By people, of the six weeks that most saved queries read.
	reportGB         = 2e-6 // As it lies in the archive.
	leastGB          = 0.01 // That Athena takes a query for.
	compactions      = 3    // Statements of a day that read. The others cost nothing.
	compactSeconds   = 90
	compactWrites    = 12 // Files of a day: data, and what Iceberg keeps of them.
	weeksRead        = 5  // By how many digests a report is read: of its week, and of those that compare with it.
	digestCalls      = 2  // A week; the second finds nothing to do.
)

// cost is a line of the table: what a service costs for n domains of one stack.
type cost struct {
	service string
	of      func(n float64) float64
}

func costsOf(alarmMetrics float64) []cost {
	fetches := func(n float64) float64 { return n * (fetchesDaily*days + hours) } // The rotator looks once an hour.
	reports := func(n float64) float64 { return n * reportsDaily * days }
	scan := func(n float64) float64 { return n * rowsKB / 4 / 2 } // Read units; half, as it may be a second old.
	return []cost{
		{"Lambda", func(n float64) float64 {
			seconds := fetches(n)*0.25*0.02 + n*hours*0.25*2 + // policy, rotate
				hours*0.25*(1+n*0.5/8) + n*edits*0.25*2 + // walk, publish
				reports(n)*1*0.5 + weeks*1*10 + // reportintake for mails, digest
				days*0.125*compactSeconds
			return lambdaTime.of(seconds) + lambdaCall.of(fetches(n)+n*hours+hours+n*edits+reports(n)+weeks*digestCalls+days)
		}},
		{"DynamoDB", func(n float64) float64 {
			return readUnit.of(fetches(n)+n*hours*lookReads+hours*(scan(n)+n/4)+math.Min(reports(n), days*24*60)*scan(n)) +
				writeUnit.of(n*edits*5+reports(n)*2)
		}},
		{"S3", func(n float64) float64 {
			return put.of(reports(n)*3+n*edits) + get.of(n*hours*2+reports(n)*(2+weeksRead)) + stored.of(n*reportsDaily*400*reportGB)
		}},
		{"Athena, and S3 for it", func(n float64) float64 {
			daily := n * reportsDaily
			// Of the six weeks, 8 days are not compacted yet; on Sundays a month is looked at again.
			opened := daily * (days + weeks*30 + queriesAsked*8)
			read := days*(math.Max(leastGB, daily*reportGB)+(compactions-1)*leastGB) + weeks*30*daily*reportGB +
				queriesAsked*math.Max(leastGB, daily*42*reportGB)
			return scanned.of(read) + get.of(opened) + put.of(days*compactWrites) + stored.of(daily*400*reportGB)
		}},
		{"CloudFront", func(n float64) float64 {
			return fetched.of(fetches(n)) + viewed.of(fetches(n)) + sent.of(fetches(n)*1e-6)
		}},
		{"API Gateway", func(n float64) float64 { return posted.of(reports(n)) }}, // As if all were posted as well.
		{"SES and SNS", func(n float64) float64 {
			return mailed.of(weeks*recipientsOfMail) + received.of(reports(n)) + receivedSize.of(reports(n)*mailKB/256) + notified.of(reports(n))
		}},
		{"CloudWatch, alarms", func(float64) float64 { return alarmMetric.of(alarmMetrics) }},
		{"CloudWatch, metrics and logs", func(n float64) float64 {
			return customMetric.of(1) + logged.of((fetches(n)*0.5+n*hours*1+hours*2+reports(n)*1)*1e-6)
		}},
		{"Route 53", func(n float64) float64 { return queried.of(n * (fetchesDaily*days + hours*3)) }},
		{"SQS", func(n float64) float64 { return queued.of(queues*pollsOfAQueue + n*hours*3 + reports(n)*3) }},
		{"EventBridge Scheduler", func(float64) float64 { return scheduled.of(hours + weeks*digestCalls + days) }},
	}
}

// TestCosts holds docs/performance.md to the arithmetic.
func TestCosts(t *testing.T) {
	withMail := strings.Replace(matrix["one domain with its zone"], `"digest"`, `"reports": {"mail": {"domain": "tlsrpt.example.com"}}, "digest"`, 1)
	metrics := alarmMetrics(t, withMail)
	t.Logf("alarms look at %d metrics, without mail at %d", metrics, alarmMetrics(t, matrix["one domain with its zone"]))
	const file, begin, end = "../docs/performance.md", "<!-- costs -->\n", "<!-- /costs -->\n"
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	before, rest, is := strings.Cut(string(text), begin)
	got, after, is2 := strings.Cut(rest, end)
	if !is || !is2 {
		t.Fatalf("%s has no place for the costs, between %q and %q", file, begin, end)
	}
	want := costTables(float64(metrics))
	if *update {
		if err := os.WriteFile(file, []byte(before+begin+want+end+after), 0o644); err != nil {
			t.Fatal(err)
		}
	} else if got != want {
		t.Errorf("%s has\n%s\nwant\n%s\nIf that is meant: go test ./infra -run TestCosts -update", file, got, want)
	}
}

func alarmMetrics(t *testing.T, text string) int {
	config := mustParse(t, text)
	metrics := 0
	for _, alarm := range synthesize(t, config, stubs(t, config)).all("AWS::CloudWatch::Alarm") {
		metrics++
		if list, is := alarm.at("Metrics").([]any); is {
			metrics += len(list) - 2 // Its own, and the sum, which costs nothing.
		}
	}
	return metrics
}

func costTables(alarmMetrics float64) string {
	var text strings.Builder
	fmt.Fprintln(&text, "| price in us-east-1 | $ | per | who says so |\n| --- | --- | --- | --- |")
	for _, p := range prices {
		per := p.unit
		if p.per > 1 {
			per = grouped(p.per) + " " + p.unit
		}
		fmt.Fprintf(&text, "| %s | %s | %s | %s |\n", p.name, strings.TrimRight(strings.TrimRight(fmt.Sprintf("%.10f", p.dollars), "0"), "."), per, p.source)
	}
	fmt.Fprintln(&text, "\n| $ a month | 1 domain | 10 domains | 100 domains, a full stack | 10,000 domains, 100 stacks |\n| --- | --- | --- | --- | --- |")
	var sum [4]float64
	for _, c := range costsOf(alarmMetrics) {
		row := [4]float64{c.of(1), c.of(10), c.of(100), 100 * c.of(100)}
		for i, dollars := range row {
			sum[i] += dollars
		}
		fmt.Fprintf(&text, "| %s | %.2f | %.2f | %.2f | %.2f |\n", c.service, row[0], row[1], row[2], row[3])
	}
	fmt.Fprintf(&text, "| **all** | **%.2f** | **%.2f** | **%.2f** | **%.2f** |\n", sum[0], sum[1], sum[2], sum[3])
	return text.String()
}

// grouped writes a whole number with its thousands apart.
func grouped(n float64) string {
	digits := fmt.Sprintf("%.0f", n)
	for i := len(digits) - 3; i > 0; i -= 3 {
		digits = digits[:i] + "," + digits[i:]
	}
	return digits
}

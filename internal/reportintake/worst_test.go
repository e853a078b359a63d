package reportintake_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"sealpost/internal/reportintake"
	"sealpost/internal/storetest"
	"sealpost/internal/tlsrpt"
	"sealpost/internal/tlsrpt/tlsrpttest"
)

type worstBody struct {
	name string
	code int
	make func(tb testing.TB) []byte
}

// worst are the costliest bodies that the limits let through, and the answers.
var worst = []worstBody{
	{"long text", 201, func(tb testing.TB) []byte { return unknown(tb, `"`+fill("x", tlsrpt.MaxSize)+`"`) }},
	{"long name of the organization", 201, func(tb testing.TB) []byte { return edited(tb, "Northwind", fill("x", tlsrpt.MaxSize)) }},
	{"escapes", 201, func(tb testing.TB) []byte { return edited(tb, "Northwind", fill(`\u0000`, tlsrpt.MaxSize)) }},
	{"backslashes", 201, func(tb testing.TB) []byte { return unknown(tb, `"`+fill(`\\\"`, tlsrpt.MaxSize)+`"`) }},
	{"white space", 201, func(tb testing.TB) []byte { return append(example(tb), fill(" \n", tlsrpt.MaxSize)...) }},
	{"names alike", 400, func(tb testing.TB) []byte { return unknown(tb, namesAlike(108_000)) }},
	{"a name twice at the end", 400, func(tb testing.TB) []byte {
		return unknown(tb, strings.TrimSuffix(namesAlike(108_000), "}")+`,"a":1,"a":1}`)
	}},
	{"zeros for failures", 201, func(tb testing.TB) []byte { return failures(tb, "0", 498_000) }},
	{"empty failures", 201, func(tb testing.TB) []byte { return failures(tb, "{}", 249_000) }},
	{"empty failures beside a long text", 201, func(tb testing.TB) []byte {
		longText := `"x": "` + fill(`\\\"`, tlsrpt.MaxSize-800_000) + `", "report-id"`
		return []byte(strings.Replace(string(failures(tb, "{}", 249_000)), `"report-id"`, longText, 1))
	}},
	{"addresses to rewrite", 201, func(tb testing.TB) []byte {
		return failures(tb, `{"sending-mta-ip":"::ffff:192.0.2.1","receiving-ip":"0::1"}`, 160_000)
	}},
	{"escaped texts", 201, func(tb testing.TB) []byte {
		return failures(tb, `{"result-type":"\u0061","receiving-mx-helo":"\u0061","additional-information":"\u0061"}`, 120_000)
	}},
	{"strings of a policy", 201, func(tb testing.TB) []byte {
		return list(1, func(int) string {
			return `{"policy":{"policy-type":"sts","policy-domain":"meadow.example","mx-host":["\u4e00"` + strings.Repeat(`,"\u4e00"`, 498_000) + `]},"summary":{}}`
		})
	}},
	{"policies of one text each", 201, func(tb testing.TB) []byte {
		return list(62_000, func(int) string {
			return `{"policy":{"policy-type":"sts","policy-domain":"meadow.example","policy-string":"a","mx-host":"b"},"summary":{}}`
		})
	}},
	{"policies with an empty failure each", 201, func(tb testing.TB) []byte {
		return list(55_000, func(int) string {
			return `{"policy":{"policy-type":"x","policy-domain":"meadow.example"},"summary":{},"failure-details":[{}]}`
		})
	}},
	{"unknown values deep within each other", 201, func(tb testing.TB) []byte {
		return unknown(tb, "["+strings.Repeat(strings.Repeat("[", 12)+strings.Repeat("]", 12)+",", 38_000)+"0]")
	}},
	{"unknown objects", 201, func(tb testing.TB) []byte { return unknown(tb, "["+strings.Repeat(`{"a":{"b":0}},`, 160_000)+"0]") }},
	{"explained as far as it is", 400, func(tb testing.TB) []byte {
		return []byte(`{"policies":[{"policy":{},"failure-details":[{}` + strings.Repeat(",{}", 42_000) + `]}]}`)
	}},
	{"explained objects", 400, func(tb testing.TB) []byte { return []byte(`{"policies":[` + strings.Repeat(`{"":0},`, 18_000) + `0]}`) }},
	{"small but for its values", 201, func(tb testing.TB) []byte { return failures(tb, "{}", 21_000) }},
	{"numbers without end", 201, func(tb testing.TB) []byte { return failures(tb, `{"failed-session-count":1.234567e-99}`, 990) }},
	{"large numbers", 201, func(tb testing.TB) []byte { return failures(tb, `{"failed-session-count":1.234567e99}`, 990) }},
	{"fractions", 201, func(tb testing.TB) []byte {
		return failures(tb, `{"failed-session-count":0.0000000000000000000000001e26}`, 990)
	}},
	{"every failure strange", 201, func(tb testing.TB) []byte {
		return failures(tb, `{"result-type":"","sending-mta-ip":"x","receiving-mx-helo":"\n","additional-info-uri":null}`, 99_000)
	}},
	{"empty policies", 400, func(tb testing.TB) []byte { return policies(tb, "{}", 249_000) }},
	{"bad policies", 400, func(tb testing.TB) []byte { return policies(tb, "0", 498_000) }},
	{"explained to the last", 400, func(tb testing.TB) []byte {
		return []byte(`{"policies":[{"policy":{},"failure-details":[{}` + strings.Repeat(",{}", 249_000) + `]}]}`)
	}},
	{"domains of other people", 404, func(tb testing.TB) []byte {
		return list(80_000, func(i int) string { return onePolicy("sts", fmt.Sprintf("hill%05d.example", i)) })
	}},
	{"long domains", 404, func(tb testing.TB) []byte {
		labels := runes(2000)
		return list(3_400, func(int) string { return onePolicy("sts", labels) })
	}},
	{"domains in other scripts", 404, func(tb testing.TB) []byte {
		label := runes(40)
		return list(35_000, func(i int) string { return onePolicy("sts", fmt.Sprintf("%d%s.%[2]s.%[2]s.%[2]s", i, label)) })
	}},
	{"records within a record", 404, func(tb testing.TB) []byte {
		records := strings.Repeat(`[\"`+strings.Repeat("3", 4000)+`\"]","`, 5_000)
		return list(1, func(int) string {
			return `{"policy":{"policy-type":"tlsa","policy-string":["` + records + `"]},"summary":{}}`
		})
	}},
}

// fill repeats a piece so often that it leaves a few kilobytes of size.
func fill(piece string, size int) string { return strings.Repeat(piece, (size-4096)/len(piece)) }

// runes are as many different letters.
func runes(n int) string {
	var b strings.Builder
	for i := range n {
		b.WriteRune('\u4e00' + rune(i))
	}
	return b.String()
}

func namesAlike(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, `,"%s%d":0`, strings.Repeat("a", 180), i)
	}
	return "{" + b.String()[1:] + "}"
}

func unknown(tb testing.TB, value string) []byte {
	return edited(tb, `"report-id"`, `"x": `+value+`, "report-id"`)
}

func failures(tb testing.TB, element string, n int) []byte {
	return edited(tb, `"failure-details": [`, `"failure-details": [`+strings.Repeat(element+",", n))
}

func policies(tb testing.TB, element string, n int) []byte {
	return edited(tb, `"policies": [`, `"policies": [`+strings.Repeat(element+",", n))
}

func onePolicy(policyType, domain string) string {
	return fmt.Sprintf(`{"policy":{"policy-type":"%s","policy-domain":"%s"},"summary":{}}`, policyType, domain)
}

// list is a report with nothing but policies.
func list(n int, policy func(i int) string) []byte {
	var b strings.Builder
	b.WriteString(`{"organization-name":"x","report-id":"x","date-range":{"start-datetime":"2026-11-16T00:00:00Z","end-datetime":"2026-11-16T00:00:00Z"},"policies":[`)
	for i := range n {
		if i > 0 {
			b.WriteByte(',')
		}
		b.WriteString(policy(i))
	}
	return []byte(b.String() + "]}")
}

func TestWorst(t *testing.T) {
	if testing.Short() {
		t.Skip("the bodies have 20 MiB each")
	}
	for _, test := range worst {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			body := tlsrpttest.Gzip(t, test.make(t))
			if len(body) > reportintake.MaxBody {
				t.Fatalf("%d bytes do not get in", len(body))
			}
			bucket := new(storetest.Memory)
			response, answer := post(t, newHandler(newIntake(bucket)), body)
			if response.StatusCode != test.code {
				t.Errorf("%s %+v, want %d", response.Status, answer, test.code)
			}
			if response.StatusCode != http.StatusCreated {
				wantQuarantined(t, bucket, answer, body)
			}
		})
	}
}

func BenchmarkWorst(b *testing.B) {
	for _, test := range worst {
		b.Run(strings.ReplaceAll(test.name, " ", "-"), func(b *testing.B) {
			body := tlsrpttest.Gzip(b, test.make(b))
			benchmarkIntake(b, body)
			b.ReportMetric(float64(len(body)), "sent-bytes")
		})
	}
}

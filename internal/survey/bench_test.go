package survey_test

import (
	"crypto/tls"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"

	"sealpost/internal/internettest"
	"sealpost/internal/survey"
)

// BenchmarkHundredDomains looks at 100 domains, ten at a time, as sealpost check
// does: each with two MX hosts of its own, and then with two that all have.
func BenchmarkHundredDomains(b *testing.B) {
	b.Run("hosts-of-their-own", func(b *testing.B) { benchmarkDomains(b, func(i int) string { return fmt.Sprintf("d%d.example", i) }) })
	b.Run("hosts-in-common", func(b *testing.B) { benchmarkDomains(b, func(int) string { return "hoster.example" }) })
}

func benchmarkDomains(b *testing.B, hoster func(i int) string) {
	const domains = 100
	internet, root := internettest.New(b), internettest.NewAuthority(b, "Root")
	zone, certificates := internettest.Zone{}, make(map[string]tls.Certificate)
	var names []string
	for i := range domains {
		domain, hosts := fmt.Sprintf("d%d.example", i), hoster(i)
		names = append(names, "mta-sts."+domain)
		zone.Records = append(zone.Records,
			fmt.Sprintf(`_mta-sts.%s. TXT "v=STSv1; id=1;"`, domain), fmt.Sprintf("mta-sts.%s. A 192.0.2.10", domain),
			fmt.Sprintf("%s. MX 10 mx1.%s.", domain, hosts), fmt.Sprintf("%s. MX 20 mx2.%s.", domain, hosts),
			fmt.Sprintf(`_smtp._tls.%s. TXT "v=TLSRPTv1; rua=mailto:tls@reports.example"`, domain))
		for n := 1; n <= 2; n++ {
			host := fmt.Sprintf("mx%d.%s", n, hosts)
			if _, known := certificates[host]; !known {
				certificates[host] = root.Issue(internettest.Leaf{Names: []string{host}})
				zone.Records = append(zone.Records, fmt.Sprintf("%s. A 192.0.2.25", host))
			}
		}
	}
	internet.Mail("192.0.2.25:25", internettest.Mail{ByName: certificates})
	internet.Web("192.0.2.10:443", internettest.Web{Certificate: root.Issue(internettest.Leaf{Names: names}), Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/plain")
		io.WriteString(w, "version: STSv1\nmode: testing\nmx: *."+strings.TrimPrefix(r.Host, "mta-sts.")+"\nmax_age: 86400\n") //nolint:errcheck // The client is gone.
	})})
	server := zone.Start(b)
	for b.Loop() {
		l := &survey.Looker{NameServers: []string{server}, Roots: root.Roots(), Now: now, Internal: true, Dial: internet.Dial}
		work := make(chan int)
		var workers sync.WaitGroup
		for range 10 {
			workers.Go(func() {
				for i := range work {
					seen := l.Look(b.Context(), fmt.Sprintf("d%d.example", i))
					if talk := seen.MX.Hosts[1].Talks[0]; talk.TLS == nil || talk.TLS.Certificate.Trust != survey.Trusted || seen.PolicyHost.Answers[0].Status != http.StatusOK {
						b.Errorf("%d: %+v", i, talk)
					}
				}
			})
		}
		for i := range domains {
			work <- i
		}
		close(work)
		workers.Wait()
	}
}

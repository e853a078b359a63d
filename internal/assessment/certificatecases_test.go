package assessment_test

import (
	"crypto/tls"
	"net/http"
	"strings"
	"time"

	"sealpost/internal/assessment"
	"sealpost/internal/internettest"
)

// certificateCases are those of a Policy Host or of an MX host.
func certificateCases(of string) []faulty {
	own := []string{map[string]string{"policy": "mta-sts.example.com", "mx": "mx1.example.com"}[of]}
	shows := func(make func(w *world) tls.Certificate) func(*world) {
		return func(w *world) {
			if of == "mx" {
				w.mail.Certificate = make(w)
			} else {
				w.web.Certificate = make(w)
			}
		}
	}
	leaf := func(l internettest.Leaf) func(*world) {
		return shows(func(w *world) tls.Certificate { return w.root.Issue(l) })
	}
	problems := func(faults ...string) string {
		for i, fault := range faults {
			faults[i] = of + "-certificate-" + fault
		}
		return strings.Join(faults, " ")
	}
	all := []faulty{
		{"expired", leaf(internettest.Leaf{Names: own, NotAfter: today.AddDate(-2, 0, 0)}), mend, problems("expired"), 0},
		{"expired-just-now", leaf(internettest.Leaf{Names: own, NotAfter: today.Add(-time.Minute)}), mend, problems("expired"), 0},
		{"not-yet-valid", leaf(internettest.Leaf{Names: own, NotBefore: today.AddDate(0, 0, 1)}), mend, problems("not-yet-valid"), 0},
		{"expiring", leaf(internettest.Leaf{Names: own, NotBefore: today.AddDate(0, 0, -85), NotAfter: today.AddDate(0, 0, 5)}), mend, problems("expiring"), 0},
		{"six-days", leaf(internettest.Leaf{Names: own, NotBefore: today.AddDate(0, 0, -3), NotAfter: today.AddDate(0, 0, 3)}), assessment.ReadyToEnforce, "", 0},
		{"name", leaf(internettest.Leaf{Names: []string{"example.com", "www.example.com"}}), mend, problems("name"), 0},
		{"no-name", leaf(internettest.Leaf{}), mend, problems("name"), 0},
		{"self-signed", shows(func(w *world) tls.Certificate { return internettest.SelfSigned(w.t, own...) }), mend, problems("self-signed"), 0},
		{"for-clients", leaf(internettest.Leaf{Names: own, ForClient: true}), mend, problems("invalid"), 0},
		{"chain", shows(func(w *world) tls.Certificate {
			between := w.root.Under("Between", internettest.End)
			return between.Issue(internettest.Leaf{Names: own, Between: []*internettest.Authority{between}})
		}), assessment.ReadyToEnforce, "", 0},
		{"unknown-authority", shows(func(w *world) tls.Certificate {
			stranger := internettest.NewAuthority(w.t, "Stranger")
			return stranger.Issue(internettest.Leaf{Names: own, Between: []*internettest.Authority{stranger}})
		}), mend, problems("unknown-authority"), 0},
		{"incomplete-chain", shows(func(w *world) tls.Certificate {
			between := w.root.Under("Between", internettest.End)
			w.add("ca.example. A 192.0.2.99")
			w.internet.Plain("192.0.2.99:80", http.HandlerFunc(func(rw http.ResponseWriter, _ *http.Request) {
				if of == "policy" {
					w.wait(5 * time.Second) // Which is not the time of the Policy Host.
				}
				rw.Write(between.Certificate.Raw) //nolint:errcheck // The test would fail.
			}))
			return between.Issue(internettest.Leaf{Names: own, IssuerURL: "http://ca.example/between.crt"})
		}), mend, problems("incomplete-chain"), 0},
		{"incomplete-chain-unproved", shows(func(w *world) tls.Certificate {
			return w.root.Under("Between", internettest.End).Issue(internettest.Leaf{Names: own})
		}), mend, problems("unknown-authority"), 0},
		{"authority-expired", shows(func(w *world) tls.Certificate {
			between := w.root.Under("Between", today.AddDate(-1, 0, 0))
			return between.Issue(internettest.Leaf{Names: own, Between: []*internettest.Authority{between}})
		}), mend, problems("authority-expired"), 0},
		{"everything", shows(func(w *world) tls.Certificate {
			stranger := internettest.NewAuthority(w.t, "Stranger")
			return stranger.Issue(internettest.Leaf{Names: []string{"other.example"}, NotAfter: today.AddDate(-2, 0, 0)})
		}), mend, problems("expired", "name", "unknown-authority"), 0},
	}
	for i := range all {
		all[i].name = of + "-certificate-" + all[i].name
	}
	return all
}

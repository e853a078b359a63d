package assessment

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"sealpost/internal/survey"
	"sealpost/internal/tlsrpt"
)

// reports judges where reports are to go (RFC 8460, section 3).
func (j *judge) reports() {
	txt := j.Seen.TLSRPT
	record, err := tlsrpt.FindRecord(txt.Values)
	j.txt(txt, recordCodes{TLSRPTMissing, TLSRPTSeveral, TLSRPTSyntax, TLSRPTLoop, TLSRPTDangling}, finding{
		err: err, none: errors.Is(err, tlsrpt.ErrNoRecord), several: errors.Is(err, tlsrpt.ErrSeveralRecords), like: likely(txt.Values, "tlsrptv1"), start: "v=TLSRPTv1;",
	})
	if more := len(record.RUAs) - len(j.Seen.Destinations); more > 0 {
		j.unknown(txt.Name, none, fmt.Sprintf("Not looked at: %s for reports.", amount(more, "more place")), tooMuch)
	}
	for _, destination := range j.Seen.Destinations {
		switch {
		case destination.Mail != nil:
			j.reportsByMail(destination)
		case destination.HTTPS != nil:
			j.reportsByHTTPS(destination)
		}
	}
}

// issuers names the certificates that a look had no more connections for. Where one
// was missing, it may be that nothing else is wrong.
func (j *judge) issuers() {
	if more := j.Seen.MoreIssuers; more > 0 {
		j.unknown(j.Domain, none, fmt.Sprintf("Not fetched: %s of issuers, to find out what is missing.", amount(more, "more certificate")),
			"Have each server send its intermediate certificates, then check again.")
	}
}

func (j *judge) reportsByMail(d survey.Destination) {
	name := j.Seen.TLSRPT.Name
	switch {
	case d.Mail.Addresses > 0:
	case d.Mail.Unseen != "":
		j.unseen(name, d.Mail.Unseen, d.Mail.LimitReached)
	case d.Mail.Null:
		j.of(RUANoMail, name, fmt.Sprintf("%.120q: the domain has a null MX (RFC 7505).", d.URI))
	case d.Mail.Hosts > 0:
		j.of(RUANoMail, name, fmt.Sprintf("%.120q: no MX host of the domain has an address on the Internet.", d.URI))
	default:
		j.of(RUANoMail, name, fmt.Sprintf("%.120q: the domain has neither MX records nor an address on the Internet.", d.URI))
	}
}

// reportPatience is what the most impatient known reporter, sys4's, gives a POST.
const reportPatience = 10 * time.Second

// mayTakeReports reports whether what answers HEAD so may well take a POST: HEAD is
// asked of nobody who takes reports, but that there is something can be told.
func mayTakeReports(status int) bool {
	switch status {
	case http.StatusBadRequest, http.StatusMethodNotAllowed, http.StatusLengthRequired, http.StatusUnsupportedMediaType, http.StatusNotImplemented:
		return true
	default:
		return status >= 200 && status < 300
	}
}

func answersHEAD(a survey.Answer) string {
	if isRedirect(a) {
		return fmt.Sprintf("it answers HEAD with %s to %.200q", status(a.Status), a.Location)
	}
	return "it answers HEAD with " + status(a.Status)
}

// reportsByHTTPS judges each address by what a HEAD shows.
func (j *judge) reportsByHTTPS(d survey.Destination) {
	name, host := j.Seen.TLSRPT.Name, d.HTTPS
	switch {
	case host.Addresses.Unseen != "":
		j.unseen(name, host.Addresses.Unseen, host.Addresses.LimitReached)
	case len(host.Answers) == 0:
		j.of(RUAUnreachable, name, fmt.Sprintf("%.120q: the host has no address.", d.URI))
	}
	for _, a := range host.Answers {
		report := func(code Code, why string) {
			j.of(code, name, fmt.Sprintf("%.120q, at %s: %s.", d.URI, a.Address, strings.TrimSuffix(why, ".")))
		}
		hasty, words := inHaste(a, reportPatience, "reporters wait")
		switch {
		case hasty:
			j.unknown(name, a.Address, fmt.Sprintf("%.120q: %s", d.URI, words), tryLonger)
		case a.Reach == survey.NoRoute:
			j.unknown(name, a.Address, noRoute(a.Address), tryElsewhere)
		case a.Reach == survey.Failed:
			j.unknown(name, a.Address, sentence(a.Why), tryElsewhere)
		case a.Reach == survey.NotPublic:
			report(RUAUnreachable, "the address is not one of the Internet")
		case a.Reach != survey.Reached:
			report(RUAUnreachable, a.Why)
		case a.TLS.NoCommon: // With DHE, which Go has not, others may come through.
			j.unknown(name, a.Address, fmt.Sprintf("%.120q: it takes no cipher suite that this program has.", d.URI),
				"Try "+openssl(host.Name, host.Port, "")+".")
		case a.TLS.Version == 0:
			report(RUAUnreachable, a.TLS.Failure)
		case a.TimedOut || a.CutOff:
			report(RUAFails, a.Why)
		case a.Status >= 500 && a.Status != http.StatusNotImplemented:
			report(RUAFails, "it answers "+status(a.Status))
		default:
			if !mayTakeReports(a.Status) {
				report(RUAStatus, answersHEAD(a))
			}
			if isOld(a.TLS) {
				report(RUATLSOld, fmt.Sprintf("it has no newer version than %s", a.TLS.Version))
			}
			for _, wrong := range faultsOf(a.TLS.Certificate, j.Seen.At) {
				report(RUACertificate, certificateKinds[wrong.fault].what+". "+wrong.seen)
			}
		}
	}
}

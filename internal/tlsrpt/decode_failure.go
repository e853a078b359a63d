package tlsrpt

import (
	"net/netip"
	"net/url"
	"strings"
)

// readFailureDetails reads "failure-details", which many reporters leave out
// where nothing failed, and says whether any were there.
func (d *decoder) readFailureDetails() (list []FailureDetails, found bool) {
	switch d.peek() {
	case 'n':
		d.token()
		d.deviate(DeviationFailureDetailsNull)
	case '[':
		d.array(func() {
			found = true
			var details FailureDetails
			if isWrong := d.apart(true, func() { details = d.readFailureDetail() }); isWrong {
				d.deviate(DeviationFailureDetailsLeftOut)
				return
			}
			list = append(list, details)
		})
	default:
		d.refuse("an array")
	}
	return list, found
}

// readFailureDetail reads an element of "failure-details" (RFC 8460, section
// 4.4). Every member may be missing: who fails early knows little.
func (d *decoder) readFailureDetail() FailureDetails {
	var f FailureDetails
	seen, isObject := d.object(func(m member, seen memberSet) {
		switch m {
		case resultType:
			f.ResultType = ResultType(d.optionalText())
		case sendingMTAIP:
			f.SendingMTAIP = d.readAddress()
		case receivingMXHostname:
			f.ReceivingMXHostname = d.optionalText()
		case receivingMXHostName:
			d.readAlias(DeviationReceivingMXHostName, &f.ReceivingMXHostname, seen.has(receivingMXHostname))
		case receivingMXHelo:
			f.ReceivingMXHelo = d.readHelo()
		case receivingIP:
			f.ReceivingIP = d.readAddress()
		case failedSessionCount:
			f.FailedSessionCount = d.count()
		case additionalInformation:
			f.AdditionalInformation = d.readAdditionalInformation()
		case additionalInfoURI:
			d.readAlias(DeviationAdditionalInfoURI, &f.AdditionalInformation, seen.has(additionalInformation))
		case failureReasonCode:
			f.FailureReasonCode = d.optionalText()
		default:
			d.skip()
		}
	})
	if isObject {
		d.noteFailureGaps(f, seen)
	}
	return f
}

// readAlias reads a text that stands under another name than RFC 8460 has for
// it. What stands under the right name goes before it.
func (d *decoder) readAlias(code Code, text *string, isKnown bool) {
	d.deviate(code)
	if alias := d.optionalText(); !isKnown {
		*text = alias
	}
}

func (d *decoder) noteFailureGaps(f FailureDetails, seen memberSet) {
	switch {
	case f.ResultType == "":
		d.deviate(DeviationResultTypeMissing)
	case !f.ResultType.Known():
		d.deviate(DeviationResultTypeUnknown)
	}
	if !seen.has(failedSessionCount) {
		d.deviate(DeviationCountMissing)
	}
}

// readAddress gives an IP address in its canonical form (RFC 5952), or the
// text as sent where it is none.
func (d *decoder) readAddress() string {
	sent := d.optionalText()
	if sent == "" {
		return ""
	}
	address, err := netip.ParseAddr(sent)
	if err != nil {
		d.deviate(DeviationAddressNotIP)
		return sent
	}
	var canonical [len("ffff:ffff:ffff:ffff:ffff:ffff:255.255.255.255%zone")]byte
	if text := address.Unmap().AppendTo(canonical[:0]); string(text) != sent {
		return string(text)
	}
	return sent
}

func (d *decoder) readHelo() string {
	helo := d.optionalText()
	if strings.ContainsAny(helo, "\r\n") {
		d.deviate(DeviationReceivingMXHeloLines)
	}
	return helo
}

func (d *decoder) readAdditionalInformation() string {
	information := d.optionalText()
	if information == "" {
		return ""
	}
	if uri, err := url.Parse(information); err != nil || uri.Scheme == "" || strings.Contains(information, " ") {
		d.deviate(DeviationAdditionalInfoNotURI)
	}
	return information
}

package main

import (
	"strings"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsroute53"
	"github.com/aws/jsii-runtime-go"

	"sealpost/internal/publication"
	"sealpost/internal/tlsrpt"
)

// newReportRecords sets the records that ask for reports, where that was
// wanted. They never change by themselves, so it takes no function. A record
// that somebody else has set fails the deployment, and stays.
func newReportRecords(stack awscdk.Stack, config Config, zones zones, ruas []string) {
	for _, domain := range config.Domains {
		if !domain.TLSReports {
			continue
		}
		zone, name := domain.Zone, tlsrpt.RecordName(domain.Name)
		if domain.DNS == publication.DNSCNAME {
			zone, name = config.ServiceZone, servedReportRecord(config, domain)
		}
		awsroute53.NewTxtRecord(stack, jsii.String("TXT-"+name), &awsroute53.TxtRecordProps{
			Zone:       zones.of(zone),
			RecordName: absolute(name),
			Values:     jsii.Strings(reportRecord(ruas)),
			Ttl:        awscdk.Duration_Seconds(jsii.Number(recordSeconds)),
		})
	}
}

// servedReportRecord is the name in the service zone to which the record of a
// domain points that has its DNS elsewhere.
func servedReportRecord(config Config, domain Domain) string {
	return domain.Name + "._smtp._tls." + config.ServiceZone.Name
}

// reportRecord is a TLSRPT Policy (RFC 8460, section 3).
func reportRecord(ruas []string) string {
	return "v=TLSRPTv1; rua=" + strings.Join(ruas, ",")
}

package main

import (
	"fmt"
	"strings"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"

	"sealpost/internal/mtasts"
	"sealpost/internal/tlsrpt"
)

// newOutputs says what a user needs to go on: where to edit, where reports
// go, and each DNS record that the stack could not set, as a line of a zone
// file.
func newOutputs(stack awscdk.Stack, config Config, tables tables, edge edge, intake intake, digest digest) {
	output := func(id, description, value string) {
		awscdk.NewCfnOutput(stack, jsii.String(id), &awscdk.CfnOutputProps{Description: jsii.String(description), Value: jsii.String(value)})
	}
	unset := constructs.NewConstruct(stack, jsii.String("Dns")) // Below it, names that look alike are told apart.
	dns := func(name string, records ...string) {
		awscdk.NewCfnOutput(unset, jsii.String(name), &awscdk.CfnOutputProps{
			Description: jsii.String("To set in the DNS, for " + name),
			Value:       jsii.String(strings.Join(records, "\n")),
		})
	}
	output("PoliciesTable", "Edit policies here", *tables.policies.TableName())
	output("PolicyStateTable", "Read here what is served, and why an edit was refused", *tables.state.TableName())
	output("ReportsBucket", "Reports lie here, below reports/v1/", *intake.reports.BucketName())
	output("ReportsUrl", "Reporters post here; it is the rua of every domain", intake.url)
	output("EdgeAddress", "Policy Hosts point here", edge.address)

	for _, domain := range config.Domains {
		dns(domain.Name, domainRecords(config, domain, edge.address, intake.url)...)
	}
	if intake.domain != nil && config.zoneOf(config.Reports.Domain) == nil {
		dns(config.Reports.Domain, record(config.Reports.Domain, "CNAME", *intake.domain.RegionalDomainName()+"."))
	}
	if sender := domainOf(config.Digest.Sender); digest.identity != nil && config.zoneOf(sender) == nil {
		var records []string
		for _, dkim := range *digest.identity.DkimRecords() {
			records = append(records, record(*dkim.Name, "CNAME", *dkim.Value+"."))
		}
		dns("the sender "+sender, records...)
	}
}

// domainRecords lists what a domain still needs. The id is no secret, but it
// is not known before the policy is published; only then may the record be set
// (RFC 8461, section 8.1).
func domainRecords(config Config, domain Domain, edgeAddress, reportsURL string) []string {
	var records []string
	if domain.Zone == nil {
		records = append(records, record(mtasts.PolicyHost(domain.Name), "CNAME", edgeAddress+"."))
	}
	id := mtasts.RecordName(domain.Name)
	if domain.DNS == DNSCNAME {
		id = domain.Name + "._mta-sts." + config.ServiceZone.Name
		records = append(records, record(mtasts.RecordName(domain.Name), "CNAME", id+"."))
	}
	return append(records,
		record(tlsrpt.RecordName(domain.Name), "TXT", `"v=TLSRPTv1; rua=`+reportsURL+`"`),
		"; once the policy is published, with the id of the item PUBLISHED in the table of states:",
		record(id, "TXT", `"v=STSv1; id=ID"`))
}

func record(name, recordType, value string) string {
	return fmt.Sprintf("%s. 300 IN %s %s", name, recordType, value)
}

package main

import (
	"fmt"
	"slices"
	"strings"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslambda"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsses"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"

	"sealpost/internal/aws/settings"
	"sealpost/internal/mtasts"
	"sealpost/internal/publication"
	"sealpost/internal/tlsrpt"
)

// newOutputs says what a user needs to go on: where to edit, where reports
// go, and each DNS record that the stack could not set, as a line of a zone
// file.
func newOutputs(stack awscdk.Stack, config Config, tables tables, edge edge, walk awslambda.Function, intake intake, queries queries, digest digest) {
	output := func(id, description, value string) {
		awscdk.NewCfnOutput(stack, jsii.String(id), &awscdk.CfnOutputProps{Description: jsii.String(description), Value: jsii.String(value)})
	}
	unset := constructs.NewConstruct(stack, jsii.String("Dns")) // Below it, names that look alike are told apart.
	dns := func(name string, records ...string) {
		awscdk.NewCfnOutput(unset, jsii.String(name), &awscdk.CfnOutputProps{
			Description: jsii.String("To set in the DNS, for " + name),
			Value:       jsii.String("; for " + name + "\n" + strings.Join(records, "\n")), // As comments of zone files begin.
		})
	}
	output("PoliciesTable", "Edit policies here", *tables.policies.TableName())
	output("PolicyStateTable", "Read here what is served, and why an edit was refused", *tables.state.TableName())
	output("WalkFunction", `Called with {"walk": true}, it looks after all domains at once, as it does every hour`, *walk.FunctionName())
	output("ReportsBucket", "Reports lie here, below reports/v1/", *intake.reports.BucketName())
	output("ReportIntakeFunction", "Its settings say how reports are judged; sealpost replay reads them", *intake.function.FunctionName())
	output("ReportsUrl", "Reporters post here", intake.url)
	if mail := intake.mail; mail.address != "" {
		output("ReportsAddress", "Reporters mail here", mail.address)
		output("MailIntakeFunction", "Its settings say how reports by mail are judged; sealpost replay reads them", *mail.function.FunctionName())
		output("InboxBucket", "Mails lie here for "+fmt.Sprint(inboxDays)+" days, below "+settings.InboxPrefix, *mail.inbox.BucketName())
	}
	if digest.function != nil {
		output("DigestFunction", "It mails digests; sealpost digest -send calls it", *digest.function.FunctionName())
		// Nobody sees from here whether it is in the sandbox.
		output("DigestNeeds", "What Amazon SES wants before digests arrive", fmt.Sprintf(
			"The domain %s verified and, while the account is in the sandbox of SES, each recipient too. It is in there if this says false: "+
				"aws sesv2 get-account --region %s --query ProductionAccessEnabled", domainOf(config.Digest.Sender), region))
	}
	if queries.workgroup != nil {
		output("AthenaWorkgroup", "Choose this workgroup in Athena: the saved queries are in it", *queries.workgroup.Ref())
		output("AthenaDatabase", "The views of the reports are in this database", queries.database)
		output("AthenaReadersPolicy", "Whoever has this policy may query the reports", *queries.readers.ManagedPolicyArn())
	}
	output("EdgeAddress", "Policy Hosts point here", edge.address)

	for _, domain := range config.Domains {
		if records := domainRecords(config, domain, edge.address, intake.ruas); len(records) > 0 {
			dns(domain.Name, records...)
		}
	}
	if intake.domain != nil && config.zoneOf(config.Reports.Domain) == nil {
		dns(config.Reports.Domain, record(config.Reports.Domain, "CNAME", *intake.domain.RegionalDomainName()+"."))
	}
	if mail := config.Reports.Mail; mail.comes() && config.zoneOf(mail.Domain) == nil {
		dns("reports by mail, "+mail.Domain, append(proofs(intake.mail.identity), record(mail.Domain, "MX", receivers+"."))...)
	}
	if sender := domainOf(config.Digest.Sender); digest.identity != nil && config.zoneOf(sender) == nil {
		dns("the sender "+sender, proofs(digest.identity)...)
	}
}

// proofs are the records by which SES sees that a domain is ours.
func proofs(identity awsses.EmailIdentity) []string {
	if identity == nil {
		return nil
	}
	var records []string
	for _, dkim := range *identity.DkimRecords() {
		records = append(records, record(*dkim.Name, "CNAME", *dkim.Value+"."))
	}
	return records
}

// domainRecords lists what a domain still needs.
func domainRecords(config Config, domain Domain, edgeAddress string, ruas []string) []string {
	var records []string
	if domain.Zone == nil {
		records = append(records, record(mtasts.PolicyHost(domain.Name), "CNAME", edgeAddress+"."))
	}
	switch domain.DNS {
	case publication.DNSCNAME:
		if at, is := config.zones().Place(domain.Name, domain.DNS); is {
			records = append(records, record(mtasts.RecordName(domain.Name), "CNAME", at.Name+"."))
		}
	case publication.DNSManual:
		// It is not known before the policy is published, and may be set only
		// then (RFC 8461, section 8.1).
		records = append(records, "; "+mtasts.RecordName(domain.Name)+": a TXT record; once the policy is published, sealpost status says with which value")
	}
	switch {
	case !domain.TLSReports:
		records = append(records, record(tlsrpt.RecordName(domain.Name), "TXT", quoted(reportRecord(ruas))))
	case domain.DNS == publication.DNSCNAME:
		records = append(records, record(tlsrpt.RecordName(domain.Name), "CNAME", servedReportRecord(config, domain)+"."))
	}
	return records
}

// quoted writes a text as the strings of a TXT record, each of which has at most
// 255 characters (RFC 1035, section 3.3.14). Whoever reads the record joins them.
func quoted(text string) string {
	var parts []string
	for part := range slices.Chunk([]byte(text), 255) {
		parts = append(parts, `"`+string(part)+`"`)
	}
	return strings.Join(parts, " ")
}

// recordSeconds is how long others may keep a record of ours.
const recordSeconds = 300

func record(name, recordType, value string) string {
	return fmt.Sprintf("%s. %d IN %s %s", name, recordSeconds, recordType, value)
}

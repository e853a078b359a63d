package main

import (
	"fmt"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsroute53"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsses"
	"github.com/aws/jsii-runtime-go"
)

// newIdentity proves to SES that a domain is ours, by DKIM records: in its zone,
// or else, by the outputs, wherever the user sets them. An identity that is there
// already fails the deployment. Mail that is sent from the domain goes by the
// configuration set, if there is one.
//
// The id says which domain it is, and not for what: whatever else the configuration
// turns to, CloudFormation finds the identity that it has, rather than make a
// second one before it takes the first away.
func newIdentity(stack awscdk.Stack, config Config, zones zones, domain string, mail awsses.IConfigurationSet) awsses.EmailIdentity {
	identity := awsses.NewEmailIdentity(stack, jsii.String("Identity-"+domain), &awsses.EmailIdentityProps{
		Identity:         awsses.Identity_Domain(jsii.String(domain)),
		ConfigurationSet: mail,
	})
	zone := zones.of(config.zoneOf(domain))
	if zone == nil {
		return identity
	}
	for i, record := range *identity.DkimRecords() {
		awsroute53.NewCfnRecordSet(stack, jsii.String(fmt.Sprintf("Dkim%d-%s", i+1, domain)), &awsroute53.CfnRecordSetProps{
			HostedZoneId:    zone.HostedZoneId(),
			Name:            record.Name,
			Type:            jsii.String("CNAME"),
			Ttl:             jsii.String("1800"),
			ResourceRecords: &[]*string{record.Value},
		})
	}
	return identity
}

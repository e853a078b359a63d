package main

import (
	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awscertificatemanager"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsroute53"
	"github.com/aws/jsii-runtime-go"

	"sealpost/internal/publication"
)

// zones are the hosted zones that the configuration names, by their ids. They
// are taken as they are given: a look-up would need credentials at synthesis.
type zones struct {
	config Config
	byID   map[string]awsroute53.IHostedZone
}

func newZones(stack awscdk.Stack, config Config) zones {
	z := zones{config: config, byID: make(map[string]awsroute53.IHostedZone)}
	add := func(zone *publication.Zone) {
		if zone == nil || z.byID[zone.ID] != nil {
			return
		}
		z.byID[zone.ID] = awsroute53.HostedZone_FromHostedZoneAttributes(stack, jsii.String("Zone-"+zone.ID), &awsroute53.HostedZoneAttributes{
			HostedZoneId: jsii.String(zone.ID),
			ZoneName:     jsii.String(zone.Name),
		})
	}
	add(config.ServiceZone)
	for _, domain := range config.Domains {
		add(domain.Zone)
	}
	return z
}

// of gives a zone that the configuration names; nil where there is none.
func (z zones) of(zone *publication.Zone) awsroute53.IHostedZone {
	if zone == nil {
		return nil
	}
	return z.byID[zone.ID]
}

// point makes a name an alias of a target, for IPv4 and IPv6, where its zone
// is ours. Where it is not, the outputs name the record to set.
func (z zones) point(stack awscdk.Stack, name string, in *publication.Zone, target awsroute53.IAliasRecordTarget) {
	zone := z.of(in)
	if zone == nil {
		return
	}
	to := awsroute53.RecordTarget_FromAlias(target)
	awsroute53.NewARecord(stack, jsii.String("A-"+name), &awsroute53.ARecordProps{Zone: zone, RecordName: absolute(name), Target: to})
	awsroute53.NewAaaaRecord(stack, jsii.String("AAAA-"+name), &awsroute53.AaaaRecordProps{Zone: zone, RecordName: absolute(name), Target: to})
}

// absolute writes a name so that no zone is put behind it.
func absolute(name string) *string { return jsii.String(name + ".") }

// hostName is the name of a host, and the zone in which it lives.
type hostName struct {
	name string
	zone *publication.Zone
}

// certificate makes a certificate for the names. It renews itself by records
// in their zones.
func (z zones) certificate(stack awscdk.Stack, id string, hosts ...hostName) awscertificatemanager.ICertificate {
	names, validated := []string{}, make(map[string]awsroute53.IHostedZone)
	for _, host := range hosts {
		names = append(names, host.name)
		validated[host.name] = z.of(host.zone)
	}
	return awscertificatemanager.NewCertificate(stack, jsii.String(id), &awscertificatemanager.CertificateProps{
		DomainName:              jsii.String(names[0]),
		SubjectAlternativeNames: jsii.Strings(names[1:]...),
		Validation:              awscertificatemanager.CertificateValidation_FromDnsMultiZone(&validated),
	})
}

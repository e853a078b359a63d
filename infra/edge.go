package main

import (
	_ "embed"
	"strings"
	"time"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awscertificatemanager"
	"github.com/aws/aws-cdk-go/awscdk/v2/awscloudfront"
	"github.com/aws/aws-cdk-go/awscdk/v2/awscloudfrontorigins"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslambda"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsroute53"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsroute53targets"
	"github.com/aws/aws-cdk-go/awscdk/v2/awss3"
	"github.com/aws/jsii-runtime-go"

	"sealpost/internal/aws/settings"
	"sealpost/internal/mtasts"
	"sealpost/internal/policyhost"
	"sealpost/internal/publication"
)

//go:embed viewer.js
var viewerCode string

// freshSeconds is how long the edge may keep an answer, whatever its headers
// say.
const freshSeconds = float64(policyhost.Fresh / time.Second)

// copiesPrefix is where the edge looks for its copies, as its paths do.
var copiesPrefix = strings.TrimPrefix(policyhost.EdgePath(""), "/")

// edge is every Policy Host: a distribution before the policy function, which
// reads what is published, and a bucket with the last good copies.
type edge struct {
	distribution awscloudfront.Distribution
	copies       awss3.Bucket
	address      string // What the Policy Hosts of others point to.
}

func newEdge(stack awscdk.Stack, config Config, zones zones, tables tables, functions functions, alarms alarms) edge {
	copies := newBucket(stack, "Edge", awss3.BucketProps{})
	policy := functions.make(task{
		id:          "Policy",
		program:     policyFunction,
		description: "Serves the published policy of a Policy Host",
		suffers:     "senders get the copies of policies",
		env:         settings.Policy{StateTable: *tables.state.TableName()}.Env(),
		memory:      256,
		seconds:     settings.PolicyEnds.Seconds(),
	})
	tables.state.Grant(policy, jsii.String("dynamodb:GetItem"))

	url := policy.AddFunctionUrl(&awslambda.FunctionUrlOptions{AuthType: awslambda.FunctionUrlAuthType_AWS_IAM})
	certificate := edgeCertificate(stack, config, zones)
	distribution := newDistribution(stack, config, certificate, originGroup(url, copies))
	letInvoke(stack, policy, distribution)

	target := awsroute53targets.NewCloudFrontTarget(distribution)
	for _, domain := range config.Domains {
		zones.point(stack, mtasts.PolicyHost(domain.Name), domain.Zone, target)
	}
	alarms.watchEdge(policy, distribution, certificate)
	return edge{distribution: distribution, copies: copies, address: edgeAddress(stack, config, zones, distribution)}
}

// originGroup asks the function, and the bucket where the function cannot
// answer: 403 and 429 are what the edge sees of a right that is missing and of
// a function that is throttled. 404 is an answer.
func originGroup(url awslambda.FunctionUrl, copies awss3.Bucket) awscloudfront.IOrigin {
	return awscloudfrontorigins.NewOriginGroup(&awscloudfrontorigins.OriginGroupProps{
		// Some senders give a policy two seconds in all, so what fails must fail soon.
		PrimaryOrigin: awscloudfrontorigins.FunctionUrlOrigin_WithOriginAccessControl(url, &awscloudfrontorigins.FunctionUrlOriginWithOACProps{
			ConnectionAttempts: jsii.Number(1),
			ConnectionTimeout:  awscdk.Duration_Seconds(jsii.Number(1)),
			ReadTimeout:        awscdk.Duration_Seconds(jsii.Number(settings.EdgeWaits.Seconds())),
		}),
		FallbackOrigin: awscloudfrontorigins.S3BucketOrigin_WithOriginAccessControl(copies, &awscloudfrontorigins.S3BucketOriginWithOACProps{
			ConnectionAttempts: jsii.Number(2),
			ConnectionTimeout:  awscdk.Duration_Seconds(jsii.Number(1)),
		}),
		FallbackStatusCodes: numbers(403, 429, 500, 502, 503, 504),
	})
}

func newDistribution(stack awscdk.Stack, config Config, certificate awscertificatemanager.ICertificate, origin awscloudfront.IOrigin) awscloudfront.Distribution {
	var hosts []string
	for _, domain := range config.Domains {
		hosts = append(hosts, mtasts.PolicyHost(domain.Name))
	}
	distribution := awscloudfront.NewDistribution(stack, jsii.String("Distribution"), &awscloudfront.DistributionProps{
		Comment:                jsii.String("MTA-STS policies of " + config.StackName),
		DomainNames:            jsii.Strings(hosts...),
		Certificate:            certificate,
		MinimumProtocolVersion: awscloudfront.SecurityPolicyProtocol_TLS_V1_2_2021,
		HttpVersion:            awscloudfront.HttpVersion_HTTP2_AND_3,
		EnableIpv6:             jsii.Bool(true),
		ErrorResponses:         errorResponses(),
		DefaultBehavior: &awscloudfront.BehaviorOptions{
			Origin:         origin,
			AllowedMethods: awscloudfront.AllowedMethods_ALLOW_GET_HEAD(),
			// Not a redirect: to a sender that is a failure (RFC 8461, section 3.3).
			ViewerProtocolPolicy: awscloudfront.ViewerProtocolPolicy_HTTPS_ONLY,
			Compress:             jsii.Bool(false),
			CachePolicy:          cachePolicy(stack),
			FunctionAssociations: &[]*awscloudfront.FunctionAssociation{{
				EventType: awscloudfront.FunctionEventType_VIEWER_REQUEST,
				Function: awscloudfront.NewFunction(stack, jsii.String("Viewer"), &awscloudfront.FunctionProps{
					Comment: jsii.String("Gives each Policy Host a path of its own, and lets nothing else through"),
					Code:    awscloudfront.FunctionCode_FromInline(jsii.String(viewerCode)),
					Runtime: awscloudfront.FunctionRuntime_JS_2_0(),
				}),
			}},
		},
	})
	accept(distribution, "AwsSolutions-CFR1", "Senders of mail are everywhere.")
	accept(distribution, "AwsSolutions-CFR2", "Every answer is public and small, and anything but one path per host is refused before it costs; there is nothing for a firewall to guard.")
	accept(distribution, "AwsSolutions-CFR3", "Who fetches a policy tells who sends mail to whom: that is not recorded.")
	return distribution
}

// cachePolicy caches by path alone. The viewer function has put the host into
// it; without that, one host would get the policy of another.
func cachePolicy(stack awscdk.Stack) awscloudfront.CachePolicy {
	return awscloudfront.NewCachePolicy(stack, jsii.String("ByPath"), &awscloudfront.CachePolicyProps{
		Comment:             jsii.String("By path alone, for as long as the answer says, at most a minute"),
		MinTtl:              awscdk.Duration_Seconds(jsii.Number(0)),
		DefaultTtl:          awscdk.Duration_Seconds(jsii.Number(0)),
		MaxTtl:              awscdk.Duration_Seconds(jsii.Number(freshSeconds)),
		HeaderBehavior:      awscloudfront.CacheHeaderBehavior_None(),
		CookieBehavior:      awscloudfront.CacheCookieBehavior_None(),
		QueryStringBehavior: awscloudfront.CacheQueryStringBehavior_None(),
	})
}

// errorResponses bound how long the edge keeps an error. None of them makes it
// anything else: an error never becomes a 200.
func errorResponses() *[]*awscloudfront.ErrorResponse {
	var responses []*awscloudfront.ErrorResponse
	keep := func(seconds float64, statuses ...float64) {
		for _, status := range statuses {
			responses = append(responses, &awscloudfront.ErrorResponse{
				HttpStatus: jsii.Number(status),
				Ttl:        awscdk.Duration_Seconds(jsii.Number(seconds)),
			})
		}
	}
	keep(freshSeconds, 404)
	keep(1, 403, 500, 502, 503, 504)
	return &responses
}

// letInvoke is the second of the two rights that the edge needs to call the
// function by its URL; the CDK gives only lambda:InvokeFunctionUrl. Without it
// every fetch is a 403 that no log shows.
func letInvoke(stack awscdk.Stack, policy awslambda.Function, distribution awscloudfront.Distribution) {
	awslambda.NewCfnPermission(stack, jsii.String("EdgeInvokesPolicy"), &awslambda.CfnPermissionProps{
		Action:                jsii.String("lambda:InvokeFunction"),
		FunctionName:          policy.FunctionArn(),
		Principal:             jsii.String("cloudfront.amazonaws.com"),
		SourceArn:             distribution.DistributionArn(),
		InvokedViaFunctionUrl: jsii.Bool(true),
	})
}

func edgeCertificate(stack awscdk.Stack, config Config, zones zones) awscertificatemanager.ICertificate {
	const id = "EdgeCertificate"
	if config.CertificateARN != "" {
		return awscertificatemanager.Certificate_FromCertificateArn(stack, jsii.String(id), jsii.String(config.CertificateARN))
	}
	var hosts []hostName
	for _, domain := range config.Domains {
		hosts = append(hosts, hostName{mtasts.PolicyHost(domain.Name), domain.Zone})
	}
	return zones.certificate(stack, id, hosts...)
}

// edgeAddress is a name in the service zone, so that the distribution can
// change one day and nobody's DNS needs to.
func edgeAddress(stack awscdk.Stack, config Config, zones zones, distribution awscloudfront.Distribution) string {
	address := *distribution.DistributionDomainName()
	if config.ServiceZone == nil {
		return address
	}
	name := edgeName(*config.ServiceZone)
	awsroute53.NewCnameRecord(stack, jsii.String("CNAME-"+name), &awsroute53.CnameRecordProps{
		Zone:       zones.of(config.ServiceZone),
		RecordName: absolute(name),
		DomainName: jsii.String(address),
	})
	return name
}

func edgeName(service publication.Zone) string { return "policies." + service.Name }

func numbers(values ...float64) *[]*float64 {
	pointers := make([]*float64, len(values))
	for i := range values {
		pointers[i] = &values[i]
	}
	return &pointers
}

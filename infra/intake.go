package main

import (
	"net/http"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsapigatewayv2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsapigatewayv2integrations"
	"github.com/aws/aws-cdk-go/awscdk/v2/awscertificatemanager"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslambda"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslogs"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsroute53targets"
	"github.com/aws/aws-cdk-go/awscdk/v2/awss3"
	"github.com/aws/jsii-runtime-go"

	"sealpost/internal/archive"
	"sealpost/internal/aws/settings"
	"sealpost/internal/reportintake"
)

// intake is where reports come in (RFC 8460, section 5) and are kept.
type intake struct {
	reports  awss3.Bucket
	function awslambda.Function
	mail     mailIntake
	url      string                     // Where reporters post to.
	ruas     []string                   // Where reports are wanted, the first choice first (RFC 8460, section 3).
	domain   awsapigatewayv2.DomainName // Nil if the API has no name of ours.
}

func newIntake(stack awscdk.Stack, config Config, zones zones, tables tables, functions functions, alarms alarms) intake {
	reports := newBucket(stack, "Reports", awss3.BucketProps{
		Versioned:      jsii.Bool(true),
		LifecycleRules: reportLifecycle(config.RetentionDays),
	})
	function := functions.make(task{
		id:          "ReportIntake",
		program:     intakeFunction,
		description: "Judges and keeps each report that is posted",
		suffers:     "reporters were told to send their reports again, and some never do",
		env: settings.ReportIntake{
			StateTable:    *tables.state.TableName(),
			ReportsBucket: *reports.BucketName(),
			AcceptAny:     config.Reports.AcceptAny,
			ReportsDomain: config.Reports.Mail.Domain,

			DistrustedSigners: config.Reports.evidenceRules().DistrustedSigners,
		}.Env(),
		memory:  512,
		seconds: 15,
	})
	letKeepReports(function, tables, reports)
	mail := newMailIntake(stack, config, zones, tables, reports, functions, alarms)

	domain := reportsDomain(stack, config, zones, alarms)
	logs := functions.logGroup("ReportApiLogs")
	api := newAPI(stack, config, function, domain, logs)
	alarms.watchAPI(api, logs)
	alarms.watchSilence(config.Reports.SilenceHours, function, mail.function)
	url := apiAddress(config, api) + reportintake.Path
	return intake{reports: reports, function: function, mail: mail, url: url, ruas: ruas(config, url, mail), domain: domain}
}

// ruas ask for reports by mail first: they are signed, so that somebody vouches
// for them, and some reporters look at the first address only.
func ruas(config Config, url string, mail mailIntake) []string {
	switch {
	case mail.address == "":
		return []string{url}
	case config.Reports.HTTPSFirst:
		return []string{url, "mailto:" + mail.address}
	default:
		return []string{"mailto:" + mail.address, url}
	}
}

// letKeepReports lets a function ask whose reports are taken in, and keep them.
func letKeepReports(f awslambda.Function, tables tables, reports awss3.Bucket) {
	tables.state.Grant(f, jsii.String("dynamodb:Scan"))
	allow(f, objects(reports, "reports/v1/*", "index/v1/*", "quarantine/v1/*"), "s3:PutObject")
	allow(f, objects(reports, "index/v1/*"), "s3:GetObject")
}

// letCauseEffects lets a function keep evidence, tell people of failures, and note
// that it did. Only authenticated reports have effects, and they come by email.
func letCauseEffects(f awslambda.Function, tables tables, alarms alarms) {
	tables.state.Grant(f, *jsii.Strings("dynamodb:GetItem", "dynamodb:PutItem")...)
	allow(f, []string{*alarms.topic.TopicArn()}, "sns:Publish")
}

func apiAddress(config Config, api awsapigatewayv2.HttpApi) string {
	if config.Reports.Domain != "" {
		return "https://" + config.Reports.Domain
	}
	return *api.ApiEndpoint()
}

// reportLifecycle: an expired report is gone for good after a month more.
// Of what is not authenticated nothing can be given back for longer than a day.
func reportLifecycle(days Retention) *[]*awss3.LifecycleRule {
	rules := []*awss3.LifecycleRule{
		{
			Id:                                  jsii.String("retention"),
			Expiration:                          awscdk.Duration_Days(jsii.Number(days.Reports)),
			NoncurrentVersionExpiration:         awscdk.Duration_Days(jsii.Number(30)),
			AbortIncompleteMultipartUploadAfter: awscdk.Duration_Days(jsii.Number(7)),
		},
		{
			Id:                          jsii.String("not-authenticated"),
			Prefix:                      jsii.String(archive.UnauthenticatedPrefix),
			Expiration:                  awscdk.Duration_Days(jsii.Number(days.Quarantine)),
			NoncurrentVersionExpiration: awscdk.Duration_Days(jsii.Number(1)),
		},
	}
	for _, trust := range []archive.Trust{archive.TrustNone, archive.TrustDKIM} {
		rules = append(rules, &awss3.LifecycleRule{
			Id:                          jsii.String("not-hosted-" + string(trust)),
			Prefix:                      jsii.String(archive.QuarantinePrefix(trust, archive.ReasonNotHosted) + "/"),
			Expiration:                  awscdk.Duration_Days(jsii.Number(archive.NotHostedDays)),
			NoncurrentVersionExpiration: awscdk.Duration_Days(jsii.Number(1)),
		})
	}
	return &rules
}

func objects(bucket awss3.Bucket, patterns ...string) []string {
	var arns []string
	for _, pattern := range patterns {
		arns = append(arns, *bucket.ArnForObjects(jsii.String(pattern)))
	}
	return arns
}

// newAPI lets through two methods on one path, at a bounded rate, and nothing
// by any other name than the one that is published.
func newAPI(stack awscdk.Stack, config Config, function awslambda.Function, domain awsapigatewayv2.DomainName, logs awslogs.LogGroup) awsapigatewayv2.HttpApi {
	api := awsapigatewayv2.NewHttpApi(stack, jsii.String("ReportApi"), &awsapigatewayv2.HttpApiProps{
		Description:               jsii.String("Takes in SMTP TLS reports (RFC 8460)"),
		CreateDefaultStage:        jsii.Bool(false), // It would have no throttle.
		DisableExecuteApiEndpoint: jsii.Bool(domain != nil),
	})
	routes := api.AddRoutes(&awsapigatewayv2.AddRoutesOptions{
		Path:    jsii.String(reportintake.Path),
		Methods: &[]awsapigatewayv2.HttpMethod{http.MethodPost, http.MethodPut},
		Integration: awsapigatewayv2integrations.NewHttpLambdaIntegration(jsii.String("ToReportIntake"), function, &awsapigatewayv2integrations.HttpLambdaIntegrationProps{
			PayloadFormatVersion: awsapigatewayv2.PayloadFormatVersion_VERSION_2_0(),
		}),
	})
	for _, route := range *routes {
		accept(route, "AwsSolutions-APIG4", "RFC 8460, section 5.4: reporters have no credentials; whose report it is, the function judges.")
	}
	stage := awsapigatewayv2.NewHttpStage(stack, jsii.String("ReportStage"), &awsapigatewayv2.HttpStageProps{
		HttpApi:       api,
		StageName:     jsii.String("$default"),
		AutoDeploy:    jsii.Bool(true),
		DomainMapping: mapping(domain),
		Throttle: &awsapigatewayv2.ThrottleSettings{
			RateLimit:  jsii.Number(config.Reports.RatePerSecond),
			BurstLimit: jsii.Number(config.Reports.Burst),
		},
	})
	logAccess(stage, logs)
	return api
}

func mapping(domain awsapigatewayv2.DomainName) *awsapigatewayv2.DomainMappingOptions {
	if domain == nil {
		return nil
	}
	return &awsapigatewayv2.DomainMappingOptions{DomainName: domain}
}

// logAccess notes each request, for those that never reach the function. What a
// client wrote itself is left out, since a quote in it would break the line, and
// AWS does not escape it.
func logAccess(stage awsapigatewayv2.HttpStage, logs awslogs.LogGroup) {
	stage.Node().DefaultChild().(awsapigatewayv2.CfnStage).SetAccessLogSettings(&awsapigatewayv2.CfnStage_AccessLogSettingsProperty{
		DestinationArn: logs.LogGroupArn(),
		Format: jsii.String(`{"time":"$context.requestTime","request_id":"$context.requestId","source_ip":"$context.identity.sourceIp",` +
			`"method":"$context.httpMethod","route":"$context.routeKey","status":"$context.status","response_length":"$context.responseLength",` +
			`"error":"$context.error.responseType","integration_error":"$context.integrationErrorMessage"}`),
	})
}

// reportsDomain gives the API a name of ours, if one is configured: a rua
// stands in the DNS of many, and must not change.
func reportsDomain(stack awscdk.Stack, config Config, zones zones, alarms alarms) awsapigatewayv2.DomainName {
	name := config.Reports.Domain
	if name == "" {
		return nil
	}
	zone := config.zoneOf(name)
	var certificate awscertificatemanager.ICertificate
	if arn := config.Reports.CertificateARN; arn != "" {
		certificate = awscertificatemanager.Certificate_FromCertificateArn(stack, jsii.String("ReportsCertificate"), jsii.String(arn))
	} else {
		certificate = zones.certificate(stack, "ReportsCertificate", hostName{name, zone})
	}
	domain := awsapigatewayv2.NewDomainName(stack, jsii.String("ReportsDomain"), &awsapigatewayv2.DomainNameProps{
		DomainName:     jsii.String(name),
		Certificate:    certificate,
		EndpointType:   awsapigatewayv2.EndpointType_REGIONAL,
		IpAddressType:  awsapigatewayv2.IpAddressType_DUAL_STACK,
		SecurityPolicy: awsapigatewayv2.SecurityPolicy_TLS_1_2,
	})
	zones.point(stack, name, zone, awsroute53targets.NewApiGatewayv2DomainProperties(domain.RegionalDomainName(), domain.RegionalHostedZoneId()))
	alarms.watchCertificate(certificate, "Reports", "no report can be sent to us")
	return domain
}

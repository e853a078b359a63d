package main

import (
	"reflect"
	"slices"
	"strings"
	"testing"
)

// TestEdgeMayCall: the edge needs two rights to call the function by its URL.
// Without the second, each fetch is a 403 that nothing logs.
func TestEdgeMayCall(t *testing.T) {
	eachStack(t, func(t *testing.T, _ Config, stack template) {
		distribution, _ := stack.like(t, "AWS::CloudFront::Distribution", "")
		function, _ := stack.like(t, "AWS::Lambda::Function", "Policy")
		url, made := stack.like(t, "AWS::Lambda::Url", "")
		if made.at("Qualifier") != nil || !refersTo(made.at("TargetFunctionArn"), function) {
			t.Errorf("the URL is of %v, and the rights are not", made.Properties)
		}
		var actions []string
		for id, permission := range stack.all("AWS::Lambda::Permission") {
			if permission.at("Principal") != "cloudfront.amazonaws.com" {
				continue
			}
			actions = append(actions, permission.at("Action").(string))
			if !refersTo(permission.at("SourceArn"), distribution) {
				t.Errorf("%s is for %v", id, permission.at("SourceArn"))
			}
			if name := permission.at("FunctionName"); !refersTo(name, function) && !refersTo(name, url) {
				t.Errorf("%s lets call %v", id, name)
			}
			if permission.at("Action") == "lambda:InvokeFunction" && permission.at("InvokedViaFunctionUrl") != true {
				t.Errorf("%s lets the edge call the function past its URL", id)
			}
		}
		slices.Sort(actions)
		if want := []string{"lambda:InvokeFunction", "lambda:InvokeFunctionUrl"}; !slices.Equal(actions, want) {
			t.Errorf("the edge has the rights %q, want %q", actions, want)
		}
	})
}

// TestOrigins: both are signed for, the function first.
func TestOrigins(t *testing.T) {
	eachStack(t, func(t *testing.T, _ Config, stack template) {
		url, _ := stack.like(t, "AWS::Lambda::Url", "")
		bucket, _ := stack.like(t, "AWS::S3::Bucket", "Edge")
		_, distribution := stack.like(t, "AWS::CloudFront::Distribution", "")
		for i, want := range []struct{ origin, kind string }{{url, "lambda"}, {bucket, "s3"}} {
			origin := resource{Properties: distribution.at("DistributionConfig.Origins").([]any)[i].(map[string]any)}
			if !refersTo(origin.at("DomainName"), want.origin) {
				t.Errorf("origin %d is %v, want %s", i, origin.at("DomainName"), want.origin)
			}
			member := resource{Properties: distribution.at("DistributionConfig.OriginGroups.Items.0.Members.Items").([]any)[i].(map[string]any)}
			if member.at("OriginId") != origin.at("Id") {
				t.Errorf("member %d of the group is %v, want %v", i, member.at("OriginId"), origin.at("Id"))
			}
			signing := false
			for id, control := range stack.all("AWS::CloudFront::OriginAccessControl") {
				signing = signing || refersTo(origin.at("OriginAccessControlId"), id) && control.at("OriginAccessControlConfig.OriginAccessControlOriginType") == want.kind
			}
			if !signing {
				t.Errorf("calls of origin %d are not signed", i)
			}
		}
		behaviour := distribution.at("DistributionConfig.OriginGroups.Items.0.Id")
		if got := distribution.at("DistributionConfig.DefaultCacheBehavior.TargetOriginId"); got != behaviour {
			t.Errorf("requests go to %v, want the group %v", got, behaviour)
		}
	})
}

// TestHostIsInThePath: the cache key has no host. So the function that puts it
// into the path must stand before the cache, or one domain gets the policy of
// another.
func TestHostIsInThePath(t *testing.T) {
	eachStack(t, func(t *testing.T, _ Config, stack template) {
		viewer, function := stack.like(t, "AWS::CloudFront::Function", "Viewer")
		if function.at("FunctionCode") != viewerCode || len(viewerCode) > 10_000 {
			t.Errorf("the viewer function is not viewer.js, or its %d bytes are too many", len(viewerCode))
		}
		_, distribution := stack.like(t, "AWS::CloudFront::Distribution", "")
		associations, _ := distribution.at("DistributionConfig.DefaultCacheBehavior.FunctionAssociations").([]any)
		if len(associations) != 1 {
			t.Fatalf("functions at the edge: %v", associations)
		}
		association := associations[0].(map[string]any)
		if association["EventType"] != "viewer-request" || !refersTo(association["FunctionARN"], viewer) {
			t.Errorf("at the edge runs %v", association)
		}
		cache, _ := stack.like(t, "AWS::CloudFront::CachePolicy", "")
		if !refersTo(distribution.at("DistributionConfig.DefaultCacheBehavior.CachePolicyId"), cache) {
			t.Error("the distribution has another cache policy than the one that is tested")
		}
	})
}

// TestNames: the edge answers for each Policy Host, and the stack sets the
// records of those whose zone it has.
func TestNames(t *testing.T) {
	tests := map[string]struct {
		aliases, records []string
		certificates     map[string][]string // Names by the beginning of the logical id.
	}{
		"one domain with its zone": {
			aliases: []string{"mta-sts.example.com"},
			records: []string{"A mta-sts.example.com.", "AAAA mta-sts.example.com."},
			certificates: map[string][]string{
				"Edge": {"mta-sts.example.com"},
			},
		},
		"three domains, one by CNAME": {
			aliases: []string{"mta-sts.example.com", "mta-sts.mail.example.com", "mta-sts.example.org"},
			records: []string{
				"A mta-sts.example.com.", "A mta-sts.mail.example.com.", "A reports.sts.example.net.",
				"AAAA mta-sts.example.com.", "AAAA mta-sts.mail.example.com.", "AAAA reports.sts.example.net.",
				"CNAME policies.sts.example.net.", "MX tlsrpt.sts.example.net.", "TXT example.org._smtp._tls.sts.example.net.",
			},
			certificates: map[string][]string{"Reports": {"reports.sts.example.net"}},
		},
		"no zone of ours": {aliases: []string{"mta-sts.example.org"}},
		"mail takes over": {
			aliases: []string{"mta-sts.example.com"},
			records: []string{
				"A mta-sts.example.com.", "A reports.sts.example.net.", "AAAA mta-sts.example.com.", "AAAA reports.sts.example.net.",
				"CNAME policies.sts.example.net.", "MX rpt.example.com.",
			},
			certificates: map[string][]string{"Edge": {"mta-sts.example.com"}, "Reports": {"reports.sts.example.net"}},
		},
		"no digest": {
			aliases: []string{"mta-sts.example.com", "mta-sts.exam-ple.com"},
			records: []string{
				"A mta-sts.exam-ple.com.", "A mta-sts.example.com.", "AAAA mta-sts.exam-ple.com.", "AAAA mta-sts.example.com.",
				"TXT _smtp._tls.example.com.",
			},
			certificates: map[string][]string{"Edge": {"mta-sts.example.com", "mta-sts.exam-ple.com"}},
		},
	}
	for name, want := range tests {
		t.Run(name, func(t *testing.T) {
			_, stack := matrixStack(t, name)
			_, distribution := stack.like(t, "AWS::CloudFront::Distribution", "")
			if got := distribution.at("DistributionConfig.Aliases"); !reflect.DeepEqual(got, asJSON(t, want.aliases)) {
				t.Errorf("the edge answers for %v, want %q", got, want.aliases)
			}
			var records []string
			for id, r := range stack.all("AWS::Route53::RecordSet") {
				if !strings.Contains(id, "Dkim") {
					records = append(records, r.at("Type").(string)+" "+r.at("Name").(string))
				}
			}
			slices.Sort(records)
			if !slices.Equal(records, want.records) {
				t.Errorf("records %q, want %q", records, want.records)
			}
			certificates := stack.all("AWS::CertificateManager::Certificate")
			if len(certificates) != len(want.certificates) {
				t.Errorf("certificates: %v, want %v", certificates, want.certificates)
			}
			for prefix, names := range want.certificates {
				_, certificate := stack.like(t, "AWS::CertificateManager::Certificate", prefix)
				checkCertificate(t, certificate, names)
			}
		})
	}
}

// checkCertificate: each name is proven by a record in a zone of ours, so that
// no renewal waits for a person.
func checkCertificate(t *testing.T, certificate resource, names []string) {
	t.Helper()
	got := []any{certificate.at("DomainName")}
	if others, ok := certificate.at("SubjectAlternativeNames").([]any); ok {
		got = append(got, others...)
	}
	if !reflect.DeepEqual(got, asJSON(t, names)) {
		t.Errorf("a certificate for %v, want %q", got, names)
	}
	var proven []string
	for _, option := range certificate.at("DomainValidationOptions").([]any) {
		if zone, _ := option.(map[string]any)["HostedZoneId"].(string); zone != "" {
			proven = append(proven, option.(map[string]any)["DomainName"].(string))
		}
	}
	slices.Sort(proven)
	if want := slices.Sorted(slices.Values(names)); !slices.Equal(proven, want) {
		t.Errorf("proven by records of ours: %q, want %q", proven, want)
	}
}

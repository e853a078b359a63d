package main

import (
	"encoding/base64"
	"fmt"
	"strings"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsathena"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsglue"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslambda"
	"github.com/aws/aws-cdk-go/awscdk/v2/awss3"
	"github.com/aws/jsii-runtime-go"
	"github.com/go-json-experiment/json"

	"sealpost/internal/archive"
	"sealpost/schemas/athena"
)

// queries are the reports as SQL: tables, views and saved queries, and the
// workgroup that they run in. The zero value stands for none.
type queries struct {
	database  string
	workgroup awsathena.CfnWorkGroup
	reports   awss3.Bucket
	bucket    awss3.Bucket // Of results, and of the days that were compacted.
	readers   awsiam.ManagedPolicy
}

// resultsPrefix begins the keys of what queries found.
const resultsPrefix = "results/"

// resultDays is as long as a result lies there.
const resultDays = 7

func newQueries(stack awscdk.Stack, config Config, reports awss3.Bucket) queries {
	if !config.Athena.Enabled {
		return queries{}
	}
	q := queries{
		database: databaseName(config.StackName),
		reports:  reports,
		// Not that of reports, from which everything expires by its age: the files
		// of a table that is written to every day don't.
		bucket: newBucket(stack, "Athena", awss3.BucketProps{LifecycleRules: &[]*awss3.LifecycleRule{
			{
				Id:         jsii.String("results"),
				Prefix:     jsii.String(resultsPrefix),
				Expiration: awscdk.Duration_Days(jsii.Number(resultDays)),
			},
			{
				Id:                                  jsii.String("uploads"),
				AbortIncompleteMultipartUploadAfter: awscdk.Duration_Days(jsii.Number(7)),
			},
		}}),
	}
	q.workgroup = newWorkgroup(stack, config, q.bucket)
	database := awsglue.NewCfnDatabase(stack, jsii.String("Database"), &awsglue.CfnDatabaseProps{
		CatalogId: stack.Account(),
		DatabaseInput: &awsglue.CfnDatabase_DatabaseInputProperty{
			Name:        jsii.String(q.database),
			Description: jsii.String("SMTP TLS reports (RFC 8460), by Sealpost"),
		},
	})
	newReportsTable(stack, config, database, reports)
	for _, view := range athena.Views() {
		newView(stack, config, database, view)
	}
	for _, query := range athena.Queries() {
		q.save(stack, query)
	}
	q.readers = q.newReaders(stack)
	return q
}

// databaseName makes of a stack's name one that Athena takes without quotes.
func databaseName(stackName string) string {
	return strings.ReplaceAll(strings.ToLower(stackName), "-", "_")
}

// newWorkgroup bounds what a query may read, and has everybody's results where
// they expire, whatever a client asks for.
func newWorkgroup(stack awscdk.Stack, config Config, bucket awss3.Bucket) awsathena.CfnWorkGroup {
	return awsathena.NewCfnWorkGroup(stack, jsii.String("Workgroup"), &awsathena.CfnWorkGroupProps{
		Name:                  jsii.String(config.StackName),
		Description:           jsii.String("SMTP TLS reports, by Sealpost"),
		RecursiveDeleteOption: jsii.Bool(true), // Else it stays, with its history of queries.
		WorkGroupConfiguration: &awsathena.CfnWorkGroup_WorkGroupConfigurationProperty{
			BytesScannedCutoffPerQuery:      jsii.Number(config.Athena.ScanLimitGB * 1e9),
			EnforceWorkGroupConfiguration:   jsii.Bool(true),
			EngineVersion:                   &awsathena.CfnWorkGroup_EngineVersionProperty{SelectedEngineVersion: jsii.String("Athena engine version 3")},
			PublishCloudWatchMetricsEnabled: jsii.Bool(true),
			ResultConfiguration: &awsathena.CfnWorkGroup_ResultConfigurationProperty{
				OutputLocation:          bucket.S3UrlForObject(jsii.String(resultsPrefix)),
				EncryptionConfiguration: &awsathena.CfnWorkGroup_EncryptionConfigurationProperty{EncryptionOption: jsii.String("SSE_S3")},
				ExpectedBucketOwner:     stack.Account(),
			},
		},
	})
}

// newReportsTable has Athena look for the days that reports are kept for, and
// for no others.
func newReportsTable(stack awscdk.Stack, config Config, database awsglue.CfnDatabase, reports awss3.Bucket) {
	table := athena.ReportsTable(*reports.S3UrlForObject(nil) + "/")
	const expiryTakes = 2 // Days, until an object is gone that has expired.
	table.Parameters["projection."+table.Partition.Name+".range"] = fmt.Sprintf("NOW-%dDAYS,NOW+1DAYS", config.RetentionDays.Reports+expiryTakes)
	parameters := make(map[string]any)
	for name, value := range table.Parameters {
		parameters[name] = value
	}
	awsglue.NewCfnTable(stack, jsii.String("ReportsTable"), &awsglue.CfnTableProps{
		CatalogId:    stack.Account(),
		DatabaseName: database.Ref(),
		TableInput: &awsglue.CfnTable_TableInputProperty{
			Name:          jsii.String(table.Name),
			Description:   jsii.String("A line for each report. Query the views: they count each report once."),
			TableType:     jsii.String("EXTERNAL_TABLE"),
			Parameters:    parameters,
			PartitionKeys: glueColumns([]athena.Column{table.Partition}),
			StorageDescriptor: &awsglue.CfnTable_StorageDescriptorProperty{
				Columns:      glueColumns(table.Columns),
				Location:     jsii.String(table.Location),
				InputFormat:  jsii.String(table.InputFormat),
				OutputFormat: jsii.String(table.OutputFormat),
				Compressed:   jsii.Bool(true),
				SerdeInfo:    &awsglue.CfnTable_SerdeInfoProperty{SerializationLibrary: jsii.String(table.SerDe)},
			},
		},
	})
}

// newView stores a view as Athena stores one that is made by SQL. The function
// compact replaces one of them; should there be no compaction any more, its
// description is another, and a deployment has it as it was.
func newView(stack awscdk.Stack, config Config, database awsglue.CfnDatabase, view athena.View) {
	description := "By Sealpost; docs/queries.md says what it has"
	if view.Name == athena.AllReports && config.compacts() {
		description = "By Sealpost; its boundary moves as days are compacted"
	}
	awsglue.NewCfnTable(stack, jsii.String("View-"+view.Name), &awsglue.CfnTableProps{
		CatalogId:    stack.Account(),
		DatabaseName: database.Ref(),
		TableInput: &awsglue.CfnTable_TableInputProperty{
			Name:             jsii.String(view.Name),
			Description:      jsii.String(description),
			TableType:        jsii.String("VIRTUAL_VIEW"),
			Parameters:       map[string]any{"presto_view": "true", "comment": "Presto View"},
			ViewOriginalText: jsii.String("/* Presto View: " + base64.StdEncoding.EncodeToString(prestoView(databaseName(config.StackName), view)) + " */"),
			ViewExpandedText: jsii.String("/* Presto View */"),
			StorageDescriptor: &awsglue.CfnTable_StorageDescriptorProperty{
				Columns:   glueColumns(view.Columns()),
				SerdeInfo: &awsglue.CfnTable_SerdeInfoProperty{},
			},
		},
	})
}

// prestoView is what Athena reads of a view, once it is out of its comment.
func prestoView(database string, view athena.View) []byte {
	type column struct {
		Name string `json:"name"`
		Type string `json:"type"`
	}
	stored := struct {
		SQL     string   `json:"originalSql"`
		Catalog string   `json:"catalog"`
		Schema  string   `json:"schema"`
		Columns []column `json:"columns"`
	}{SQL: view.SQL, Catalog: "awsdatacatalog", Schema: database}
	for _, c := range view.Columns() {
		stored.Columns = append(stored.Columns, column{c.Name, c.Type.Trino()})
	}
	text, err := json.Marshal(stored)
	if err != nil {
		panic(err) // It is but texts.
	}
	return text
}

func glueColumns(columns []athena.Column) *[]*awsglue.CfnTable_ColumnProperty {
	var all []*awsglue.CfnTable_ColumnProperty
	for _, c := range columns {
		all = append(all, &awsglue.CfnTable_ColumnProperty{Name: jsii.String(c.Name), Type: jsii.String(c.Type.Hive())})
	}
	return &all
}

// save puts a query where the console lists it for whoever is in the workgroup.
func (q queries) save(stack awscdk.Stack, query athena.Query) {
	description := query.Answers
	if query.AsksFor != "" {
		description += "\nAsks for " + query.AsksFor + ", in single quotes."
	}
	awsathena.NewCfnNamedQuery(stack, jsii.String("Query-"+query.Name), &awsathena.CfnNamedQueryProps{
		Name:        jsii.String(query.Name),
		Description: jsii.String(description),
		Database:    jsii.String(q.database),
		QueryString: jsii.String(query.SQL()),
		WorkGroup:   q.workgroup.Ref(),
	})
}

// rights are what it takes to run a query in the workgroup. Of the bucket of
// results Athena asks what the managed policy AmazonAthenaFullAccess has of such
// buckets, less what would make one.
func (q queries) rights(stack awscdk.Stack) []*awsiam.PolicyStatementProps {
	return []*awsiam.PolicyStatementProps{
		{
			Actions:   jsii.Strings("athena:GetQueryExecution", "athena:GetQueryResults", "athena:StartQueryExecution", "athena:StopQueryExecution"),
			Resources: &[]*string{q.workgroupArn(stack)},
		},
		{
			Actions:   jsii.Strings("glue:GetDatabase", "glue:GetPartitions", "glue:GetTable"),
			Resources: q.catalog(stack, "*"),
		},
		// Athena may look there, too, whatever database a query names.
		{Actions: jsii.Strings("glue:GetDatabase"), Resources: &[]*string{inCatalog(stack, "database", "default")}},
		{
			Actions:   jsii.Strings("s3:GetObject"),
			Resources: jsii.Strings(append(objects(q.reports, archive.ReportsPrefix+"*"), objects(q.bucket, athena.CompactedPrefix+"*", resultsPrefix+"*")...)...),
		},
		{
			Actions:   jsii.Strings("s3:AbortMultipartUpload", "s3:ListMultipartUploadParts", "s3:PutObject"),
			Resources: jsii.Strings(objects(q.bucket, resultsPrefix+"*")...),
		},
		{Actions: jsii.Strings("s3:GetBucketLocation", "s3:ListBucket", "s3:ListBucketMultipartUploads"), Resources: &[]*string{q.bucket.BucketArn()}},
		{Actions: jsii.Strings("s3:GetBucketLocation"), Resources: &[]*string{q.reports.BucketArn()}},
		{
			Actions:    jsii.Strings("s3:ListBucket"),
			Resources:  &[]*string{q.reports.BucketArn()},
			Conditions: &map[string]any{"StringLikeIfExists": map[string]any{"s3:prefix": archive.ReportsPrefix + "*"}},
		},
	}
}

func (q queries) workgroupArn(stack awscdk.Stack) *string {
	return stack.FormatArn(&awscdk.ArnComponents{Service: jsii.String("athena"), Resource: jsii.String("workgroup"), ResourceName: q.workgroup.Ref()})
}

// catalog gives tables of the database, and what they are in: a right over the
// one takes a right over the other.
func (q queries) catalog(stack awscdk.Stack, tables ...string) *[]*string {
	arns := []*string{
		stack.FormatArn(&awscdk.ArnComponents{Service: jsii.String("glue"), Resource: jsii.String("catalog")}),
		inCatalog(stack, "database", q.database),
	}
	for _, table := range tables {
		arns = append(arns, inCatalog(stack, "table", q.database+"/"+table))
	}
	return &arns
}

func inCatalog(stack awscdk.Stack, resource, name string) *string {
	return stack.FormatArn(&awscdk.ArnComponents{Service: jsii.String("glue"), Resource: jsii.String(resource), ResourceName: jsii.String(name)})
}

// letQuery lets a function run queries.
func (q queries) letQuery(stack awscdk.Stack, f awslambda.Function) {
	for _, right := range q.rights(stack) {
		f.AddToRolePolicy(awsiam.NewPolicyStatement(right))
	}
}

// newReaders makes a policy for people who are to query reports and nothing else.
func (q queries) newReaders(stack awscdk.Stack) awsiam.ManagedPolicy {
	policy := awsiam.NewManagedPolicy(stack, jsii.String("AthenaReaders"), &awsiam.ManagedPolicyProps{
		Description: jsii.String("Lets people query the reports of Sealpost in Athena"),
	})
	for _, right := range q.rights(stack) {
		policy.AddStatements(awsiam.NewPolicyStatement(right))
	}
	policy.AddStatements(
		// What the console shows beside a query.
		awsiam.NewPolicyStatement(&awsiam.PolicyStatementProps{
			Actions: jsii.Strings("athena:BatchGetNamedQuery", "athena:BatchGetQueryExecution", "athena:GetNamedQuery", "athena:GetQueryResultsStream",
				"athena:GetWorkGroup", "athena:ListNamedQueries", "athena:ListQueryExecutions"),
			Resources: &[]*string{q.workgroupArn(stack)},
		}),
		awsiam.NewPolicyStatement(&awsiam.PolicyStatementProps{
			Actions: jsii.Strings("athena:GetDataCatalog", "athena:GetDatabase", "athena:GetTableMetadata", "athena:ListDatabases", "athena:ListTableMetadata"),
			Resources: &[]*string{stack.FormatArn(&awscdk.ArnComponents{
				Service: jsii.String("athena"), Resource: jsii.String("datacatalog"), ResourceName: jsii.String("AwsDataCatalog"),
			})},
		}),
		awsiam.NewPolicyStatement(&awsiam.PolicyStatementProps{
			Actions:   jsii.Strings("glue:GetDatabases", "glue:GetTables"),
			Resources: q.catalog(stack, "*"),
		}),
		// Whoever may list some may list all.
		awsiam.NewPolicyStatement(&awsiam.PolicyStatementProps{
			Actions:   jsii.Strings("athena:ListDataCatalogs", "athena:ListEngineVersions", "athena:ListWorkGroups"),
			Resources: jsii.Strings("*"),
		}),
	)
	accept(policy, "AwsSolutions-IAM5", "Objects and tables get their names as they are made, and lists of workgroups and catalogs are of the whole account.")
	return policy
}

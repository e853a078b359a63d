package main

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	athenaapi "github.com/aws/aws-sdk-go-v2/service/athena"

	"sealpost/internal/aws/athenasql"
	"sealpost/schemas/athena"
)

// querySteps has the reports queried. An emulator runs no SQL; in an account, the
// query must be one that Athena understands.
func (v visit) querySteps() []step {
	if v.stack.workgroup == "" {
		return nil // The stack was deployed without.
	}
	steps := []step{{"The saved queries are in the workgroup " + v.stack.workgroup, v.queriesAreSaved}}
	if v.stack.compactor != "" {
		steps = append(steps, step{"The days that are over are compacted", func(ctx context.Context) error {
			return v.functions.call(ctx, v.stack.compactor, map[string]string{}, nil)
		}})
	}
	for _, query := range athena.Queries() {
		if query.AsksFor == "" {
			steps = append(steps, step{"The saved query " + query.Name + " runs", func(ctx context.Context) error { return v.queryRuns(ctx, query) }})
		}
	}
	return steps
}

func (v visit) queriesAreSaved(ctx context.Context) error {
	var names []string
	pages := athenaapi.NewListNamedQueriesPaginator(v.athena, &athenaapi.ListNamedQueriesInput{WorkGroup: &v.stack.workgroup})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return err
		}
		for _, id := range page.NamedQueryIds {
			saved, err := v.athena.GetNamedQuery(ctx, &athenaapi.GetNamedQueryInput{NamedQueryId: &id})
			if err != nil {
				return err
			}
			names = append(names, aws.ToString(saved.NamedQuery.Name))
		}
	}
	for _, query := range athena.Queries() {
		if !slices.Contains(names, query.Name) {
			return fmt.Errorf("there is no %s among %q", query.Name, names)
		}
	}
	return nil
}

func (v visit) queryRuns(ctx context.Context, query athena.Query) error {
	workgroup := athenasql.Workgroup{Client: v.athena, Name: v.stack.workgroup, Database: v.stack.database, Now: time.Now, Timeout: callTimeout}
	statement := athenasql.Statement{SQL: query.SQL(), Occasion: "tryout of " + v.now.Format(time.RFC3339Nano)}
	for _, err := range workgroup.Rows(ctx, statement) {
		if err != nil {
			return err
		}
	}
	return nil
}

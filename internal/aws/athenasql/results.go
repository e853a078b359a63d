package athenasql

import (
	"context"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/athena"
	"github.com/aws/aws-sdk-go-v2/service/athena/types"
)

// rowsOfAPage is as many as Athena gives at once.
const rowsOfAPage = 1000

func (w Workgroup) results(ctx context.Context, id string, yield func(Row, error) bool) {
	pages := athena.NewGetQueryResultsPaginator(w.Client, &athena.GetQueryResultsInput{QueryExecutionId: &id, MaxResults: aws.Int32(rowsOfAPage)})
	for first := true; pages.HasMorePages(); first = false {
		page, err := w.page(ctx, pages)
		if err != nil {
			yield(nil, fmt.Errorf("read the results of query %s: %w", id, err))
			return
		}
		rows := page.Rows
		if first && len(rows) > 0 && isHeader(rows[0], page.ResultSetMetadata) {
			rows = rows[1:]
		}
		for _, row := range rows {
			if !yield(valuesOf(row), nil) {
				return
			}
		}
	}
}

func (w Workgroup) page(ctx context.Context, pages *athena.GetQueryResultsPaginator) (types.ResultSet, error) {
	ctx, cancel := context.WithTimeout(ctx, w.Timeout)
	defer cancel()
	page, err := pages.NextPage(ctx)
	if err != nil {
		return types.ResultSet{}, err
	}
	if page.ResultSet == nil {
		return types.ResultSet{}, nil
	}
	return *page.ResultSet, nil
}

// isHeader: the first row of what a SELECT found has the names of the columns.
func isHeader(row types.Row, metadata *types.ResultSetMetadata) bool {
	if metadata == nil || len(metadata.ColumnInfo) != len(row.Data) {
		return false
	}
	for i, column := range metadata.ColumnInfo {
		if aws.ToString(row.Data[i].VarCharValue) != aws.ToString(column.Name) {
			return false
		}
	}
	return true
}

func valuesOf(row types.Row) Row {
	values := make(Row, len(row.Data))
	for i, datum := range row.Data {
		values[i] = datum.VarCharValue
	}
	return values
}

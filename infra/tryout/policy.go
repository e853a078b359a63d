package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/feature/dynamodb/attributevalue"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"sealpost/internal/mtasts"
	"sealpost/internal/policyhost"
	"sealpost/internal/publication"
)

// domain is nobody's (RFC 2606, section 2).
const domain = "sealpost-tryout.example"

// Where the edge asks for its policy, and has its copy.
var (
	edgePath = policyhost.EdgePath(mtasts.PolicyHost(domain))
	copyKey  = strings.TrimPrefix(edgePath, "/")
)

// note marks items as ours.
const note = "made by the tryout of Sealpost; it may go"

// item is one of the table of policies.
type item struct {
	Domain  string   `dynamodbav:"domain"`
	Mode    string   `dynamodbav:"mode"`
	MX      []string `dynamodbav:"mx"`
	MaxAge  int      `dynamodbav:"max_age"`
	Comment string   `dynamodbav:"comment"`
}

const served = "version: STSv1\nmode: testing\nmx: mx1." + domain + "\nmx: *.backup." + domain + "\nmax_age: 86400\n"

func good(domain string) item {
	return item{Domain: domain, Mode: "testing", MX: []string{"mx1." + domain, "*.backup." + domain}, MaxAge: 86400, Comment: note}
}

func broken() item {
	i := good(domain)
	i.MX = []string{"mx1", "*"}
	return i
}

// policySteps host the domains besides, so that reports about them are taken in.
func (v visit) policySteps(others []string) []step {
	steps := []step{
		{"A policy for " + domain + " is put into the table", func(ctx context.Context) error { return v.put(ctx, good(domain)) }},
	}
	for _, other := range others {
		steps = append(steps, step{"So is one for " + other + ", unless there is one", func(ctx context.Context) error { return v.put(ctx, good(other)) }})
	}
	return append(steps,
		step{"The policy function serves it", func(ctx context.Context) error { return v.eventually(ctx, v.serves) }},
		step{"The edge has a copy", func(ctx context.Context) error { return v.eventually(ctx, v.hasCopy) }},
		step{"Every host has only its own policy", v.servesNoOther},
		step{"The item is broken", func(ctx context.Context) error { return v.put(ctx, broken()) }},
		step{"STATUS says why it is refused", func(ctx context.Context) error { return v.eventually(ctx, v.refused) }},
		step{"The policy function serves what it served before", v.serves},
		step{"So does the copy", v.hasCopy},
		step{"The item is mended", func(ctx context.Context) error { return v.put(ctx, good(domain)) }},
		step{"STATUS says that it is published", func(ctx context.Context) error { return v.eventually(ctx, v.published) }},
	)
}

// put replaces an item of ours, and nobody else's.
func (v visit) put(ctx context.Context, i item) error {
	attributes, err := attributevalue.MarshalMap(i)
	if err != nil {
		return fmt.Errorf("encode the item: %w", err)
	}
	_, err = v.items.PutItem(ctx, &dynamodb.PutItemInput{
		TableName:                 &v.stack.policiesTable,
		Item:                      attributes,
		ConditionExpression:       aws.String("attribute_not_exists(#domain) OR #comment = :note"),
		ExpressionAttributeNames:  map[string]string{"#domain": "domain", "#comment": "comment"},
		ExpressionAttributeValues: noteValue(),
	})
	var others *types.ConditionalCheckFailedException
	if errors.As(err, &others) {
		return nil
	}
	return err
}

func noteValue() map[string]types.AttributeValue {
	return map[string]types.AttributeValue{":note": &types.AttributeValueMemberS{Value: note}}
}

func (v visit) serves(ctx context.Context) error {
	response, err := v.functions.get(ctx, v.stack.policyFunction, edgePath)
	if err != nil {
		return err
	}
	if response.StatusCode != http.StatusOK || response.Body != served {
		return fmt.Errorf("the answer is %d %q; want 200 %q", response.StatusCode, response.Body, served)
	}
	return nil
}

func (v visit) servesNoOther(ctx context.Context) error {
	for _, path := range []string{"/p/mta-sts.other." + domain, "/p/" + domain, "/.well-known/mta-sts.txt"} {
		if err := v.servesNothing(ctx, path); err != nil {
			return err
		}
	}
	return nil
}

func (v visit) servesNothing(ctx context.Context, path string) error {
	response, err := v.functions.get(ctx, v.stack.policyFunction, path)
	if err != nil {
		return err
	}
	if response.StatusCode != http.StatusNotFound {
		return fmt.Errorf("%s is answered by %d %q; want 404", path, response.StatusCode, response.Body)
	}
	return nil
}

func (v visit) hasCopy(ctx context.Context) error {
	body, err := v.copies.Get(ctx, copyKey)
	if err != nil {
		return err
	}
	if string(body) != served {
		return fmt.Errorf("%s holds %q; want %q", copyKey, body, served)
	}
	return nil
}

func (v visit) refused(ctx context.Context) error {
	status, err := v.statusIs(ctx, publication.StateRefused)
	if err == nil && len(status.Problems) == 0 {
		return errors.New("STATUS names no problem")
	}
	return err
}

func (v visit) published(ctx context.Context) error {
	_, err := v.statusIs(ctx, publication.StatePublished)
	return err
}

func (v visit) statusIs(ctx context.Context, want publication.State) (publication.Status, error) {
	status, _, err := v.state.Status(ctx, domain)
	if err == nil && status.State != want {
		err = fmt.Errorf("STATUS is %q; want %q", status.State, want)
	}
	return status, err
}

// retreatSteps take the items away.
func (v visit) retreatSteps() []step {
	return []step{
		{"The items are taken away", v.removeItems},
		{"The policy function serves nothing for " + domain, func(ctx context.Context) error {
			return v.eventually(ctx, func(ctx context.Context) error { return v.servesNothing(ctx, edgePath) })
		}},
		{"The copy is gone", func(ctx context.Context) error { return v.eventually(ctx, v.hasNoCopy) }},
	}
}

func (v visit) removeItems(ctx context.Context) error {
	pages := dynamodb.NewScanPaginator(v.items, &dynamodb.ScanInput{
		TableName:                 &v.stack.policiesTable,
		FilterExpression:          aws.String("#comment = :note"),
		ProjectionExpression:      aws.String("#domain"),
		ExpressionAttributeNames:  map[string]string{"#domain": "domain", "#comment": "comment"},
		ExpressionAttributeValues: noteValue(),
	})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return fmt.Errorf("look for our items: %w", err)
		}
		for _, key := range page.Items {
			if _, err := v.items.DeleteItem(ctx, &dynamodb.DeleteItemInput{TableName: &v.stack.policiesTable, Key: key}); err != nil {
				return fmt.Errorf("take an item away: %w", err)
			}
		}
	}
	return nil
}

func (v visit) hasNoCopy(ctx context.Context) error {
	_, err := v.copies.Get(ctx, copyKey)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err == nil {
		err = errors.New("it is still there")
	}
	return err
}

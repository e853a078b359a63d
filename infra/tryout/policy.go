package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

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
	Domain   string   `dynamodbav:"domain"`
	Mode     string   `dynamodbav:"mode"`
	MX       []string `dynamodbav:"mx"`
	MaxAge   int      `dynamodbav:"max_age"`
	Override override `dynamodbav:"override"`
	Comment  string   `dynamodbav:"comment"`
}

type override struct {
	Reason string   `dynamodbav:"reason"`
	Until  string   `dynamodbav:"until"`
	Rules  []string `dynamodbav:"rules"`
}

// What is served of the domain, and what is when its item is gone: senders may
// hold a policy from before (RFC 8461, section 8.3).
const (
	served   = "version: STSv1\nmode: testing\n" + servedMX
	retiring = "version: STSv1\nmode: none\n" + servedMX
	servedMX = "mx: mx1." + domain + "\nmx: *.backup." + domain + "\nmax_age: 86400\n"
)

// good is an item that passes wherever it is put: with many domains at once,
// and by hosts that the DNS does not know.
func (v visit) good(domain string) item {
	return item{
		Domain: domain, Mode: "testing", MX: []string{"mx1." + domain, "*.backup." + domain}, MaxAge: 86400, Comment: note,
		Override: override{
			Reason: note,
			Until:  v.now.Add(24 * time.Hour).UTC().Format(time.RFC3339),
			Rules:  []string{string(publication.RuleBrake), string(publication.RuleMXStillListed)},
		},
	}
}

func (v visit) broken() item {
	i := v.good(domain)
	i.MX = []string{"mx1", "*"}
	return i
}

// policySteps host the domains besides, so that reports about them are taken in.
func (v visit) policySteps(others []string) []step {
	steps := []step{
		{"A policy for " + domain + " is put into the table", func(ctx context.Context) error { return v.put(ctx, v.good(domain)) }},
	}
	for _, other := range others {
		steps = append(steps, step{"So is one for " + other + ", unless there is one", func(ctx context.Context) error { return v.put(ctx, v.good(other)) }})
	}
	return append(steps,
		step{"The policy function serves it", func(ctx context.Context) error { return v.eventually(ctx, v.serves(served)) }},
		step{"The edge has a copy", func(ctx context.Context) error { return v.eventually(ctx, v.hasCopy(served)) }},
		step{"Every host has only its own policy", v.servesNoOther},
		step{"The item is broken", func(ctx context.Context) error { return v.put(ctx, v.broken()) }},
		step{"STATUS says why it is refused", func(ctx context.Context) error { return v.eventually(ctx, v.refused) }},
		step{"The policy function serves what it served before", v.serves(served)},
		step{"So does the copy", v.hasCopy(served)},
		step{"The item is mended", func(ctx context.Context) error { return v.put(ctx, v.good(domain)) }},
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

func (v visit) serves(want string) func(context.Context) error {
	return func(ctx context.Context) error {
		response, err := v.functions.get(ctx, v.stack.policyFunction, edgePath)
		if err != nil {
			return err
		}
		if response.StatusCode != http.StatusOK || response.Body != want {
			return fmt.Errorf("the answer is %d %q; want 200 %q", response.StatusCode, response.Body, want)
		}
		return nil
	}
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

func (v visit) hasCopy(want string) func(context.Context) error {
	return func(ctx context.Context) error {
		body, err := v.copies.Get(ctx, copyKey)
		if err != nil {
			return err
		}
		if string(body) != want {
			return fmt.Errorf("%s holds %q; want %q", copyKey, body, want)
		}
		return nil
	}
}

func (v visit) refused(ctx context.Context) error {
	status, err := v.statusIs(ctx, publication.StateRefused)
	if err == nil && len(status.Problems) == 0 {
		return errors.New("STATUS names no problem")
	}
	return err
}

func (v visit) published(ctx context.Context) error {
	return v.is(ctx, publication.StatePublished)
}

func (v visit) is(ctx context.Context, want publication.State) error {
	_, err := v.statusIs(ctx, want)
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
		{"The policy function serves mode none for " + domain, func(ctx context.Context) error { return v.eventually(ctx, v.serves(retiring)) }},
		{"So does the copy", func(ctx context.Context) error { return v.eventually(ctx, v.hasCopy(retiring)) }},
		{"STATUS says that it retires", func(ctx context.Context) error {
			return v.eventually(ctx, func(ctx context.Context) error { return v.is(ctx, publication.StateRetiring) })
		}},
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

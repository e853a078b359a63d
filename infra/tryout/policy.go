package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
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

// nobodys is a domain that nobody has (RFC 2606, section 2).
const nobodys = "sealpost-tryout.example"

// edgePath is where the edge asks for the policy, and, without the slash, has
// its copy.
func (v visit) edgePath() string { return policyhost.EdgePath(mtasts.PolicyHost(v.domain)) }

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

// body is what is served of the domain in a mode: none when its item is gone,
// since senders may hold a policy from before (RFC 8461, section 8.3).
func (v visit) body(mode mtasts.Mode) string {
	i := v.good(v.domain)
	return string(mtasts.Policy{Mode: mode, MX: i.MX, MaxAge: i.MaxAge}.Normalize().Render())
}

// good is an item that passes wherever it is put: with many domains at once,
// and by hosts that the DNS does not know. Each visit has a host of its own: a
// policy that comes back would not be served to the letter.
func (v visit) good(domain string) item {
	return item{
		Domain: domain, Mode: "testing", MX: []string{fmt.Sprintf("mx%d.%s", v.now.Unix(), domain), "*.backup." + domain}, MaxAge: 86400, Comment: note,
		Override: override{
			Reason: note,
			Until:  v.now.Add(24 * time.Hour).UTC().Format(time.RFC3339),
			Rules:  []string{string(publication.RuleBrake), string(publication.RuleMXStillListed)},
		},
	}
}

func (v visit) broken() item {
	i := v.good(v.domain)
	i.MX = []string{"mx1", "*"}
	return i
}

// policySteps host the domain, and the domains besides, so that reports about
// them are taken in.
func (v visit) policySteps(others []string) []step {
	steps := []step{
		{"A policy for " + v.domain + " is put into the table", func(ctx context.Context) error { return v.put(ctx, v.good(v.domain)) }},
	}
	for _, other := range others {
		steps = append(steps, step{"So is one for " + other + ", unless there is one", func(ctx context.Context) error {
			_, err := v.putUnlessTaken(ctx, v.good(other))
			return err
		}})
	}
	served := v.body(mtasts.ModeTesting)
	return append(steps,
		step{"The policy function serves it", func(ctx context.Context) error { return v.eventually(ctx, v.serves(served)) }},
		step{"The edge has a copy", func(ctx context.Context) error { return v.eventually(ctx, v.hasCopy(served)) }},
		step{"Every host has only its own policy", v.servesNoOther},
	)
}

// mistakeSteps edit the item badly, and mend it.
func (v visit) mistakeSteps() []step {
	served := v.body(mtasts.ModeTesting)
	return []step{
		{"The item is broken", func(ctx context.Context) error { return v.put(ctx, v.broken()) }},
		{"STATUS says why it is refused", func(ctx context.Context) error { return v.eventually(ctx, v.refused) }},
		{"The policy function serves what it served before", v.serves(served)},
		{"So does the copy", v.hasCopy(served)},
		{"The item is mended", func(ctx context.Context) error { return v.put(ctx, v.good(v.domain)) }},
		{"STATUS says that it is published", func(ctx context.Context) error { return v.eventually(ctx, v.published) }},
	}
}

// put replaces an item of ours; nobody else's is touched.
func (v visit) put(ctx context.Context, i item) error {
	if ours, err := v.putUnlessTaken(ctx, i); err != nil || ours {
		return err
	}
	return fmt.Errorf("%s has a policy that the tryout did not make; it is left as it is", i.Domain)
}

func (v visit) putUnlessTaken(ctx context.Context, i item) (ours bool, err error) {
	attributes, err := attributevalue.MarshalMap(i)
	if err != nil {
		return false, fmt.Errorf("encode the item: %w", err)
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
		return false, nil
	}
	return err == nil, err
}

func noteValue() map[string]types.AttributeValue {
	return map[string]types.AttributeValue{":note": &types.AttributeValueMemberS{Value: note}}
}

func (v visit) serves(want string) func(context.Context) error {
	return func(ctx context.Context) error {
		response, err := v.functions.get(ctx, v.stack.policyFunction, v.edgePath())
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
	for _, path := range []string{"/p/mta-sts.other." + v.domain, "/p/" + v.domain, "/.well-known/mta-sts.txt"} {
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
		copyKey := strings.TrimPrefix(v.edgePath(), "/")
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

// published: what was announced before is so at once.
func (v visit) published(ctx context.Context) error {
	_, err := v.statusIs(ctx, publication.StatePublished, publication.StateLive, publication.StateActive)
	return err
}

func (v visit) statusIs(ctx context.Context, wanted ...publication.State) (publication.Status, error) {
	status, _, err := v.state.Status(ctx, v.domain)
	if err == nil && !slices.Contains(wanted, status.State) {
		err = fmt.Errorf("STATUS is %q; want %q; %s", status.State, wanted, status.Obstacle)
	}
	return status, err
}

// retreatSteps take the items away.
func (v visit) retreatSteps() []step {
	retiring := v.body(mtasts.ModeNone)
	return []step{
		{"The items are taken away", v.removeItems},
		{"The policy function serves mode none for " + v.domain, func(ctx context.Context) error { return v.eventually(ctx, v.serves(retiring)) }},
		{"So does the copy", func(ctx context.Context) error { return v.eventually(ctx, v.hasCopy(retiring)) }},
		{"STATUS says that it retires", func(ctx context.Context) error {
			return v.eventually(ctx, func(ctx context.Context) error {
				_, err := v.statusIs(ctx, publication.StateRetiring)
				return err
			})
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

package dynamostore

import (
	"context"
	"fmt"
	"iter"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"sealpost/internal/publication"
)

var (
	_ publication.PublishedStore = State{}
	_ publication.Directory      = State{}
	_ publication.StatusStore    = State{}
	_ publication.Statuses       = State{}
	_ publication.HistoryStore   = State{}
	_ publication.EvidenceStore  = State{}
	_ publication.BrakeStore     = State{}
)

// withdrawal is what the row PUBLISHED holds once a policy is withdrawn, so that
// no decision from before is taken for one from after.
type withdrawal struct {
	Domain    string `json:"domain"`
	Withdrawn bool   `json:"withdrawn"`
	Revision  int    `json:"revision"`
}

// Published implements publication.PublishedStore.
func (s State) Published(ctx context.Context, domain string) (publication.Published, bool, error) {
	at, err := placeOf(domain, publishedRow)
	if err != nil {
		return publication.Published{}, false, err
	}
	var found struct {
		publication.Published
		Withdrawn bool `json:"withdrawn"`
	}
	is, err := s.get(ctx, at, &found)
	if err != nil || !is {
		return publication.Published{}, false, err
	}
	if found.Withdrawn {
		return publication.Published{Revision: found.Revision}, false, nil
	}
	return found.Published, true, nil
}

// Publish implements publication.PublishedStore.
func (s State) Publish(ctx context.Context, p publication.Published) (done bool, err error) {
	at, err := placeOf(p.Domain, publishedRow)
	if err != nil {
		return false, err
	}
	return s.replace(ctx, at, p.Revision, p)
}

// Withdraw implements publication.PublishedStore.
func (s State) Withdraw(ctx context.Context, domain string, revision int) (done bool, err error) {
	at, err := placeOf(domain, publishedRow)
	if err != nil {
		return false, err
	}
	return s.replace(ctx, at, revision, withdrawal{Domain: domain, Withdrawn: true, Revision: revision})
}

// AllPublished implements publication.Directory. It reads the whole table, page
// by page, and may miss what was published in the last second.
func (s State) AllPublished(ctx context.Context) iter.Seq2[publication.Published, error] {
	return all[publication.Published](ctx, s, publishedRow)
}

// Status implements publication.StatusStore.
func (s State) Status(ctx context.Context, domain string) (status publication.Status, is bool, err error) {
	at, err := placeOf(domain, statusRow)
	if err != nil {
		return publication.Status{}, false, err
	}
	is, err = s.get(ctx, at, &status)
	if err != nil || !is {
		return publication.Status{}, false, err
	}
	return status, true, nil
}

// SetStatus implements publication.StatusStore.
func (s State) SetStatus(ctx context.Context, status publication.Status) (done bool, err error) {
	at, err := placeOf(status.Domain, statusRow)
	if err != nil {
		return false, err
	}
	return s.replace(ctx, at, status.Revision, status)
}

// AllStatuses implements publication.Statuses. It reads the whole table, as
// AllPublished does.
func (s State) AllStatuses(ctx context.Context) iter.Seq2[publication.Status, error] {
	return all[publication.Status](ctx, s, statusRow)
}

// all gives the rows of that name of every domain, but for what is withdrawn.
func all[T any](ctx context.Context, s State, name string) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		for item, err := range scan(ctx, s.Client, s.Timeout, &dynamodb.ScanInput{
			TableName:                 &s.Table,
			FilterExpression:          aws.String("#sk = :name AND attribute_not_exists(#withdrawn)"),
			ExpressionAttributeNames:  map[string]string{"#sk": "sk", "#withdrawn": "withdrawn"},
			ExpressionAttributeValues: row{":name": text(name)},
		}) {
			var value T
			if err == nil {
				err = decode(item, &value)
			}
			if err != nil {
				yield(*new(T), fmt.Errorf("list every %s: %w", name, err))
				return
			}
			if !yield(value, nil) {
				return
			}
		}
	}
}

// expires is the attribute for the table's time to live.
const expires = "expires"

// AddHistory implements publication.HistoryStore.
func (s State) AddHistory(ctx context.Context, p publication.Published, until time.Time) error {
	at, err := placeOf(p.Domain, p.HistoryName())
	if err != nil {
		return err
	}
	item, err := encode(at, p)
	if err != nil {
		return err
	}
	item[expires] = number(until.Unix())
	if err := s.put(ctx, &dynamodb.PutItemInput{Item: item}); err != nil {
		return fmt.Errorf("write %s: %w", at, err)
	}
	return nil
}

// History implements publication.HistoryStore.
func (s State) History(ctx context.Context, domain string) ([]publication.Published, error) {
	if err := checkDomain(domain); err != nil {
		return nil, err
	}
	pages := dynamodb.NewQueryPaginator(s.Client, &dynamodb.QueryInput{
		TableName:                 &s.Table,
		KeyConditionExpression:    aws.String("#pk = :domain AND begins_with(#sk, :history)"),
		ExpressionAttributeNames:  map[string]string{"#pk": "pk", "#sk": "sk"},
		ExpressionAttributeValues: row{":domain": text(domain), ":history": text(historyPrefix)},
		ConsistentRead:            aws.Bool(true),
	})
	var history []publication.Published
	for pages.HasMorePages() {
		page, err := nextPage(ctx, s.Timeout, pages.NextPage)
		if err != nil {
			return nil, fmt.Errorf("read the history of %s: %w", domain, err)
		}
		for _, item := range page.Items {
			var p publication.Published
			if err := decode(item, &p); err != nil {
				return nil, fmt.Errorf("read the history of %s: %w", domain, err)
			}
			history = append(history, p)
		}
	}
	return history, nil
}

// Brake implements publication.BrakeStore.
func (s State) Brake(ctx context.Context) (brake publication.Brake, err error) {
	if is, err := s.get(ctx, brakePlace, &brake); err != nil || !is {
		return publication.Brake{}, err
	}
	return brake, nil
}

// SetBrake implements publication.BrakeStore. A row has at most 400 KB
// (https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Constraints.html),
// so about 5000 domains can have changed; more are an error.
func (s State) SetBrake(ctx context.Context, b publication.Brake) (done bool, err error) {
	return s.replace(ctx, brakePlace, b.Revision, b)
}

package dynamostore

import (
	"context"
	"errors"
	"log/slog"

	"github.com/aws/aws-lambda-go/events"

	"sealpost/internal/aws/deadline"
	"sealpost/internal/aws/settings"
	"sealpost/internal/mtasts"
	"sealpost/internal/publication"
)

// Publisher brings a domain's item, as it is now, to where it is served. An
// error means to try again.
type Publisher interface {
	Bring(ctx context.Context, domain string) (publication.Status, error)
}

// Stream hands the domains that the stream of the table of policies names to a
// Publisher. What the stream says of the items is not looked at: it may be
// older than what is there.
type Stream struct {
	Publisher Publisher
	Log       *slog.Logger
}

// Handle brings each domain of a batch once. At the first that fails it stops
// and says so, and the stream begins with that one again.
func (s Stream) Handle(ctx context.Context, event events.DynamoDBEvent) (events.DynamoDBEventResponse, error) {
	ctx, cancel := deadline.Early(ctx)
	defer cancel()
	brought := make(map[string]bool)
	for _, record := range event.Records {
		if err := s.bring(ctx, record, brought); err != nil {
			s.Log.ErrorContext(ctx, "edit not published, so it comes again", "sequence", record.Change.SequenceNumber, "error", err)
			failed := events.DynamoDBBatchItemFailure{ItemIdentifier: record.Change.SequenceNumber}
			return events.DynamoDBEventResponse{BatchItemFailures: []events.DynamoDBBatchItemFailure{failed}}, nil
		}
	}
	return events.DynamoDBEventResponse{}, nil
}

// bring does nothing for a domain that was brought already: its item was read
// after the last edit of the batch.
func (s Stream) bring(ctx context.Context, record events.DynamoDBEventRecord, brought map[string]bool) error {
	key, is := record.Change.Keys["domain"]
	if !is || key.DataType() != events.DataTypeString {
		return errors.New("the record has no domain for its key: this is not the stream of the table of policies")
	}
	domain, err := mtasts.ParseDomain(key.String())
	if err != nil { // It would be refused for ever, and has no place for a status.
		s.Log.WarnContext(ctx, "policy", "domain", key.String(), settings.LogState, publication.StateRefused, "problems", []string{err.Error()})
		return nil
	}
	if brought[domain] {
		return nil
	}
	if _, err := s.Publisher.Bring(ctx, domain); err != nil {
		return err
	}
	brought[domain] = true
	return nil
}

package dynamostore

import (
	"context"
	"errors"
	"log/slog"

	"github.com/aws/aws-lambda-go/events"

	"sealpost/internal/mtasts"
	"sealpost/internal/publication"
)

// Publisher brings edits to where they are served. An error means that the
// edit has to come again.
type Publisher interface {
	Edit(ctx context.Context, domain string, sequence publication.Sequence, item []byte) (publication.Status, error)
	Remove(ctx context.Context, domain string, sequence publication.Sequence) (publication.Status, error)
}

// Stream hands what the stream of the table of policies tells to a Publisher.
type Stream struct {
	Publisher Publisher
	Log       *slog.Logger
}

// Handle publishes the edits in their order. At the first that fails it stops
// and says so, and the stream begins with that one again.
func (s Stream) Handle(ctx context.Context, event events.DynamoDBEvent) (events.DynamoDBEventResponse, error) {
	for _, record := range event.Records {
		if err := s.publish(ctx, record); err != nil {
			s.Log.ErrorContext(ctx, "edit not published, so it comes again", "sequence", record.Change.SequenceNumber, "error", err)
			failed := events.DynamoDBBatchItemFailure{ItemIdentifier: record.Change.SequenceNumber}
			return events.DynamoDBEventResponse{BatchItemFailures: []events.DynamoDBBatchItemFailure{failed}}, nil
		}
	}
	return events.DynamoDBEventResponse{}, nil
}

func (s Stream) publish(ctx context.Context, record events.DynamoDBEventRecord) error {
	key, is := record.Change.Keys["domain"]
	if !is || key.DataType() != events.DataTypeString {
		return errors.New("the record has no domain for its key: this is not the stream of the table of policies")
	}
	domain, err := mtasts.ParseDomain(key.String())
	if err != nil { // It would be refused for ever, and has no place for a status.
		s.Log.WarnContext(ctx, "policy", "domain", key.String(), "state", publication.StateRefused, "problems", []string{err.Error()})
		return nil
	}
	sequence, err := publication.ParseSequence(record.Change.SequenceNumber)
	if err != nil {
		return err
	}
	status, err := s.bring(ctx, domain, sequence, record)
	if err != nil {
		return err
	}
	s.Log.InfoContext(ctx, "policy", "domain", domain, "state", status.State, "problems", status.Problems)
	return nil
}

func (s Stream) bring(ctx context.Context, domain string, sequence publication.Sequence, record events.DynamoDBEventRecord) (publication.Status, error) {
	if record.EventName == string(events.DynamoDBOperationTypeRemove) {
		return s.Publisher.Remove(ctx, domain, sequence)
	}
	item, err := ItemJSON(record.Change.NewImage)
	if err != nil {
		return publication.Status{}, err
	}
	return s.Publisher.Edit(ctx, domain, sequence, item)
}

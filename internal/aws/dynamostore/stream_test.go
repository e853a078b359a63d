package dynamostore_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/events"

	"sealpost/internal/aws/dynamostore"
	"sealpost/internal/aws/settings"
	"sealpost/internal/publication"
)

// bringer is a publisher that notes what it is told, and fails where told to.
type bringer struct {
	told []string
	fail string
}

func (b *bringer) Bring(_ context.Context, domain string) (publication.Status, error) {
	b.told = append(b.told, domain)
	if domain == b.fail {
		return publication.Status{}, errors.New("the store is away")
	}
	return publication.Status{State: publication.StatePublished}, nil
}

// record is one of a stream, for the key as people wrote it.
func record(name, key, sequence string) events.DynamoDBEventRecord {
	keys := map[string]events.DynamoDBAttributeValue{"domain": events.NewStringAttribute(key)}
	return events.DynamoDBEventRecord{EventName: name, Change: events.DynamoDBStreamRecord{Keys: keys, SequenceNumber: sequence}}
}

func TestStream(t *testing.T) {
	batch := []events.DynamoDBEventRecord{
		record("INSERT", "a.example", "9"),
		record("MODIFY", "Bücher.example.", "10"),
		record("INSERT", "no domain", "11"),
		record("REMOVE", "a.example", "12"),
		record("INSERT", "xn--bcher-kva.example", "13"),
		record("INSERT", "c.example", "14"),
	}
	nowhere, number := record("INSERT", "a.example", "20"), record("INSERT", "a.example", "21")
	nowhere.Change.Keys = nil
	number.Change.Keys["domain"] = events.NewNumberAttribute("1")
	for _, test := range []struct {
		name    string
		records []events.DynamoDBEventRecord
		fail    string
		told    string
		again   string // The sequence number from which it is to begin again.
	}{
		{"all goes well", batch, "", "a.example xn--bcher-kva.example c.example", ""},
		{"the first fails", batch, "a.example", "a.example", "9"},
		{"the second fails", batch, "xn--bcher-kva.example", "a.example xn--bcher-kva.example", "10"},
		{"the last fails", batch, "c.example", "a.example xn--bcher-kva.example c.example", "14"},
		{"nothing", nil, "", "", ""},
		{"no domain", batch[2:3], "", "", ""},
		{"another table's stream", append(batch[:1:1], nowhere, batch[5]), "", "a.example", "20"},
		{"another table's stream, whose key is a number", append(batch[:1:1], number, batch[5]), "", "a.example", "21"},
	} {
		t.Run(test.name, func(t *testing.T) {
			publisher := &bringer{fail: test.fail}
			var log bytes.Buffer
			stream := dynamostore.Stream{Publisher: publisher, Log: slog.New(slog.NewJSONHandler(&log, nil))}
			response, err := stream.Handle(t.Context(), events.DynamoDBEvent{Records: test.records})
			if err != nil {
				t.Fatal(err)
			}
			if told := strings.Join(publisher.told, " "); told != test.told {
				t.Errorf("told: %s; want %s", told, test.told)
			}
			var want []events.DynamoDBBatchItemFailure
			if test.again != "" {
				want = []events.DynamoDBBatchItemFailure{{ItemIdentifier: test.again}}
			}
			if !slices.Equal(response.BatchItemFailures, want) {
				t.Errorf("to come again: %v; want %v", response.BatchItemFailures, want)
			}
			if said := strings.Contains(log.String(), `"level":"ERROR"`); said != (test.again != "") {
				t.Errorf("the log is %s", &log)
			}
		})
	}
}

// TestStreamTellsOfWhatIsNoDomain: it has no place for a status, and an alarm
// counts the lines that say what was refused.
func TestStreamTellsOfWhatIsNoDomain(t *testing.T) {
	var log bytes.Buffer
	stream := dynamostore.Stream{Publisher: new(bringer), Log: slog.New(slog.NewJSONHandler(&log, nil))}
	records := []events.DynamoDBEventRecord{record("INSERT", "no domain", "1"), record("INSERT", "a.example", "2")}
	if _, err := stream.Handle(t.Context(), events.DynamoDBEvent{Records: records}); err != nil {
		t.Fatal(err)
	}
	var line map[string]any
	if err := json.Unmarshal(log.Bytes(), &line); err != nil {
		t.Fatalf("the log is %s; want one line: %v", &log, err)
	}
	if line["domain"] != "no domain" || line[settings.LogState] != string(publication.StateRefused) || line["problems"] == nil {
		t.Errorf("the log is %s", &log)
	}
}

// deadlined is a publisher that notes until when it may work.
type deadlined struct{ until time.Time }

func (d *deadlined) Bring(ctx context.Context, _ string) (publication.Status, error) {
	d.until, _ = ctx.Deadline()
	return publication.Status{}, nil
}

// TestStreamHasTimeToSaySo: an edit that takes too long fails, and the function
// is not killed over it.
func TestStreamHasTimeToSaySo(t *testing.T) {
	end := time.Date(2099, time.January, 1, 0, 0, 0, 0, time.UTC)
	ctx, cancel := context.WithDeadline(t.Context(), end)
	defer cancel()
	var publisher deadlined
	stream := dynamostore.Stream{Publisher: &publisher, Log: slog.New(slog.DiscardHandler)}
	event := events.DynamoDBEvent{Records: []events.DynamoDBEventRecord{record("MODIFY", "a.example", "1")}}
	if _, err := stream.Handle(ctx, event); err != nil || publisher.until.IsZero() || !publisher.until.Before(end) {
		t.Errorf("%v; the publisher may work until %v, the function until %v", err, publisher.until, end)
	}
}

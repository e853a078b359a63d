// Package archive keeps TLS reports: one object a report, immutable, under
// keys that a query engine can read as partitions.
//
//	reports/v1/dt=<day>/<report key>.json.gz        a [Line]
//	reports/v1/dt=<day>/<report key>.dkim.json.gz   a Line of the same report, signed, where the first was not
//	index/v1/<report key>                           where the line of that report lies
//	quarantine/v1/trust=<trust>/reason=<reason>/dt=<day>/<sha256> bytes that are no report of ours, as they came
//
// A day is the UTC day of receipt. A report key is the SHA-256 of the
// canonical report, so the same report has one key and nobody can take another
// reporter's place.
package archive

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"path"
	"strings"
	"time"
)

// Bucket is where objects lie: a directory, or a bucket in the cloud.
type Bucket interface {
	// Create writes an object that did not exist. The object is there whole
	// or not at all, and lasting once Create returns. It returns false, and
	// changes nothing, where the key exists. After an error the object may
	// be there or not; to call again is safe.
	Create(ctx context.Context, key string, value []byte) (created bool, err error)

	// Get reads an object; the error is fs.ErrNotExist where there is none.
	Get(ctx context.Context, key string) ([]byte, error)

	// List gives the keys that begin with prefix, in no order. It ends after
	// the first error.
	List(ctx context.Context, prefix string) iter.Seq2[string, error]
}

// Archive is the reports in a bucket.
type Archive struct {
	Bucket Bucket
}

// Kept says where a report lies.
type Kept struct {
	Key       string // Of the object.
	Duplicate bool   // It was there already.
	Replaces  bool   // What was there already: that was not signed, and this is, so from now on this counts.
}

// Keep stores a line once and for all. An error means try again: nothing is
// lost or doubled by that.
//
// The report's place is claimed in the index before the line is written, so a
// report that is sent again on another day, or twice at once, or after a
// crash, finds the place of its first time.
//
// Nothing is ever overwritten, so a signed copy of a report that first came
// unsigned gets a line of its own beside the first, with the first one's time of
// receipt. Whoever counts takes a report key once, TrustDKIM before TrustNone.
func (a Archive) Keep(ctx context.Context, line Line) (Kept, error) {
	value, err := encode(line)
	if err != nil {
		return Kept{}, err
	}
	object, err := a.claim(ctx, line.ReportKey, line.ReceivedAt)
	if err != nil {
		return Kept{}, err
	}
	created, err := a.Bucket.Create(ctx, object, value)
	if err != nil {
		return Kept{}, fmt.Errorf("store the report: %w", err)
	}
	if created || line.Trust != TrustDKIM {
		return Kept{Key: object, Duplicate: !created}, nil
	}
	return a.keepBeside(ctx, object, line)
}

// keepBeside stores a signed line where another line of the report lies,
// unless that is signed too.
func (a Archive) keepBeside(ctx context.Context, object string, line Line) (Kept, error) {
	first, err := a.read(ctx, object)
	var damaged *DamagedError
	switch {
	case errors.As(err, &damaged): // The signed line makes up for it.
	case err != nil:
		return Kept{}, fmt.Errorf("see whether the report is signed already: %w", err)
	case first.Trust == TrustDKIM:
		return Kept{Key: object, Duplicate: true}, nil
	default:
		line.ReceivedAt = first.ReceivedAt // The day that it lies in.
	}
	value, err := encode(line)
	if err != nil {
		return Kept{}, err
	}
	created, err := a.Bucket.Create(ctx, signedBeside(object), value)
	if err != nil {
		return Kept{}, fmt.Errorf("store the signed report: %w", err)
	}
	return Kept{Key: signedBeside(object), Duplicate: true, Replaces: created}, nil
}

func (a Archive) claim(ctx context.Context, reportKey string, received time.Time) (string, error) {
	object := reportObject(received, reportKey)
	entry := indexEntry(reportKey)
	created, err := a.Bucket.Create(ctx, entry, []byte(object))
	if err != nil {
		return "", fmt.Errorf("claim the report's place in the index: %w", err)
	}
	if created {
		return object, nil
	}
	claimed, err := a.Bucket.Get(ctx, entry)
	if err != nil {
		return "", fmt.Errorf("look up the report's place in the index: %w", err)
	}
	return string(claimed), nil
}

// Where lines lie: below a folder for each day, which is a partition to query
// engines. Engines know by the suffix that they are compressed.
const (
	ReportsPrefix   = "reports/v1/"
	PartitionColumn = "dt"
	LineSuffix      = ".json.gz"
)

const signedSuffix = ".dkim" + LineSuffix

func indexEntry(reportKey string) string { return "index/v1/" + reportKey }

func reportObject(received time.Time, reportKey string) string {
	return path.Join(ReportsPrefix, partition(received), reportKey+LineSuffix)
}

// signedBeside is the place of a signed line beside the first, unsigned one.
func signedBeside(object string) string {
	return strings.TrimSuffix(object, LineSuffix) + signedSuffix
}

// partition names the UTC day of t as query engines like it.
func partition(t time.Time) string {
	return PartitionColumn + "=" + t.UTC().Format(time.DateOnly)
}

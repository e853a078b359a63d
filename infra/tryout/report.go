package main

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/aws/aws-lambda-go/events"
	"github.com/go-json-experiment/json"

	"sealpost/internal/archive"
	"sealpost/internal/reportintake"
	"sealpost/internal/tlsrpt"
)

// answer is what intake says.
type answer struct {
	Status reportintake.Status `json:"status"`
	Reason archive.Reason      `json:"reason"`
	Key    string              `json:"key"`
}

func (v visit) reportSteps(r report) []step {
	if len(r.domains) == 0 {
		return []step{{r.name + " names no domain and is kept apart", func(ctx context.Context) error { return v.keepsApart(ctx, r) }}}
	}
	var kept answer
	return []step{
		{r.name + " is taken in", func(ctx context.Context) error {
			// For a minute after its policy, a domain may be taken for one that is not hosted.
			return v.eventually(ctx, func(ctx context.Context) (err error) {
				kept, err = v.send(ctx, r.text, r.packed)
				if err == nil && !kept.Status.Counts() {
					err = fmt.Errorf("the answer is %+v; want stored", kept)
				}
				return err
			})
		}},
		{"Its line is in the bucket", func(ctx context.Context) error { return v.hasLine(ctx, r, kept.Key) }},
		{"Sent again, " + form(!r.packed) + ", it is known", func(ctx context.Context) error {
			again, err := v.send(ctx, r.text, !r.packed)
			if err == nil && again != (answer{Status: reportintake.Duplicate, Key: kept.Key}) {
				err = fmt.Errorf("the answer is %+v; want duplicate, at %s", again, kept.Key)
			}
			return err
		}},
	}
}

// keepsApart sends a report that is nobody's.
func (v visit) keepsApart(ctx context.Context, r report) error {
	a, err := v.send(ctx, r.text, r.packed)
	if err == nil && (a.Status != reportintake.Quarantined || a.Reason != archive.ReasonNotHosted || a.Key == "") {
		err = fmt.Errorf("the answer is %+v; want it in quarantine as %s", a, archive.ReasonNotHosted)
	}
	return err
}

func form(packed bool) string {
	if packed {
		return "gzipped"
	}
	return "plain"
}

func (v visit) send(ctx context.Context, text []byte, packed bool) (answer, error) {
	if !packed {
		return readAnswer(v.functions.post(ctx, v.stack.intakeFunction, reportintake.Path, "application/json", text, true))
	}
	var body bytes.Buffer
	compress := gzip.NewWriter(&body)
	compress.Write(text) //nolint:errcheck // A buffer takes everything.
	compress.Close()     //nolint:errcheck // And this.
	return readAnswer(v.functions.post(ctx, v.stack.intakeFunction, reportintake.Path, "application/tlsrpt+gzip", body.Bytes(), false))
}

func readAnswer(response events.APIGatewayV2HTTPResponse, err error) (answer, error) {
	if err != nil {
		return answer{}, err
	}
	var a answer
	if err := json.Unmarshal([]byte(response.Body), &a); err != nil {
		return answer{}, fmt.Errorf("read the answer %d %q: %w", response.StatusCode, response.Body, err)
	}
	return a, nil
}

// hasLine reads the line by its key, and checks that it holds this report.
func (v visit) hasLine(ctx context.Context, r report, key string) error {
	found, err := v.readLine(ctx, key)
	if err != nil {
		return err
	}
	canonical, err := tlsrpt.Canonical(r.text)
	if err != nil {
		return err
	}
	if found.ReportKey != tlsrpt.Key(canonical) {
		return errors.New("the line is that of another report")
	}
	return nil
}

func (v visit) readLine(ctx context.Context, key string) (archive.Line, error) {
	object, err := v.reports.Get(ctx, key)
	if err != nil {
		return archive.Line{}, err
	}
	text, err := gunzip(object)
	if err != nil {
		return archive.Line{}, fmt.Errorf("unpack %s: %w", key, err)
	}
	var line archive.Line
	if err := json.Unmarshal(text, &line); err != nil {
		return archive.Line{}, fmt.Errorf("read %s: %w", key, err)
	}
	return line, nil
}

func gunzip(object []byte) ([]byte, error) {
	reader, err := gzip.NewReader(bytes.NewReader(object))
	if err != nil {
		return nil, err
	}
	return io.ReadAll(reader)
}

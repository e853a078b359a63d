package archive_test

import (
	"reflect"
	"strings"
	"testing"

	"sealpost/internal/archive"
	"sealpost/internal/storetest"
)

// FuzzDecodeLine reads objects that anybody could have put into the bucket.
// What reads as a line reads the same once it is kept anew.
func FuzzDecodeLine(f *testing.F) {
	f.Add([]byte(nil))
	f.Add([]byte(`{"schema_version":1}`))
	f.Add([]byte("\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\xff"))
	for _, text := range []string{
		"", "{}\n", "null", "[]", `{"policies":[{"failure_details":[null]}]}`,
		`{"received_at":"2026-11-17T12:00:00.123456789+05:45"}`, `{"received_at":"9999-12-31T23:59:59-12:00"}`,
		`{"policies":[{"total_failure_session_count":9223372036854775807}]}`,
		`{"report_json":"\ud800"}`, `{"report_json":"{\"a\":1}","unknown":[{}]}`,
		strings.Repeat("[", 100_000),
	} {
		f.Add(gzipped(f, text))
	}
	f.Fuzz(func(t *testing.T, object []byte) {
		line, err := decodeLine(t, object)
		if err != nil {
			if !reflect.DeepEqual(line, archive.Line{}) {
				t.Errorf("%+v came with the error %v", line, err)
			}
			return
		}
		line.ReportKey = "fuzzed"
		a := archive.Archive{Bucket: new(storetest.Memory)}
		if _, err := a.Keep(t.Context(), line); err != nil {
			t.Fatalf("cannot be kept anew: %v", err)
		}
		again, err := a.Get(t.Context(), line.ReportKey)
		if err != nil {
			t.Fatal(err)
		}
		if got, want := atRest(t, again), atRest(t, line); got != want {
			t.Errorf("got  %s\nwant %s", got, want)
		}
	})
}

// decodeLine reads an object at the place that the index gives for it.
func decodeLine(t *testing.T, object []byte) (archive.Line, error) {
	t.Helper()
	bucket := new(storetest.Memory)
	for key, value := range map[string][]byte{"index/v1/fuzzed": []byte("object"), "object": object} {
		if _, err := bucket.Create(t.Context(), key, value); err != nil {
			t.Fatal(err)
		}
	}
	return archive.Archive{Bucket: bucket}.Get(t.Context(), "fuzzed")
}

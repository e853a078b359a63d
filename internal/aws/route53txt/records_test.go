package route53txt_test

import (
	"context"
	"crypto/rand"
	"errors"
	"net/http"
	"net/http/httptest"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/route53"
	"github.com/aws/aws-sdk-go-v2/service/route53/types"

	"sealpost/internal/aws/mototest"
	"sealpost/internal/aws/route53txt"
	"sealpost/internal/publication"
)

const (
	id1 = "v=STSv1; id=1;"
	id2 = "v=STSv1; id=2;"
)

var at = publication.Place{Zone: "Z1", Name: "_mta-sts.example.com"}

func client(endpoint string, attempts int) *route53.Client {
	return route53.New(route53.Options{
		BaseEndpoint: &endpoint,
		Region:       "us-east-1",
		Credentials:  credentials.NewStaticCredentialsProvider("test", "test", ""),
		Retryer: retry.NewStandard(func(o *retry.StandardOptions) {
			o.MaxAttempts = attempts
			o.Backoff = retry.BackoffDelayerFunc(func(int, error) (time.Duration, error) { return 0, nil })
		}),
	})
}

func records(t *testing.T, fake http.Handler) route53txt.Records {
	server := httptest.NewServer(fake)
	t.Cleanup(server.Close)
	return route53txt.Records{Client: client(server.URL, 3), Timeout: time.Minute, Sync: time.Minute, Poll: time.Nanosecond}
}

// txt is a record as Route 53 lists it, its values in their quotation marks.
func txt(name string, quoted ...string) recordSet {
	set := recordSet{Name: name, Type: "TXT", TTL: 300}
	for _, text := range quoted {
		set.Values = append(set.Values, value{text})
	}
	return set
}

var address = recordSet{Name: "_mta-sts.example.com.", Type: "A", TTL: 60, Values: []value{{"192.0.2.1"}}}

func TestValues(t *testing.T) {
	const own = "_mta-sts.example.com."
	long := strings.Repeat("a", 255)
	for _, test := range []struct {
		name string
		sets []recordSet
		want []string
	}{
		{"nothing", nil, nil},
		{"one", []recordSet{txt(own, `"`+id1+`"`)}, []string{id1}},
		{"two", []recordSet{txt(own, `"`+id1+`"`, `"else"`)}, []string{id1, "else"}},
		{"in strings", []recordSet{txt(own, `"v=STSv1;" " id=1;"`)}, []string{id1}},
		{"with escapes", []recordSet{txt(own, `"\166=\"\\\303\274"`)}, []string{`v="\` + "\u00fc"}},
		{"long", []recordSet{txt(own, `"`+long+`" "`+long+`" "b"`)}, []string{long + long + "b"}},
		{"among others", []recordSet{txt("a.example.com.", `"a"`), txt(own, `"`+id1+`"`), txt("z.example.com.", `"z"`)}, []string{id1}},
		{"only what comes next", []recordSet{txt("_mta-sts.example.com.example.com.", `"a"`), txt("z.example.com.", `"z"`), txt("a._mta-sts.example.com.", `"b"`)}, nil},
		{"a wildcard next to it", []recordSet{txt(`\052._mta-sts.example.com.`, `"a"`)}, nil},
		{"another type", []recordSet{address}, nil},
		{"a later type", []recordSet{{Name: own, Type: "URI", TTL: 60, Values: []value{{"1 1 a"}}}}, nil},
		{"a CNAME in its stead", []recordSet{{Name: own, Type: "CNAME", TTL: 60, Values: []value{{"sts.other.example."}}}}, []string{"sts.other.example."}},
		{"both types", []recordSet{address, txt(own, `"`+id1+`"`)}, []string{id1}},
	} {
		t.Run(test.name, func(t *testing.T) {
			fake := &fakeRoute53{sets: test.sets}
			for _, name := range []string{at.Name, "_MTA-STS.example.com."} {
				got, err := records(t, fake).Values(t.Context(), publication.Place{Zone: "Z1", Name: name})
				if err != nil || !slices.Equal(got, test.want) {
					t.Errorf("%s: %q, %v; want %q", name, got, err, test.want)
				}
			}
		})
	}
}

// TestNotSimple: what others rely on is neither read as a value nor removed.
func TestNotSimple(t *testing.T) {
	for name, set := range map[string]recordSet{
		"alias":    {Name: "_mta-sts.example.com.", Type: "TXT", Alias: &alias{"Z1", "a.example.com.", "false"}},
		"weighted": {Name: "_mta-sts.example.com.", Type: "TXT", SetIdentifier: "one", Weight: "10", TTL: 300, Values: []value{{`"` + id1 + `"`}}},
	} {
		fake := &fakeRoute53{sets: []recordSet{set}}
		const want = "it is an alias or has a routing policy; replace it by a simple record, or remove it"
		if got, err := records(t, fake).Values(t.Context(), at); err == nil || !strings.HasSuffix(err.Error(), want) {
			t.Errorf("%s: %q, %v", name, got, err)
		}
		if err := records(t, fake).Remove(t.Context(), at, id1); err == nil || !strings.HasSuffix(err.Error(), want) {
			t.Errorf("%s: removed with %v", name, err)
		}
		if !reflect.DeepEqual(fake.kept(), []recordSet{set}) {
			t.Errorf("%s: %v is left", name, fake.kept())
		}
	}
}

func TestPut(t *testing.T) {
	long := strings.Repeat("a", 300)
	for _, test := range []struct {
		name, value string
		before      []recordSet
		after       []recordSet
	}{
		{"where nothing is", id1, nil, []recordSet{txt("_mta-sts.example.com.", `"`+id1+`"`)}},
		{"over another", id2, []recordSet{txt("_mta-sts.example.com.", `"`+id1+`"`, `"else"`)}, []recordSet{txt("_mta-sts.example.com.", `"`+id2+`"`)}},
		{"again", id1, []recordSet{txt("_mta-sts.example.com.", `"`+id1+`"`)}, []recordSet{txt("_mta-sts.example.com.", `"`+id1+`"`)}},
		{"beside others", id1, []recordSet{address, txt("z.example.com.", `"z"`)},
			[]recordSet{address, txt("z.example.com.", `"z"`), txt("_mta-sts.example.com.", `"`+id1+`"`)}},
		{"long", long, nil, []recordSet{txt("_mta-sts.example.com.", `"`+long[:255]+`" "`+long[255:]+`"`)}},
		{"with marks", `a"b\`, nil, []recordSet{txt("_mta-sts.example.com.", `"a\"b\\"`)}},
	} {
		t.Run(test.name, func(t *testing.T) {
			fake := &fakeRoute53{sets: test.before, pending: 3}
			r := records(t, fake)
			if err := r.Put(t.Context(), at, test.value); err != nil {
				t.Fatal(err)
			}
			if !reflect.DeepEqual(fake.kept(), test.after) {
				t.Errorf("got %v; want %v", fake.kept(), test.after)
			}
			if asked := fake.count("sync"); asked != 4 {
				t.Errorf("asked %d times whether the servers have it; want 4", asked)
			}
			if got, err := r.Values(t.Context(), at); err != nil || !slices.Equal(got, []string{test.value}) {
				t.Errorf("read back %q, %v", got, err)
			}
		})
	}
}

func TestRemove(t *testing.T) {
	ours, hours := txt("_mta-sts.example.com.", `"`+id1+`"`), txt("_mta-sts.example.com.", `"`+id1+`"`)
	hours.TTL = 3600
	two := txt("_mta-sts.example.com.", `"`+id1+`"`, `"else"`)
	foreign := txt("_mta-sts.example.com.", `"else"`)
	next := txt("a._mta-sts.example.com.", `"`+id1+`"`)
	for _, test := range []struct {
		name          string
		before, after []recordSet
		changes       int
	}{
		{"ours", []recordSet{ours}, nil, 1},
		{"with another TTL", []recordSet{hours}, nil, 1},
		{"in other strings", []recordSet{txt("_mta-sts.example.com.", `"v=STSv1; " "id=1;"`)}, nil, 1},
		{"beside others", []recordSet{address, ours, next}, []recordSet{address, next}, 1},
		{"nothing there", nil, nil, 0},
		{"only another type", []recordSet{address}, []recordSet{address}, 0},
		{"somebody else's", []recordSet{foreign}, []recordSet{foreign}, 0},
		{"one of two", []recordSet{two}, []recordSet{two}, 0},
		{"another name", []recordSet{next}, []recordSet{next}, 0},
	} {
		t.Run(test.name, func(t *testing.T) {
			fake := &fakeRoute53{sets: slices.Clone(test.before), pending: 1}
			if err := records(t, fake).Remove(t.Context(), at, id1); err != nil {
				t.Fatal(err)
			}
			if got := fake.kept(); len(got)+len(test.after) > 0 && !reflect.DeepEqual(got, test.after) {
				t.Errorf("got %v; want %v", got, test.after)
			}
			if fake.count("change") != test.changes || fake.count("sync") != 2*test.changes {
				t.Errorf("asked: %q", fake.asked)
			}
		})
	}
}

// TestRemoveRaces: it is no matter who removes a record, and another's in its
// place stays.
func TestRemoveRaces(t *testing.T) {
	foreign := []recordSet{txt("_mta-sts.example.com.", `"else"`)}
	for _, test := range []struct {
		name string
		race func(f *fakeRoute53) http.HandlerFunc // What becomes of the first change.
		left []recordSet
		fail bool
	}{
		{"somebody was faster", func(f *fakeRoute53) http.HandlerFunc {
			return func(w http.ResponseWriter, r *http.Request) { f.sets = nil; f.change(w, r) }
		}, nil, false},
		{"somebody put another", func(f *fakeRoute53) http.HandlerFunc {
			return func(w http.ResponseWriter, r *http.Request) { f.sets = foreign; f.change(w, r) }
		}, foreign, false},
		{"the answer is lost", func(f *fakeRoute53) http.HandlerFunc { return losing(f.change) }, nil, false},
		{"it cannot be removed", func(*fakeRoute53) http.HandlerFunc { return notFound },
			[]recordSet{txt("_mta-sts.example.com.", `"`+id1+`"`)}, true},
	} {
		t.Run(test.name, func(t *testing.T) {
			fake := &fakeRoute53{sets: []recordSet{txt("_mta-sts.example.com.", `"`+id1+`"`)}}
			fake.answers = map[string][]http.HandlerFunc{"change": {test.race(fake)}}
			err := records(t, fake).Remove(t.Context(), at, id1)
			var refused *types.InvalidChangeBatch
			if errors.As(err, &refused) != test.fail || (err != nil) != test.fail {
				t.Errorf("got %v", err)
			}
			if got := fake.kept(); len(got)+len(test.left) > 0 && !reflect.DeepEqual(got, test.left) {
				t.Errorf("%v is left; want %v", got, test.left)
			}
		})
	}
}

// TestRetries: what Route 53 refuses for now is asked again, but not for ever.
func TestRetries(t *testing.T) {
	throttled := refuse(http.StatusBadRequest, "Throttling")
	busy := refuse(http.StatusBadRequest, "PriorRequestNotComplete")
	broken := refuse(http.StatusInternalServerError, "InternalFailure")
	forbidden := refuse(http.StatusForbidden, "AccessDenied")
	put := func(r route53txt.Records, ctx context.Context) error { return r.Put(ctx, at, id1) }
	read := func(r route53txt.Records, ctx context.Context) error {
		_, err := r.Values(ctx, at)
		return err
	}
	for _, test := range []struct {
		name    string
		do      func(route53txt.Records, context.Context) error
		what    string
		answers []http.HandlerFunc
		asked   int
		want    string
	}{
		{"a change, throttled", put, "change", []http.HandlerFunc{throttled, throttled}, 3, ""},
		{"a change after another", put, "change", []http.HandlerFunc{busy, busy}, 3, ""},
		{"a change, and Route 53 fails", put, "change", []http.HandlerFunc{broken, broken}, 3, ""},
		{"always throttled", put, "change", []http.HandlerFunc{throttled, throttled, throttled}, 3, "Throttling"},
		{"always after another", put, "change", []http.HandlerFunc{busy, busy, busy}, 3, "PriorRequestNotComplete"},
		{"no right to change", put, "change", []http.HandlerFunc{forbidden}, 1, "AccessDenied"},
		{"a listing, throttled", read, "list", []http.HandlerFunc{throttled, throttled}, 3, ""},
		{"a listing, always throttled", read, "list", []http.HandlerFunc{throttled, throttled, throttled}, 3, "Throttling"},
		{"no right to list", read, "list", []http.HandlerFunc{forbidden}, 1, "AccessDenied"},
		{"the wait, throttled", put, "sync", []http.HandlerFunc{throttled, throttled}, 3, ""},
		{"no right to wait", put, "sync", []http.HandlerFunc{forbidden}, 1, "AccessDenied"},
	} {
		t.Run(test.name, func(t *testing.T) {
			fake := &fakeRoute53{answers: map[string][]http.HandlerFunc{test.what: test.answers}}
			err := test.do(records(t, fake), t.Context())
			if (err == nil) != (test.want == "") || err != nil && !(strings.Contains(err.Error(), test.want) && strings.Contains(err.Error(), at.Name)) {
				t.Errorf("got %v; want the error %q", err, test.want)
			}
			if asked := fake.count(test.what); asked != test.asked {
				t.Errorf("asked %d times; want %d", asked, test.asked)
			}
		})
	}
}

func TestNoZone(t *testing.T) {
	nowhere := publication.Place{Zone: "Z2", Name: at.Name}
	var none *types.NoSuchHostedZone
	if _, err := records(t, new(fakeRoute53)).Values(t.Context(), nowhere); !errors.As(err, &none) {
		t.Errorf("got %v", err)
	}
	if err := records(t, new(fakeRoute53)).Put(t.Context(), nowhere, id1); !errors.As(err, &none) {
		t.Errorf("got %v", err)
	}
}

// TestEnds: neither silence nor a change that never arrives takes for ever.
func TestEnds(t *testing.T) {
	silent := records(t, http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }))
	silent.Timeout = time.Millisecond
	if _, err := silent.Values(t.Context(), at); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("read: %v; want context.DeadlineExceeded", err)
	}
	if err := silent.Remove(t.Context(), at, id1); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("remove: %v; want context.DeadlineExceeded", err)
	}
	for name, pending := range map[string]time.Duration{"polls": time.Nanosecond, "sleeps": time.Hour} {
		never := records(t, &fakeRoute53{pending: 1 << 30})
		never.Sync, never.Poll = 50*time.Millisecond, pending
		if err := never.Put(t.Context(), at, id1); err == nil || !strings.Contains(err.Error(), "wait for the name servers to have it") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestMoto does it all against another's idea of Route 53.
func TestMoto(t *testing.T) {
	endpoint := mototest.Need(t)
	c := client(endpoint, 3)
	zone, err := c.CreateHostedZone(t.Context(), &route53.CreateHostedZoneInput{Name: aws.String("example.com"), CallerReference: aws.String(rand.Text())})
	if err != nil {
		t.Fatal(err)
	}
	r := route53txt.Records{Client: c, Timeout: time.Minute, Sync: time.Minute, Poll: time.Millisecond}
	at := publication.Place{Zone: strings.TrimPrefix(*zone.HostedZone.Id, "/hostedzone/"), Name: at.Name}
	other := publication.Place{Zone: at.Zone, Name: "a." + at.Name}
	expect := func(at publication.Place, want ...string) {
		t.Helper()
		if got, err := r.Values(t.Context(), at); err != nil || !slices.Equal(got, want) {
			t.Errorf("%s has %q, %v; want %q", at.Name, got, err, want)
		}
	}
	do := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	expect(at)
	do(r.Remove(t.Context(), at, id1))
	do(r.Put(t.Context(), other, id2))
	expect(at)
	do(r.Put(t.Context(), at, id1))
	expect(at, id1)
	do(r.Put(t.Context(), at, id2))
	expect(at, id2)
	do(r.Remove(t.Context(), at, id1))
	expect(at, id2)
	do(r.Remove(t.Context(), at, id2))
	expect(at)
	expect(other, id2)
}

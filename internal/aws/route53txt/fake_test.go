package route53txt_test

import (
	"encoding/xml"
	"fmt"
	"net/http"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
)

// fakeRoute53 is a hosted zone. It lists, changes and syncs as Route 53 says of
// itself, or does what its answers say, one after the other.
type fakeRoute53 struct {
	lock    sync.Mutex
	sets    []recordSet
	pending int                             // How often a change is told to be pending.
	answers map[string]([]http.HandlerFunc) // By what is asked for: list, change, sync.
	asked   []string
}

type recordSet struct {
	Name          string
	Type          string
	SetIdentifier string  `xml:",omitempty"`
	Weight        string  `xml:",omitempty"`
	TTL           int     `xml:",omitempty"`
	Values        []value `xml:"ResourceRecords>ResourceRecord"`
	Alias         *alias  `xml:"AliasTarget"`
}

// value is written as Route 53 has it, in quotation marks.
type value struct{ Value string }

type alias struct{ HostedZoneId, DNSName, EvaluateTargetHealth string }

const (
	namespace = "https://route53.amazonaws.com/doc/2013-04-01/"
	zonePath  = "/2013-04-01/hostedzone/Z1/rrset"
)

func (f *fakeRoute53) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	f.lock.Lock()
	defer f.lock.Unlock()
	handlers := map[string]http.HandlerFunc{"list": f.list, "change": f.change, "sync": f.sync}
	what := "none"
	switch path := strings.TrimSuffix(r.URL.Path, "/"); {
	case r.Method == http.MethodGet && path == zonePath:
		what = "list"
	case r.Method == http.MethodPost && path == zonePath:
		what = "change"
	case r.Method == http.MethodGet && path == "/2013-04-01/change/C1":
		what = "sync"
	}
	f.asked = append(f.asked, what)
	switch waiting := f.answers[what]; {
	case what == "none":
		refuse(http.StatusNotFound, "NoSuchHostedZone")(w, r)
	case len(waiting) > 0:
		f.answers[what] = waiting[1:]
		waiting[0](w, r)
	default:
		handlers[what](w, r)
	}
}

func (f *fakeRoute53) count(what string) int {
	f.lock.Lock()
	defer f.lock.Unlock()
	n := 0
	for _, asked := range f.asked {
		if asked == what {
			n++
		}
	}
	return n
}

func (f *fakeRoute53) kept() []recordSet {
	f.lock.Lock()
	defer f.lock.Unlock()
	return slices.Clone(f.sets)
}

// place is where a record stands in a listing: names are sorted from their ends.
func place(name, kind string) string {
	labels := strings.Split(strings.TrimSuffix(strings.ToLower(name), "."), ".")
	slices.Reverse(labels)
	return strings.Join(labels, ".") + ".\x00" + kind
}

func (f *fakeRoute53) list(w http.ResponseWriter, r *http.Request) {
	query := r.URL.Query()
	most, err := strconv.Atoi(query.Get("maxitems"))
	if err != nil {
		refuse(http.StatusBadRequest, "InvalidInput")(w, r)
		return
	}
	begin := place(query.Get("name"), query.Get("type"))
	sorted := slices.SortedStableFunc(slices.Values(f.sets), func(a, b recordSet) int {
		return strings.Compare(place(a.Name, a.Type), place(b.Name, b.Type))
	})
	var listed []recordSet
	for _, set := range sorted {
		if place(set.Name, set.Type) >= begin && len(listed) < most {
			listed = append(listed, set)
		}
	}
	answer(w, http.StatusOK, struct {
		XMLName xml.Name    `xml:"ListResourceRecordSetsResponse"`
		Space   string      `xml:"xmlns,attr"`
		Sets    []recordSet `xml:"ResourceRecordSets>ResourceRecordSet"`
	}{Space: namespace, Sets: listed})
}

func (f *fakeRoute53) change(w http.ResponseWriter, r *http.Request) {
	var batch struct {
		Changes []struct {
			Action string
			Set    recordSet `xml:"ResourceRecordSet"`
		} `xml:"ChangeBatch>Changes>Change"`
	}
	if err := xml.NewDecoder(r.Body).Decode(&batch); err != nil || len(batch.Changes) != 1 {
		refuse(http.StatusBadRequest, "InvalidInput")(w, r)
		return
	}
	action, set := batch.Changes[0].Action, batch.Changes[0].Set
	set.Name = strings.ToLower(strings.TrimSuffix(set.Name, ".")) + "."
	at := slices.IndexFunc(f.sets, func(one recordSet) bool { return one.Name == set.Name && one.Type == set.Type })
	switch {
	case action == "UPSERT" && at < 0:
		f.sets = append(f.sets, set)
	case action == "UPSERT":
		f.sets[at] = set
	case action == "DELETE" && at >= 0 && reflect.DeepEqual(f.sets[at], set):
		f.sets = slices.Delete(f.sets, at, at+1)
	default:
		notFound(w, r)
		return
	}
	f.tell(w, "ChangeResourceRecordSetsResponse", "PENDING")
}

func (f *fakeRoute53) sync(w http.ResponseWriter, _ *http.Request) {
	status := "INSYNC"
	if f.pending > 0 {
		f.pending--
		status = "PENDING"
	}
	f.tell(w, "GetChangeResponse", status)
}

func (f *fakeRoute53) tell(w http.ResponseWriter, root, status string) {
	type info struct{ Id, Status, SubmittedAt string }
	answer(w, http.StatusOK, struct {
		XMLName xml.Name
		Space   string `xml:"xmlns,attr"`
		Info    info   `xml:"ChangeInfo"`
	}{xml.Name{Local: root}, namespace, info{"/change/C1", status, "2026-01-01T00:00:00Z"}})
}

func answer(w http.ResponseWriter, code int, body any) {
	text, err := xml.Marshal(body)
	if err != nil {
		panic(err)
	}
	w.WriteHeader(code)
	w.Write(text) //nolint:errcheck // The test would fail.
}

func refuse(status int, code string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(status)
		fmt.Fprintf(w, `<ErrorResponse xmlns="%s"><Error><Type>Sender</Type><Code>%s</Code><Message>No.</Message></Error><RequestId>1</RequestId></ErrorResponse>`, namespace, code)
	}
}

// notFound refuses a change that does not fit what there is.
func notFound(w http.ResponseWriter, _ *http.Request) {
	w.WriteHeader(http.StatusBadRequest)
	fmt.Fprintf(w, `<InvalidChangeBatch xmlns="%s"><Messages><Message>Tried to delete resource record set, but it was not found</Message></Messages><RequestId>1</RequestId></InvalidChangeBatch>`, namespace)
}

// losing does what is asked, and breaks the connection before it says so.
func losing(do func(http.ResponseWriter, *http.Request)) http.HandlerFunc {
	return func(_ http.ResponseWriter, r *http.Request) {
		do(nowhere{}, r)
		panic(http.ErrAbortHandler)
	}
}

type nowhere struct{}

func (nowhere) Header() http.Header            { return http.Header{} }
func (nowhere) Write(text []byte) (int, error) { return len(text), nil }
func (nowhere) WriteHeader(int)                {}

// TestPlace holds the fake to the order of the real one.
func TestPlace(t *testing.T) {
	names := []string{"example.com.", `\052.example.com.`, "_mta-sts.example.com.", "a._mta-sts.example.com.", "example.com.example.net."}
	for i := range names[1:] {
		if place(names[i], "TXT") >= place(names[i+1], "A") {
			t.Errorf("%s comes before %s", names[i+1], names[i])
		}
	}
}

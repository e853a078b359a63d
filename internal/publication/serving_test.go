package publication_test

import (
	"context"
	"errors"
	"testing"

	"sealpost/internal/mtasts"
	"sealpost/internal/publication"
)

// served is a store of one answer.
type served struct {
	publication.PublishedStore
	published publication.Published
	is        bool
	err       error
}

func (s served) Published(context.Context, string) (publication.Published, bool, error) {
	return s.published, s.is, s.err
}

func TestServing(t *testing.T) {
	const body = "version: STSv1\nmode: none\nmx: mx.example.com\nmax_age: 86400\n"
	good := publication.Published{Domain: "example.com", Body: body, ID: mtasts.ID([]byte(body))}
	ofAnother, changed := good, good
	ofAnother.Domain = "example.net"
	changed.Body += "mx: evil.example\n"
	for _, c := range []struct {
		name   string
		store  served
		want   string
		is     bool
		failed bool
	}{
		{"what is published", served{published: good, is: true}, body, true, false},
		{"nothing", served{}, "", false, false},
		{"not known", served{published: good, is: true, err: errors.New("away")}, "", false, true},
		{"another domain's", served{published: ofAnother, is: true}, "", false, true},
		{"changed by hand", served{published: changed, is: true}, "", false, true},
	} {
		policy, is, err := publication.Serving{Store: c.store}.Published(t.Context(), "example.com")
		if string(policy.Body) != c.want || is != c.is || (err != nil) != c.failed {
			t.Errorf("%s: %q, %t, %v", c.name, policy.Body, is, err)
		}
	}
}

// Package route53txt keeps TXT records in hosted zones of Amazon Route 53.
package route53txt

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/route53"
	"github.com/aws/aws-sdk-go-v2/service/route53/types"

	"sealpost/internal/publication"
)

// Records are the TXT records of hosted zones. A call that Route 53 throttles,
// or refuses while an earlier change of the zone is not done
// (PriorRequestNotComplete), is tried again as often as the client is set to. It
// needs all fields.
type Records struct {
	Client  *route53.Client
	Timeout time.Duration // Of each call, with all its attempts.
	Sync    time.Duration // How long a change may take to reach every name server; usually a minute is enough.
	Poll    time.Duration // How long to wait before asking again whether it has; longer each time.
}

var _ publication.Records = Records{}

const ttl = 300 // Seconds.

// maxTypes is more than there are types of records, of which a name may have one
// each.
const maxTypes = 30

// Values implements publication.Records. A CNAME that stands in the place is
// given like a value, since it is somebody's too. A record that is an alias, or
// one of several by a routing policy, is an error: to put a value there would
// replace what others rely on.
func (r Records) Values(ctx context.Context, at publication.Place) ([]string, error) {
	set, err := r.find(ctx, at)
	if err != nil {
		return nil, fmt.Errorf("read the TXT record of %s in zone %s: %w", at.Name, at.Zone, err)
	}
	return values(set), nil
}

// Put implements publication.Records. It replaces whatever TXT record is there,
// so look at Values before.
func (r Records) Put(ctx context.Context, at publication.Place, value string) error {
	err := r.change(ctx, at, types.ChangeActionUpsert, &types.ResourceRecordSet{
		Name:            &at.Name,
		Type:            types.RRTypeTxt,
		TTL:             aws.Int64(ttl),
		ResourceRecords: []types.ResourceRecord{{Value: aws.String(quote(value))}},
	})
	if err != nil {
		return fmt.Errorf("write the TXT record of %s in zone %s: %w", at.Name, at.Zone, err)
	}
	return nil
}

// Remove implements publication.Records.
func (r Records) Remove(ctx context.Context, at publication.Place, value string) error {
	if err := r.remove(ctx, at, value); err != nil {
		return fmt.Errorf("remove the TXT record of %s from zone %s: %w", at.Name, at.Zone, err)
	}
	return nil
}

func (r Records) remove(ctx context.Context, at publication.Place, value string) error {
	set, err := r.find(ctx, at)
	if err != nil || !holdsOnly(set, value) {
		return err
	}
	// Route 53 deletes a record only as it was listed, so nothing else can go.
	err = r.change(ctx, at, types.ChangeActionDelete, set)
	var refused *types.InvalidChangeBatch
	if !errors.As(err, &refused) {
		return err
	}
	// Somebody was faster, or the answer to an earlier attempt was lost.
	if set, again := r.find(ctx, at); again != nil || holdsOnly(set, value) {
		return err
	}
	return nil
}

// find gives the TXT record at a place as it is listed, or the CNAME in its
// stead; nil where there is neither.
func (r Records) find(ctx context.Context, at publication.Place) (*types.ResourceRecordSet, error) {
	ctx, cancel := context.WithTimeout(ctx, r.Timeout)
	defer cancel()
	// The listing begins there, or with what comes next.
	list, err := r.Client.ListResourceRecordSets(ctx, &route53.ListResourceRecordSetsInput{
		HostedZoneId:    &at.Zone,
		StartRecordName: &at.Name,
		MaxItems:        aws.Int32(maxTypes),
	})
	if err != nil {
		return nil, err
	}
	i := slices.IndexFunc(list.ResourceRecordSets, func(set types.ResourceRecordSet) bool {
		return sameName(aws.ToString(set.Name), at.Name) && (set.Type == types.RRTypeTxt || set.Type == types.RRTypeCname)
	})
	if i < 0 {
		return nil, nil
	}
	set := &list.ResourceRecordSets[i]
	if set.AliasTarget != nil || set.SetIdentifier != nil || set.TrafficPolicyInstanceId != nil {
		return nil, errors.New("it is an alias or has a routing policy; replace it by a simple record, or remove it")
	}
	return set, nil
}

// change makes a change and waits until every name server has it.
func (r Records) change(ctx context.Context, at publication.Place, action types.ChangeAction, set *types.ResourceRecordSet) error {
	begun, err := r.begin(ctx, at, action, set)
	if err != nil {
		return err
	}
	waiter := route53.NewResourceRecordSetsChangedWaiter(r.Client, func(o *route53.ResourceRecordSetsChangedWaiterOptions) {
		o.MinDelay, o.MaxDelay = r.Poll, 5*r.Poll
	})
	if err := waiter.Wait(ctx, &route53.GetChangeInput{Id: begun.Id}, r.Sync); err != nil {
		return fmt.Errorf("wait for the name servers to have it: %w", err)
	}
	return nil
}

func (r Records) begin(ctx context.Context, at publication.Place, action types.ChangeAction, set *types.ResourceRecordSet) (*types.ChangeInfo, error) {
	ctx, cancel := context.WithTimeout(ctx, r.Timeout)
	defer cancel()
	output, err := r.Client.ChangeResourceRecordSets(ctx, &route53.ChangeResourceRecordSetsInput{
		HostedZoneId: &at.Zone,
		ChangeBatch:  &types.ChangeBatch{Changes: []types.Change{{Action: action, ResourceRecordSet: set}}},
	})
	if err != nil {
		return nil, err
	}
	return output.ChangeInfo, nil
}

func values(set *types.ResourceRecordSet) []string {
	if set == nil {
		return nil
	}
	var values []string
	for _, record := range set.ResourceRecords {
		values = append(values, unquote(aws.ToString(record.Value)))
	}
	return values
}

func holdsOnly(set *types.ResourceRecordSet, value string) bool {
	held := values(set)
	return len(held) == 1 && held[0] == value
}

// sameName: Route 53 lists names in lower case and with the trailing dot. What
// it escapes beside letters, digits, hyphens and underscores is in no name of
// ours.
func sameName(listed, name string) bool {
	return strings.EqualFold(strings.TrimSuffix(listed, "."), strings.TrimSuffix(name, "."))
}

package dynamostore

import (
	"context"

	"sealpost/internal/alert"
	"sealpost/internal/weekly"
)

var (
	_ weekly.DeliveryStore = State{}
	_ alert.DayStore       = State{}
)

// Delivery implements weekly.DeliveryStore.
func (s State) Delivery(ctx context.Context, week, audience string) (delivery weekly.Delivery, err error) {
	at, err := deliveryPlace(week, audience)
	if err != nil {
		return weekly.Delivery{}, err
	}
	if is, err := s.get(ctx, at, &delivery); err != nil || !is {
		return weekly.Delivery{}, err
	}
	return delivery, nil
}

// SetDelivery implements weekly.DeliveryStore.
func (s State) SetDelivery(ctx context.Context, d weekly.Delivery) (done bool, err error) {
	at, err := deliveryPlace(d.Week, d.Audience)
	if err != nil {
		return false, err
	}
	item, err := encode(at, d)
	if err != nil {
		return false, err
	}
	item[expires] = number(d.KeptUntil().Unix())
	return s.replaceItem(ctx, at, d.Revision, item)
}

func deliveryPlace(week, audience string) (place, error) {
	name, err := weekly.DeliveryName(week, audience)
	return place{noDomain, name}, err
}

// Day implements alert.DayStore.
func (s State) Day(ctx context.Context, domain string) (alert.Day, error) {
	at, err := placeOf(domain, alertsRow)
	if err != nil {
		return alert.Day{}, err
	}
	var day alert.Day
	if _, err := s.get(ctx, at, &day); err != nil {
		return alert.Day{}, err
	}
	day.Domain = domain
	return day, nil
}

// SetDay implements alert.DayStore.
func (s State) SetDay(ctx context.Context, d alert.Day) (done bool, err error) {
	at, err := placeOf(d.Domain, alertsRow)
	if err != nil {
		return false, err
	}
	return s.replace(ctx, at, d.Revision, d)
}

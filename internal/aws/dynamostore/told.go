package dynamostore

import (
	"context"

	"sealpost/internal/told"
)

var (
	_ told.DeliveryStore = State{}
	_ told.DayStore      = State{}
)

// Delivery implements told.DeliveryStore.
func (s State) Delivery(ctx context.Context, week, audience string) (delivery told.Delivery, err error) {
	at, err := deliveryPlace(week, audience)
	if err != nil {
		return told.Delivery{}, err
	}
	if is, err := s.get(ctx, at, &delivery); err != nil || !is {
		return told.Delivery{}, err
	}
	return delivery, nil
}

// SetDelivery implements told.DeliveryStore.
func (s State) SetDelivery(ctx context.Context, d told.Delivery) (done bool, err error) {
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
	name, err := told.DeliveryName(week, audience)
	return place{noDomain, name}, err
}

// Day implements told.DayStore.
func (s State) Day(ctx context.Context, domain string) (told.Day, error) {
	at, err := placeOf(domain, alertsRow)
	if err != nil {
		return told.Day{}, err
	}
	var day told.Day
	if _, err := s.get(ctx, at, &day); err != nil {
		return told.Day{}, err
	}
	day.Domain = domain
	return day, nil
}

// SetDay implements told.DayStore.
func (s State) SetDay(ctx context.Context, d told.Day) (done bool, err error) {
	at, err := placeOf(d.Domain, alertsRow)
	if err != nil {
		return false, err
	}
	return s.replace(ctx, at, d.Revision, d)
}

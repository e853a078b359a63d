package survey

import "sync"

const (
	maxConnections = 100 // At once, whatever the DNS of all domains names.
	maxLookups     = 50  // Likewise. Resolvers turn away whoever asks too much.
)

// places are for so many at once.
type places struct {
	once  sync.Once
	taken chan struct{}
}

// take waits for one of so many, and gives what leaves it.
func (p *places) take(most int) (leave func()) {
	p.once.Do(func() { p.taken = make(chan struct{}, most) })
	p.taken <- struct{}{}
	return func() { <-p.taken }
}

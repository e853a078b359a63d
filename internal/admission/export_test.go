package admission

// Held returns how much is charged.
func (c *Charge) Held() int64 {
	if c == nil {
		return 0
	}
	return c.held
}

package reportintake

// ChargedFor is what a report is charged while it is judged.
func ChargedFor(bytes, values int) int64 { return min(costOf(bytes, values), largeSize) }

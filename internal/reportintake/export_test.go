package reportintake

// ChargedFor is what a report is charged while it is judged.
func ChargedFor(bytes, values int) int64 { return min(costOf(bytes, values), largeSize) }

// HeldOfMail is what each byte of a mail is charged.
const HeldOfMail = heldOfMail

package settings

import (
	"time"

	"sealpost/internal/policyhost"
)

// Settle is how long what is published must be so before its id may move. By
// then nothing older is seen anywhere: whoever set out to write an older copy is
// done within [Writer], and what the edge fetched until then it keeps for
// [Fresh] at most. Nor is anyone left to write an older id.
const Settle = 2 * time.Minute

// Writer is how long any work on one domain may take from its first reading to
// its last writing.
const Writer = time.Minute

// Fresh is how long the edge keeps an answer.
const Fresh = policyhost.Fresh

// Who waits how long for a policy, from the inside to the outside, so that what
// is silent inside becomes an answer outside. Some senders wait for two seconds
// in all, and the copy still has to be fetched in that time.
const (
	PolicyRead = time.Second     // For the table, with all attempts.
	PolicyEnds = 3 * time.Second // For the function, which has to start too.
	EdgeWaits  = 4 * time.Second // For the function's answer; then the copy is asked for.
)

// PolicyAnswer is how long one attempt waits for the table: there is time for a
// second one, since a table that answers does so in some milliseconds.
const PolicyAnswer = 400 * time.Millisecond

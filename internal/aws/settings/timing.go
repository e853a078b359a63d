package settings

import "time"

// Settle is how long what is published must be so before its id may move. By
// then nothing older is seen anywhere: whoever set out to write an older copy is
// done within [Writer], and what the edge fetched until then it keeps for
// [Fresh] at most. Nor is anyone left to write an older id.
const Settle = 2 * time.Minute

// Writer is how long any work on one domain may take from its first reading to
// its last writing.
const Writer = time.Minute

// Fresh is how long the edge keeps an answer.
const Fresh = time.Minute

// Reading is how long whoever serves a policy may look for it. Some senders wait
// for two seconds in all, and where this fails, the edge has yet to fetch its
// copy.
const Reading = time.Second

package settings

// What functions log in JSON, as far as alarms look for it.
const (
	WalkMessage = "walk"  // The message of the line that ends a walk.
	LogDone     = "done"  // In it: whether all domains were looked after.
	LogStuck    = "stuck" // In it: how many domains should have become active long ago, and did not.
	LogBrake    = "brake" // Whether changes are held back.
	LogState    = "state" // Of a domain whose item was looked at.

	UnreadMessage = "mail left unread" // The message of the line on a mail that stays in the inbox for what SES found in it.
	LogVirus      = "virus"            // In it: what SES says of viruses, "FAIL".

	LogInDoubt = "in_doubt" // Of a digest: whether nobody knows if it was mailed.
	LogDueRun  = "due_run"  // Of a digest: whether it is that of the week that is due, and was mailed, now or before, or is in doubt.
)

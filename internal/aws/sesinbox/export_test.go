package sesinbox

import "time"

// Read reads a message.
func Read(body string) (bucket, key string, receivedAt time.Time, verdicts map[string]string, unreadable bool, err error) {
	n, err := read(body)
	return n.bucket, n.key, n.receivedAt, n.verdicts, n.isUnreadable(), err
}

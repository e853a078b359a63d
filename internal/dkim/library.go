package dkim

import (
	"bytes"
	"errors"
	"io"
	"strings"
	"sync"
	"time"
	_ "unsafe" // For go:linkname.

	"github.com/emersion/go-msgauth/dkim"
)

// The library judges x= by the clock of the machine and nothing else. A mail
// may wait for us, in a queue or in quarantine, for longer than its signature
// holds (25 hours, for Mail.ru), so the library is told the time of receipt.
// It has no option for that, hence the reach into it; a test notices if it
// ever comes to nothing. One look at the clock at a time.
var (
	libraryLock sync.Mutex

	//go:linkname libraryNow github.com/emersion/go-msgauth/dkim.now
	libraryNow func() time.Time
)

// libraryVerify has the library verify the signature in the mail's field i, and
// gives what is wrong with it, in words for people.
func libraryVerify(m message, i int, key string, received time.Time) (problem string) {
	var verifications []*dkim.Verification
	var err error
	at(received, func() {
		// The body in one piece: in many, it may take time by the square of its size.
		mail := io.MultiReader(strings.NewReader(m.withFirst(i)), bytes.NewReader(m.body))
		verifications, err = dkim.VerifyWithOptions(mail, &dkim.VerifyOptions{
			LookupTXT:        func(string) ([]string, error) { return []string{key}, nil },
			MaxVerifications: 1,
		})
	})
	switch {
	case err != nil && !errors.Is(err, dkim.ErrTooManySignatures):
		return inWords(err)
	case len(verifications) != 1:
		return "cannot be found"
	case verifications[0].Err != nil:
		return inWords(verifications[0].Err)
	}
	return ""
}

// at lets something happen in the library at a time.
func at(t time.Time, do func()) {
	libraryLock.Lock()
	defer libraryLock.Unlock()
	clock := libraryNow
	libraryNow = func() time.Time { return t }
	defer func() { libraryNow = clock }()
	do()
}

// inWords says what the library found.
func inWords(err error) string {
	said := strings.TrimPrefix(err.Error(), "dkim: ")
	switch {
	case strings.HasPrefix(said, "body hash did not verify"):
		return "does not fit the mail: its text or attachments were changed on the way"
	case strings.HasPrefix(said, "signature did not verify"):
		return "does not fit the mail: a header field was changed on the way, or the key in the DNS is another one"
	case strings.HasPrefix(said, "key record error: "):
		return "has a key record in the DNS that cannot be read: it has to be name=value, with a semicolon between each and the next (RFC 6376, section 3.6.1)"
	case strings.HasPrefix(said, "key syntax error: "):
		return "has a record in the DNS whose p= is no public key (RFC 6376, section 3.6.1)"
	default:
		return "is not valid: " + said
	}
}

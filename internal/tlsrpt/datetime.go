package tlsrpt

import (
	"strings"
	"time"
)

// parseDateTime reads a date-time of RFC 3339, section 5.6, in any of its
// spellings, and without a zone as Microsoft has sent it (then UTC is meant).
// A leap second becomes the first second of the next minute.
func parseDateTime(s string) (t time.Time, zoned, ok bool) {
	const length = len("2006-01-02T15:04:05")
	if len(s) < length || !isLayout(s[:length]) {
		return time.Time{}, false, false
	}
	year, month, day := number(s[0:4]), time.Month(number(s[5:7])), number(s[8:10])
	hour, minute, second := number(s[11:13]), number(s[14:16]), number(s[17:19])
	if year < minYear || year > maxYear || hour > 23 || minute > 59 || second > 60 || !isDate(year, month, day) {
		return time.Time{}, false, false
	}
	nanosecond, rest, ok := fraction(s[length:])
	if !ok {
		return time.Time{}, false, false
	}
	offset, zoned, ok := zone(rest)
	if !ok {
		return time.Time{}, false, false
	}
	return time.Date(year, month, day, hour, minute, second, nanosecond, time.UTC).Add(-offset), zoned, true
}

// The years of a date-time, so that no offset leads out of the four digits that
// RFC 3339 has for a year.
const (
	minYear = 1000
	maxYear = 8999
)

// isLayout says whether s has digits and separators where a date-time has them.
func isLayout(s string) bool {
	const layout = "0000-00-00T00:00:00"
	for i := range len(s) {
		switch layout[i] {
		case '0':
			if !isDigit(s[i]) {
				return false
			}
		case 'T':
			if s[i] != 'T' && s[i] != 't' && s[i] != ' ' {
				return false
			}
		default:
			if s[i] != layout[i] {
				return false
			}
		}
	}
	return true
}

func isDate(year int, month time.Month, day int) bool {
	t := time.Date(year, month, day, 0, 0, 0, 0, time.UTC)
	return t.Month() == month && t.Day() == day
}

// fraction reads the optional fraction of a second at the head of s. It may have
// any number of digits (RFC 3339, section 5.6); what is less than a nanosecond is
// dropped.
func fraction(s string) (nanosecond int, rest string, ok bool) {
	if s == "" || s[0] != '.' {
		return 0, s, true
	}
	rest = strings.TrimLeft(s[1:], "0123456789")
	digits := s[1 : len(s)-len(rest)]
	if digits == "" {
		return 0, s, false
	}
	const nanoseconds = "000000000"
	return number((digits + nanoseconds)[:len(nanoseconds)]), rest, true
}

// zone reads the offset from UTC, all that may be left of a date-time.
func zone(s string) (offset time.Duration, zoned, ok bool) {
	switch {
	case s == "":
		return 0, false, true
	case s == "Z" || s == "z":
		return 0, true, true
	case len(s) != len("+00:00") || s[0] != '+' && s[0] != '-' || s[3] != ':' ||
		!isDigit(s[1]) || !isDigit(s[2]) || !isDigit(s[4]) || !isDigit(s[5]):
		return 0, false, false
	}
	hour, minute := number(s[1:3]), number(s[4:6])
	if hour > 23 || minute > 59 {
		return 0, false, false
	}
	offset = time.Duration(hour)*time.Hour + time.Duration(minute)*time.Minute
	if s[0] == '-' {
		offset = -offset
	}
	return offset, true, true
}

func isDigit(c byte) bool { return c >= '0' && c <= '9' }

// number gives the value of a text of digits.
func number(digits string) int {
	n := 0
	for i := range len(digits) {
		n = 10*n + int(digits[i]-'0')
	}
	return n
}

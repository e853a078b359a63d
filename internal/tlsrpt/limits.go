package tlsrpt

import (
	"bytes"
	"fmt"
)

// The limits on a report. RFC 8460 sets none; section 5.2 mentions ten
// megabytes as a limit that receivers commonly have.
const (
	MaxSize         = 20 << 20 // Bytes of JSON.
	MaxDepth        = 16       // Nested arrays and objects; RFC 8460 needs 6.
	MaxValues       = 500_000  // Members and elements: some 70,000 failure details.
	MaxOddNumbers   = 1000     // Numbers with fraction or exponent, of which a report needs none.
	MaxNumberLength = 32       // Characters of one number.
	MaxText         = 4096     // Bytes of one text; longer ones are cut, see DeviationTextCut.
	MaxNames        = 64 << 10 // Bytes of all names in one object; RFC 8460 needs 200.
)

// LimitError says that there is more of a report, or of a mail, than is ever read.
type LimitError struct {
	What string // What there is too much of.
	Max  int
	Unit string
}

func (e *LimitError) Error() string {
	return fmt.Sprintf("the report is over the limit: %s, at most %d %s", e.What, e.Max, e.Unit)
}

// checkLimits counts what a JSON text holds without reading it as JSON, so
// that nothing dear ever sees an absurd one. It need not notice broken syntax.
// The error is a *LimitError or an *InvalidError.
func checkLimits(text []byte) error {
	_, err := countValues(text)
	return err
}

// Values counts the members and elements in a JSON text, which are most of what
// it costs to read, up to where [Decode] would give up.
func Values(text []byte) int {
	values, _ := countValues(text)
	return values
}

func countValues(text []byte) (values int, err error) {
	depth, oddNumbers, beforeColon := 0, 0, 0
	var names [MaxDepth + 1]int // Bytes in the object under way at each depth: a reader keeps them to find duplicates.
	for i := 0; i < len(text); i++ {
		switch c := text[i]; c {
		case '"':
			end := endOfString(text, i)
			i, beforeColon = end, end-i
		case ':':
			if names[depth] += beforeColon; names[depth] > MaxNames {
				return values, invalid("", fmt.Sprintf("has an object with more than %d bytes of names (byte %d)", MaxNames, i))
			}
		case '{', '[':
			values++
			if depth++; depth > MaxDepth {
				return values, invalid("", fmt.Sprintf("nests deeper than %d levels (byte %d)", MaxDepth, i))
			}
			names[depth] = 0
		case '}', ']':
			depth = max(depth-1, 0)
		case ',':
			values++
		case '-', '0', '1', '2', '3', '4', '5', '6', '7', '8', '9':
			end := endOfNumber(text, i)
			if isAbsurd(text[i:end]) {
				return values, invalid("", fmt.Sprintf("has a number beyond all counts (byte %d)", i))
			}
			if isOdd(text[i:end]) {
				oddNumbers++
			}
			if oddNumbers > MaxOddNumbers {
				return values, invalid("", fmt.Sprintf("has more than %d numbers that are not plain digits", MaxOddNumbers))
			}
			i = end - 1
		}
		if values > MaxValues {
			return values, &LimitError{"content", MaxValues, "values"}
		}
	}
	return values, nil
}

var errTooLarge = &LimitError{"size", MaxSize, "bytes of JSON"}

// endOfString gives the position of the quote that ends the string at start.
func endOfString(text []byte, start int) int {
	for i := start + 1; i < len(text); i++ {
		quote := bytes.IndexByte(text[i:], '"')
		if quote < 0 {
			break
		}
		i += quote
		backslashes := 0
		for text[i-1-backslashes] == '\\' {
			backslashes++
		}
		if backslashes%2 == 0 {
			return i
		}
	}
	return len(text)
}

func endOfNumber(text []byte, start int) int {
	for i := start; i < len(text); i++ {
		switch c := text[i]; {
		case c >= '0' && c <= '9', c == '-', c == '+', c == '.', c == 'e', c == 'E':
		default:
			return i
		}
	}
	return len(text)
}

// isOdd finds numbers that are more work than digits: those that only
// arithmetic of arbitrary precision tells from whole ones.
func isOdd(number []byte) bool {
	return bytes.ContainsAny(number, ".eE") || len(number) > len("9007199254740991")
}

// isAbsurd finds numbers that cost a reader of arbitrary precision seconds,
// such as 1e999999. I-JSON rules them out too (RFC 7493, section 2.2).
func isAbsurd(number []byte) bool {
	if len(number) > MaxNumberLength {
		return true
	}
	exponent := bytes.IndexAny(number, "eE")
	return exponent >= 0 && len(bytes.TrimLeft(number[exponent+1:], "+-0")) > maxExponentDigits
}

const maxExponentDigits = 2

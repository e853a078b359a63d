package tlsrpt

import (
	"bytes"
	"math/big"
	"strconv"
	"strings"
	"sync"
	"unicode/utf8"

	"github.com/go-json-experiment/json/jsontext"
)

// reader walks a JSON text once. A value of the wrong kind is skipped and
// remembered; broken JSON ends the walk, and every later read gives nothing.
type reader struct {
	json  *jsontext.Decoder
	whole string // The text; what is read shares its memory.
	err   error  // The JSON is broken, or not I-JSON.

	isWrong bool    // The piece under way has a value of the wrong kind.
	wrong   Problem // The first such value.
	untold  bool    // Nobody asks for the first such value: to say it of thousands costs more than to read them.

	deviations deviations
}

var decoders = sync.Pool{New: func() any { return new(jsontext.Decoder) }}

func newReader(text []byte) *reader {
	json := decoders.Get().(*jsontext.Decoder)
	json.Reset(bytes.NewBuffer(text))
	return &reader{json: json, whole: string(text)}
}

// release makes the decoder available for reuse, without the text that it read.
func (r *reader) release() {
	r.json.Reset(strings.NewReader(""))
	decoders.Put(r.json)
}

// peek gives the kind of the next token, or 0 where the JSON is broken.
func (r *reader) peek() jsontext.Kind {
	if r.err != nil {
		return 0
	}
	kind := r.json.PeekKind()
	if kind == 0 {
		_, r.err = r.json.ReadToken()
	}
	return kind
}

// offset says how much of the text has been read.
func (r *reader) offset() int { return int(r.json.InputOffset()) }

// path is the place of the value read last.
func (r *reader) path() string { return string(r.json.StackPointer()) }

func (r *reader) deviate(code Code) { r.deviations.note(code, r.path) }

// offend remembers that the value read last, or a member of it, keeps the
// piece from being understood.
func (r *reader) offend(member, message string) {
	if !r.isWrong && !r.untold {
		r.wrong = Problem{Path: r.path() + member, Message: message}
	}
	r.isWrong = true
}

// refuse skips a value that is not what it should be.
func (r *reader) refuse(should string) {
	r.skip()
	r.offend("", "must be "+should)
}

func (r *reader) skip() {
	if r.err == nil {
		r.err = r.json.SkipValue()
	}
}

func (r *reader) token() {
	if r.err == nil {
		_, r.err = r.json.ReadToken()
	}
}

// value gives the next value as it stands, good until the next read.
func (r *reader) value() []byte {
	if r.err != nil {
		return nil
	}
	var value jsontext.Value
	value, r.err = r.json.ReadValue()
	return value
}

// object calls read for each member, which reads the value, and gives the
// members that were there; ok is false where there was no object.
func (r *reader) object(read func(m member, seen memberSet)) (seen memberSet, ok bool) {
	if r.peek() != '{' {
		r.refuse("an object")
		return 0, false
	}
	r.token()
	for r.peek() != '}' && r.err == nil {
		m := r.name()
		read(m, seen)
		seen.add(m)
	}
	r.token()
	return seen, r.err == nil
}

// array calls element for each element, which reads it.
func (r *reader) array(element func()) {
	r.token()
	for r.peek() != ']' && r.err == nil {
		element()
	}
	r.token()
}

// null reads a null, if there is one.
func (r *reader) null() bool {
	if r.peek() != 'n' {
		return false
	}
	r.token()
	return true
}

// name reads the name of a member. I-JSON names compare without their escapes.
func (r *reader) name() member {
	quoted := r.value()
	if len(quoted) < 2 {
		return unknownMember
	}
	if bytes.IndexByte(quoted, '\\') >= 0 {
		return membersByName[unescape(quoted)]
	}
	return membersByName[string(quoted[1:len(quoted)-1])]
}

// textValue reads a text that must be there.
func (r *reader) textValue() string {
	if r.peek() != '"' {
		r.refuse("a text")
		return ""
	}
	sent := r.unquoted()
	s := shorten(sent)
	if len(s) < len(sent) {
		r.deviate(DeviationTextCut)
	}
	return s
}

// optionalText reads a text that may be null or empty where nothing is known.
func (r *reader) optionalText() string {
	if r.null() {
		r.deviate(DeviationNullInsteadOfAbsent)
		return ""
	}
	if r.peek() != '"' {
		r.refuse("a text or null")
		return ""
	}
	s := r.textValue()
	if s == "" {
		r.deviate(DeviationEmptyInsteadOfAbsent)
	}
	return s
}

// texts reads an array of texts, for which some reporters send null or one text.
func (r *reader) texts(single Code) []string {
	switch r.peek() {
	case 'n':
		r.token()
		r.deviate(DeviationNullInsteadOfAbsent)
		return nil
	case '"':
		s := r.textValue()
		r.deviate(single)
		if s == "" {
			return nil
		}
		return []string{s}
	case '[':
		var list []string
		r.array(func() { list = append(list, r.textValue()) })
		return list
	default:
		r.refuse("an array of texts")
		return nil
	}
}

// MaxCount is the largest whole number that every reader of JSON keeps exactly
// (RFC 7493, section 2.2).
const MaxCount = 1<<53 - 1

const maxCountDigits = 15 // Of a count sent as text: never over MaxCount.

const shouldBeCount = "a whole number from 0 to 9007199254740991"

func (r *reader) count() int64 {
	switch r.peek() {
	case 'n':
		r.token()
		r.deviate(DeviationCountNull)
		return 0
	case '"':
		s := r.unquoted()
		n, err := strconv.ParseUint(s, 10, 63)
		if err != nil || len(s) > maxCountDigits {
			r.offend("", "must be "+shouldBeCount)
			return 0
		}
		r.deviate(DeviationCountString)
		return int64(n)
	case '0':
		n, ok := wholeNumber(r.value())
		if !ok {
			r.offend("", "must be "+shouldBeCount)
		}
		return n
	default:
		r.refuse(shouldBeCount)
		return 0
	}
}

// wholeNumber gives the value of a JSON number within 0 and MaxCount. As in
// JSON Schema, 4.0 and 1e3 are whole numbers.
func wholeNumber(literal []byte) (int64, bool) {
	if n, err := strconv.ParseUint(string(literal), 10, 63); err == nil {
		return int64(n), n <= MaxCount
	}
	exact, ok := new(big.Rat).SetString(string(literal))
	if !ok || !exact.IsInt() || !exact.Num().IsInt64() {
		return 0, false
	}
	n := exact.Num().Int64()
	return n, n >= 0 && n <= MaxCount
}

// unquoted reads a JSON string and gives its text.
func (r *reader) unquoted() string {
	quoted := r.value()
	if len(quoted) < 2 {
		return ""
	}
	if bytes.IndexByte(quoted, '\\') >= 0 {
		return unescape(quoted)
	}
	end := r.offset() - 1
	return r.whole[end-(len(quoted)-2) : end]
}

// unescape gives the text of a JSON string that the decoder has found good.
func unescape(quoted []byte) string {
	text, _ := jsontext.AppendUnquote(nil, quoted)
	return string(text)
}

// shorten cuts s to at most MaxText bytes, between characters.
func shorten(s string) string {
	if len(s) <= MaxText {
		return s
	}
	end := MaxText
	for end > 0 && !utf8.RuneStart(s[end]) {
		end--
	}
	return s[:end]
}

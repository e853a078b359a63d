package digest_test

import (
	"regexp"
	"strings"
	"testing"

	"golang.org/x/net/html"

	"sealpost/internal/digest"
)

// Mail programs take out or overlook a lot of HTML and CSS. The digest has only
// what nearly all of them show, and some things more whose loss does no harm.

// elements are those of a mail. What is not here would be a script, a form, or
// something to fetch.
var elements = words(`html head meta title style body
	table tbody tr th td h1 h2 h3 div span b br code`)

// attributes are those that the elements may have. Layout stands in attributes
// where Outlook, which shows mails as Word does, reads nothing else.
var attributes = words(`lang charset name content class style
	role scope align valign width height bgcolor colspan cellpadding cellspacing`)

// properties are those that stand in attributes.
var properties = words(`margin margin-top margin-right padding padding-top padding-left padding-bottom
	border-top border-left color background-color width max-width text-align table-layout
	font-family font-size font-weight line-height word-break
	border-radius display`)

// Their loss does no harm:
//   - border-radius: the corners are square;
//   - max-width, table-layout, word-break: Outlook has the width of the table as
//     an attribute, and breaks long words by itself;
//   - margin, padding: Outlook has less space between blocks; the cells have it;
//   - display: the headline goes on in one line;
//   - class, and the style sheet with it: the colours for the dark.

func words(s string) map[string]bool {
	set := make(map[string]bool)
	for _, word := range strings.Fields(s) {
		set[word] = true
	}
	return set
}

// onlyWhatMailProgramsShow goes through a mail, tag by tag.
func onlyWhatMailProgramsShow(t *testing.T, mail string) {
	t.Helper()
	unheaded := false // A table has begun that is not for layout, and no heading in it.
	for tokens := html.NewTokenizer(strings.NewReader(mail)); tokens.Next() != html.ErrorToken; {
		token := tokens.Token()
		switch {
		case token.Type == html.StartTagToken:
			onlyKnown(t, token)
			unheaded = (unheaded || token.Data == "table" && !has(token, "role")) && token.Data != "th"
		case token.Data == "table" && unheaded:
			t.Error("a table without headings is for layout, and must say so to screen readers")
		}
	}
}

func onlyKnown(t *testing.T, token html.Token) {
	t.Helper()
	if !elements[token.Data] {
		t.Errorf("there is an element <%s>", token.Data)
	}
	for _, attribute := range token.Attr {
		if !attributes[attribute.Key] {
			t.Errorf("there is an attribute %s of <%s>", attribute.Key, token.Data)
		}
		if attribute.Key == "style" {
			onlyKnownProperties(t, attribute.Val)
		}
	}
}

var declaration = regexp.MustCompile(`^([a-z-]+):[#\w\s.,%'-]+$`)

func onlyKnownProperties(t *testing.T, style string) {
	t.Helper()
	for _, one := range strings.Split(style, ";") {
		found := declaration.FindStringSubmatch(one)
		if found == nil {
			t.Errorf("there is a style %q", one)
		} else if !properties[found[1]] {
			t.Errorf("there is a property %s", found[1])
		}
	}
}

func has(token html.Token, key string) bool {
	for _, attribute := range token.Attr {
		if attribute.Key == key {
			return true
		}
	}
	return false
}

// TestStrippedOfStyles: a mail program that knows no style still shows what
// stands where. So each day's number stands beside its day.
func TestStrippedOfStyles(t *testing.T) {
	for _, s := range scenarios {
		if s.name != "a-bad-week" {
			continue
		}
		page := string(htmlOf(t, s.digest(t), digest.Options{}))
		for _, want := range []string{"31 Mon 44 Tue 0 Wed 0 Thu 2 Fri 0 Sat 0 Sun", "MTA-STS 81,977 77 0.094% the week before 41,308 8 0.019%"} {
			if text := textOf(page); !strings.Contains(text, want) {
				t.Errorf("the text lacks %q:\n%s", want, text)
			}
		}
	}
}

// textOf is what is left of a page without its tags.
func textOf(page string) string {
	var text strings.Builder
	for tokens := html.NewTokenizer(strings.NewReader(page)); ; {
		switch tokens.Next() {
		case html.ErrorToken:
			return strings.Join(strings.Fields(text.String()), " ")
		case html.TextToken:
			text.WriteString(" " + tokens.Token().Data)
		}
	}
}

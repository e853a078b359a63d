// Package policyitem reads policies as people edit them: as JSON that
// schemas/policy.schema.json describes, a file or a row of a table.
package policyitem

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"sealpost/internal/mtasts"
	"sealpost/internal/publication"
	"sealpost/schemas"
)

// item is what of a policy, as people edit it, matters to its publication;
// schemas/policy.schema.json describes all of it.
type item struct {
	Domain   string                `json:"domain"`
	Mode     mtasts.Mode           `json:"mode"`
	MX       []string              `json:"mx"`
	MaxAge   *float64              `json:"max_age"` // Whole seconds, also written as 86400.0; a default by mode where absent.
	DNS      publication.DNS       `json:"dns"`
	Override *publication.Override `json:"override"`
}

// The max_age of an item that names none: a week, and a day while testing, so
// that a mistake is soon forgotten.
const (
	defaultMaxAge        = 604800
	defaultMaxAgeTesting = 86400
)

// Read gives what the JSON of an item asks for, for a domain whose name is known
// already: the item is its file or its row.
func Read(domain string, text []byte) (publication.Desired, []publication.Problem) {
	text = bytes.TrimPrefix(text, []byte("\xef\xbb\xbf")) // Some editors put a byte order mark there.
	if bytes.HasPrefix(text, []byte("\xff\xfe")) || bytes.HasPrefix(text, []byte("\xfe\xff")) {
		return refuse("", "the policy is written in UTF-16; save it as UTF-8")
	}
	if problems := schemas.Policy().Check(text); len(problems) > 0 {
		return publication.Desired{}, append(convert(problems), moreOfMX(text, problems)...)
	}
	var it item
	if err := json.Unmarshal(text, &it); err != nil {
		return unreadable(err)
	}
	if it.Override != nil && strings.TrimSpace(it.Override.Reason) == ReasonPlaceholder {
		return refuse("/override/reason", "write in place of %s why it is safe: it is for whoever reads the history later", ReasonPlaceholder)
	}
	if named, err := mtasts.ParseDomain(it.Domain); err != nil || named != domain {
		return refuse("/domain", "%.60q is not the domain of this item, which is %s: make them the same", it.Domain, domain)
	}
	if mail, is := strings.CutPrefix(domain, "mta-sts."); is {
		return refuse("/domain", "%s is the name of a policy host: a policy is for the mail domain, here %s", domain, mail)
	}
	desired := publication.Desired{
		Policy:        it.policy().Normalize(),
		MaxAgeDefault: it.MaxAge == nil,
		DNS:           it.DNS,
		Override:      it.Override,
	}
	var problems []publication.Problem
	for _, problem := range desired.Policy.Check() {
		problems = append(problems, publication.Problem{Rule: publication.RuleSyntax, Path: problem.Field, Message: problem.Message})
	}
	return desired, problems
}

// ReasonPlaceholder stands for the reason of an override that is offered. It is
// none itself.
const ReasonPlaceholder = "..."

// unreadable words what the decoder, which is stricter than the schema, refuses.
func unreadable(err error) (publication.Desired, []publication.Problem) {
	var syntax *jsontext.SyntacticError
	if errors.As(err, &syntax) && errors.Is(err, jsontext.ErrDuplicateName) {
		return refuse(string(syntax.JSONPointer), "stands twice; keep one")
	}
	return refuse("", "the policy cannot be read: %v", err)
}

func refuse(path, format string, args ...any) (publication.Desired, []publication.Problem) {
	return publication.Desired{}, []publication.Problem{{Rule: publication.RuleSyntax, Path: path, Message: fmt.Sprintf(format, args...)}}
}

func (it item) policy() mtasts.Policy {
	policy := mtasts.Policy{Mode: it.Mode, MX: it.MX, MaxAge: defaultMaxAge}
	switch {
	case it.MaxAge != nil:
		policy.MaxAge = int(*it.MaxAge)
	case it.Mode == mtasts.ModeTesting:
		policy.MaxAge = defaultMaxAgeTesting
	}
	return policy
}

func convert(problems []schemas.Problem) []publication.Problem {
	converted := make([]publication.Problem, len(problems))
	for i, problem := range problems {
		message := problem.Message
		if problem.Path == "" {
			message = "the policy " + message
		}
		converted[i] = publication.Problem{Rule: publication.RuleSyntax, Path: problem.Path, Message: message}
	}
	return converted
}

// moreOfMX says what else is wrong with the elements of mx, of some of which the
// schema has said so already: whoever mends these should not come back for the
// rest.
func moreOfMX(text []byte, known []schemas.Problem) []publication.Problem {
	var it struct {
		MX []string `json:"mx"`
	}
	if err := json.Unmarshal(text, &it); err != nil {
		return nil // The schema has said enough.
	}
	var more []publication.Problem
	for _, problem := range (mtasts.Policy{MX: it.MX}).Normalize().Check() {
		isKnown := slices.ContainsFunc(known, func(k schemas.Problem) bool { return k.Path == problem.Field })
		if strings.HasPrefix(problem.Field, "/mx/") && !isKnown {
			more = append(more, publication.Problem{Rule: publication.RuleSyntax, Path: problem.Field, Message: problem.Message})
		}
	}
	return more
}

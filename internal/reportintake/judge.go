package reportintake

import (
	"errors"

	"sealpost/internal/archive"
	"sealpost/internal/tlsrpt"
	"sealpost/schemas"
)

// maxExplained is the size of the largest report that the JSON Schema sees
// here. In the time for one of a megabyte, hundreds of good reports are taken in.
const maxExplained = 128 << 10

// explainable is the text, if it is not too large to be explained.
func explainable(text []byte) []byte {
	if len(text) > maxExplained {
		return nil
	}
	return text
}

// explain says what is wrong with a report that the decoder does not
// understand. The decoder knows the first thing wrong with each piece; the
// schema, which agrees with it on what is right, gives the full account.
func explain(text []byte, invalid *tlsrpt.InvalidError) []archive.Problem {
	if invalid.IsJSON && len(text) > 0 {
		if problems := schemas.CheckReport(schemas.TLSRPT(), tlsrpt.TrimByteOrderMark(text)); len(problems) > 0 {
			return problemsOf(problems)
		}
	}
	return problemsOf(invalid.Problems)
}

// Judge checks a report against one of the schemas. The error is a
// [*tlsrpt.LimitError]: the report is too large to be looked at.
func Judge(schema *schemas.Schema, text []byte) ([]archive.Problem, error) {
	_, err := tlsrpt.Decode(text)
	var limit *tlsrpt.LimitError
	if errors.As(err, &limit) {
		return nil, limit
	}
	var invalid *tlsrpt.InvalidError
	isInvalid := errors.As(err, &invalid)
	if isInvalid && !invalid.IsJSON {
		return problemsOf(invalid.Problems), nil // Duplicate names and bad UTF-8 are lost on the schema.
	}
	problems := problemsOf(schemas.CheckReport(schema, tlsrpt.TrimByteOrderMark(text)))
	if isInvalid && len(problems) == 0 {
		problems = problemsOf(invalid.Problems)
	}
	return problems, nil
}

// problemsOf words problems as the archive keeps them.
func problemsOf[P tlsrpt.Problem | schemas.Problem](problems []P) []archive.Problem {
	converted := make([]archive.Problem, len(problems))
	for i, problem := range problems {
		converted[i] = archive.Problem(problem)
	}
	return converted
}

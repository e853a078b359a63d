package tlsrpt

var (
	CheckLimits   = checkLimits
	ParseDateTime = parseDateTime
)

package dkim

// At lets the library sign at a time.
var At = at

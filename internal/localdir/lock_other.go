//go:build !unix || aix || solaris

package localdir

// Lock takes it for granted that no other program works in a folder: there are
// no locks here that end with the program.
func Lock(string) (release func(), done bool, err error) { return func() {}, true, nil }

package main

import (
	"errors"
	"flag"
	"strings"

	"sealpost/internal/trust"
)

// distrustOption names the signers whose reports have no effect.
type distrustOption struct{ trust.Signers }

const distrustArg = " [-distrust DOMAINS]"

func (o *distrustOption) define(f *flag.FlagSet) {
	f.Var(o, "distrust", "`DOMAINS` whose signed reports have no effect, they and all below them, with commas between them")
}

// Set implements flag.Value. It refuses an empty list, which an unset variable of a
// shell would leave: it would trust every signer.
func (o *distrustOption) Set(list string) (err error) {
	if strings.TrimSpace(list) == "" {
		return errors.New("the list is empty. Name at least one domain, or leave the option out")
	}
	o.Signers, err = trust.Parse(list)
	return err
}

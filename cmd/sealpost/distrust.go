package main

import (
	"flag"

	"sealpost/internal/trust"
)

// distrustOption names the signers whose reports have no effect.
type distrustOption struct{ trust.Signers }

const distrustArg = " [-distrust DOMAINS]"

func (o *distrustOption) define(f *flag.FlagSet) {
	f.Var(o, "distrust", "`DOMAINS` whose signed reports have no effect, they and all below them, with commas between them")
}

// Set implements flag.Value.
func (o *distrustOption) Set(list string) (err error) {
	o.Signers, err = trust.Parse(list)
	return err
}

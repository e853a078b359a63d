package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

const (
	// contextKey is the key of the configuration in the context of cdk.json.
	contextKey = "sealpost"
	// ownFile is where a user's configuration is in nobody's way: git ignores it.
	ownFile = "sealpost.json"
)

// findConfig reads the configuration, and says where it was found: on the
// command line, in sealpost.json in the folder root, or in cdk.json. The context
// is JSON, as the CDK's program hands it over.
func findConfig(root, context string) (config Config, from string, err error) {
	text, from, err := configText(root, context)
	if err != nil {
		return Config{}, "", err
	}
	config, err = ParseConfig(text)
	if err != nil {
		return Config{}, "", fmt.Errorf("%s: %w", from, err)
	}
	return config, from, nil
}

func configText(root, context string) (text []byte, from string, err error) {
	var handed struct {
		Sealpost jsontext.Value `json:"sealpost"`
	}
	if context != "" {
		if err := json.Unmarshal([]byte(context), &handed); err != nil {
			return nil, "", fmt.Errorf("read the context of the CDK: %w", err)
		}
	}
	if handed.Sealpost.Kind() == '"' { // Files hold an object; -c hands over a text.
		var text string
		err := json.Unmarshal(handed.Sealpost, &text)
		return []byte(text), "-c " + contextKey, err
	}
	text, err = os.ReadFile(filepath.Join(root, ownFile))
	switch {
	case err == nil:
		return text, ownFile, nil
	case !errors.Is(err, fs.ErrNotExist):
		return nil, "", fmt.Errorf("read the configuration: %w", err)
	case len(handed.Sealpost) == 0:
		return nil, "", fmt.Errorf("there is no configuration: write one to %s, as docs/configuration.md says, and run npx cdk", ownFile)
	default:
		return handed.Sealpost, "cdk.json", nil
	}
}

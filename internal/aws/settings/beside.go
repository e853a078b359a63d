package settings

import (
	"fmt"
	"os"
	"path/filepath"

	"github.com/go-json-experiment/json"
)

// What there may be much of lies in a file beside the program of a function: an
// environment has 4 KB for all variables, which a hundred domains would not fit.

// putBeside writes a value into the folder of a function's program. The same
// value gives the same bytes.
func putBeside(folder, file string, value any) error {
	text, err := json.Marshal(value, json.Deterministic(true))
	if err == nil {
		err = os.WriteFile(filepath.Join(folder, file), text, 0o644)
	}
	if err != nil {
		return fmt.Errorf("write %s: %w", file, err)
	}
	return nil
}

// beside reads what putBeside wrote.
func beside[T any](folder, file string) (value T, err error) {
	text, err := os.ReadFile(filepath.Join(folder, file))
	if err == nil {
		err = json.Unmarshal(text, &value, json.RejectUnknownMembers(true))
	}
	if err != nil {
		return *new(T), fmt.Errorf("read %s: %w", file, err)
	}
	return value, nil
}

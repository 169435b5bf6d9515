package app

import (
	"bytes"
	"encoding/json"
	"fmt"
)

// strict decodes JSON and refuses keys that the target does not have.
func strict(text []byte, to any) error {
	d := json.NewDecoder(bytes.NewReader(text))
	d.DisallowUnknownFields()
	if err := d.Decode(to); err != nil {
		return fmt.Errorf("decode: %w", err)
	}
	return nil
}

package app

import (
	"bytes"
	"encoding/json"
)

// strict decodes JSON and refuses keys that the target does not have.
func strict(text []byte, to any) error {
	d := json.NewDecoder(bytes.NewReader(text))
	d.DisallowUnknownFields()
	return d.Decode(to)
}

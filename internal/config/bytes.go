package config

import (
	"fmt"
	"math"
	"regexp"
	"strconv"
	"strings"

	"github.com/headwater-mcp/headwater/fault"
)

// Bytes is a size in bytes. It is written "100GB" (powers of 1,000), "64MiB" (powers of 1,024) or as a plain number.
type Bytes int64

const gigabyte = 1_000_000_000

var sizePattern = regexp.MustCompile(`^(\d+(?:\.\d+)?)\s*([KMGTP]?)(I?)B?$`)

// UnmarshalText reads a size.
func (b *Bytes) UnmarshalText(text []byte) error {
	parts := sizePattern.FindStringSubmatch(strings.ToUpper(strings.TrimSpace(string(text))))
	if len(parts) == 0 || parts[2] == "" && parts[3] != "" {
		return fault.New(fault.Invalid, "%q is not a size; write it like 100GB, 64MiB or 5000000.", text)
	}
	number, err := strconv.ParseFloat(parts[1], 64)
	if err != nil {
		return fault.Wrap(err, fault.Invalid, "%q is not a size; write it like 100GB, 64MiB or 5000000.", text)
	}
	step := 1000.0
	if parts[3] != "" {
		step = 1024
	}
	if parts[2] != "" {
		number *= math.Pow(step, float64(1+strings.Index("KMGTP", parts[2])))
	}
	const most = 1 << 62
	if number >= most {
		return fault.New(fault.Invalid, "%q is more bytes than can be counted.", text)
	}
	*b = Bytes(number)
	return nil
}

// String writes the size in the largest decimal unit that loses nothing.
func (b Bytes) String() string {
	units := []string{"", "KB", "MB", "GB", "TB", "PB"}
	n, unit := int64(b), 0
	for n != 0 && n%1000 == 0 && unit < len(units)-1 {
		n /= 1000
		unit++
	}
	return fmt.Sprintf("%d%s", n, units[unit])
}

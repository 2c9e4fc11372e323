package esdk

import (
	"encoding/binary"
	"maps"
	"slices"
)

// EncodeContext writes an encryption context as messages carry it: the number of entries, then names and values, each behind
// its length, in the order of the names' bytes. No two contexts give the same bytes.
func EncodeContext(context map[string]string) ([]byte, error) {
	if len(context) > maxField {
		return nil, errLong
	}
	b := binary.BigEndian.AppendUint16(nil, uint16(len(context)))
	var err error
	for _, name := range slices.Sorted(maps.Keys(context)) {
		for _, field := range []string{name, context[name]} {
			if b, err = appendField(b, field); err != nil {
				return nil, err
			}
		}
	}
	return b, nil
}

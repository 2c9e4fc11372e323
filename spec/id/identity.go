package id

import (
	"encoding/hex"
	"strings"
)

// IdentityPool is the id of an identity pool, such as "us-east-1:e7a1b1c0-6d5b-4e3f-9a54-0c1d2e3f4a5b": its Region, a colon, a
// UUID.
type IdentityPool string

// NewIdentityPool makes an id for a new identity pool in region.
func NewIdentityPool(region string) IdentityPool { return IdentityPool(region + ":" + NewUUID()) }

// Region is the part of the id before the colon, or "" when there is none.
func (p IdentityPool) Region() string { return regionOf(string(p)) }

// ARN is the pool's Amazon Resource Name in account, a string of twelve digits.
func (p IdentityPool) ARN(account string) string {
	return "arn:" + Partition(p.Region()) + ":cognito-identity:" + p.Region() + ":" + account + ":identitypool/" + string(p)
}

// Identity is the id of an identity of an identity pool, in the form of the pool's own id.
type Identity string

// Region is the part of the id before the colon, or "" when there is none.
func (i Identity) Region() string { return regionOf(string(i)) }

func regionOf(text string) string {
	region, _, found := strings.Cut(text, ":")
	if !found {
		return ""
	}
	return region
}

// UUID writes 16 bytes as a UUID of version 4, which leaves 122 of their bits: the upper half of the seventh byte and the upper
// two bits of the ninth are the UUID's own.
func UUID(b [16]byte) string { return format(b, 4) }

// ParseUUID reads what UUID has written, and nothing else. The bits that are the UUID's own are 0.
func ParseUUID(text string) (b [16]byte, ok bool) {
	digits := strings.ReplaceAll(text, "-", "")
	if len(digits) != 32 {
		return b, false
	}
	if _, err := hex.Decode(b[:], []byte(digits)); err != nil {
		return b, false
	}
	b[6] &= 0x0f
	b[8] &= 0x3f
	return b, UUID(b) == text
}

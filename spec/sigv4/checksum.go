package sigv4

import (
	"crypto/sha1" // one of the checksums of S3, which detect damage, not forgery
	"crypto/sha256"
	"encoding/base64"
	"hash"
	"hash/crc32"
	"hash/crc64"
)

// checksums are the headers and trailers that carry a checksum of an object, each with its hash.
var checksums = []struct {
	name  string
	start func() hash.Hash
}{
	{"x-amz-checksum-crc32", func() hash.Hash { return crc32.NewIEEE() }},
	{"x-amz-checksum-crc32c", func() hash.Hash { return crc32.New(castagnoli) }},
	{"x-amz-checksum-crc64nvme", func() hash.Hash { return crc64.New(nvme) }},
	{"x-amz-checksum-sha1", sha1.New},
	{"x-amz-checksum-sha256", sha256.New},
}

var (
	castagnoli = crc32.MakeTable(crc32.Castagnoli)
	nvme       = crc64.MakeTable(0x9a6c9329ac4bc9b5) // of NVM Express, its bits reversed
)

// Checksums are the names of the headers that carry a checksum.
func Checksums() []string {
	names := make([]string, len(checksums))
	for i, c := range checksums {
		names[i] = c.name
	}
	return names
}

// newChecksum starts the checksum with this name, which must be one of Checksums.
func newChecksum(name string) hash.Hash {
	for _, c := range checksums {
		if c.name == name {
			return c.start()
		}
	}
	return nil
}

// Checksum is the value of the checksum of data with this name, which must be one of Checksums.
func Checksum(name string, data []byte) string {
	h := newChecksum(name)
	h.Write(data)
	return encodedSum(h)
}

// encodedSize is the length of a checksum's value in characters.
func encodedSize(h hash.Hash) int { return base64.StdEncoding.EncodedLen(h.Size()) }

// encodedSum is a checksum's value.
func encodedSum(h hash.Hash) string { return base64.StdEncoding.EncodeToString(h.Sum(nil)) }

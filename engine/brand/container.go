package brand

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
)

// maxIcons is how many sizes one icon file may have.
const maxIcons = 16

var errTruncated = errors.New("truncated")

// cleanICO writes an icon file anew: its directory, and each picture either encoded again (PNG) or cut to what its header says
// (bitmap).
func cleanICO(given []byte) ([]byte, error) {
	if len(given) < 6 || !bytes.HasPrefix(given, []byte{0, 0, 1, 0}) {
		return nil, errors.New("no icon directory")
	}
	count := int(binary.LittleEndian.Uint16(given[4:]))
	if count < 1 || count > maxIcons || len(given) < 6+16*count {
		return nil, fmt.Errorf("%d icons", count)
	}
	directory := bytes.Clone(given[:6])
	var pictures []byte
	for i := range count {
		entry := bytes.Clone(given[6+16*i:][:16])
		size, offset := uint64(binary.LittleEndian.Uint32(entry[8:])), uint64(binary.LittleEndian.Uint32(entry[12:]))
		if offset < uint64(6+16*count) || offset+size > uint64(len(given)) {
			return nil, errTruncated
		}
		picture, err := cleanIcon(given[offset : offset+size])
		if err != nil {
			return nil, err
		}
		binary.LittleEndian.PutUint32(entry[8:], uint32(len(picture)))
		binary.LittleEndian.PutUint32(entry[12:], uint32(6+16*count+len(pictures)))
		directory = append(directory, entry...)
		pictures = append(pictures, picture...)
	}
	return append(directory, pictures...), nil
}

func cleanIcon(given []byte) ([]byte, error) {
	if Sniff(given) == PNG {
		return cleanPNG(given)
	}
	const header = 40
	if len(given) < header || binary.LittleEndian.Uint32(given) != header || binary.LittleEndian.Uint32(given[16:]) != 0 {
		return nil, errors.New("no uncompressed bitmap")
	}
	width, height := int(int32(binary.LittleEndian.Uint32(given[4:]))), int(int32(binary.LittleEndian.Uint32(given[8:])))/2 // picture and mask
	bits := int(binary.LittleEndian.Uint16(given[14:]))
	if width < 1 || height < 1 || width > 256 || height > 256 {
		return nil, fmt.Errorf("%d by %d pixels", width, height)
	}
	colors := int(binary.LittleEndian.Uint32(given[32:]))
	switch bits {
	case 1, 4, 8:
		if colors == 0 {
			colors = 1 << bits
		}
	case 24, 32:
	default:
		return nil, fmt.Errorf("%d bits a pixel", bits)
	}
	if colors < 0 || colors > 256 {
		return nil, fmt.Errorf("%d colours", colors)
	}
	row := func(bits int) int { return (width*bits + 31) / 32 * 4 }
	size := header + 4*colors + height*row(bits) + height*row(1)
	if len(given) < size {
		return nil, errTruncated
	}
	return given[:size], nil
}

// cleanWEBP writes a WebP file anew with its picture and its transparency alone. Its pixels are not decoded: Go's library has no
// decoder.
func cleanWEBP(given []byte) ([]byte, error) {
	if len(given) < 12 || string(given[:4]) != "RIFF" || string(given[8:12]) != "WEBP" {
		return nil, errors.New("no WebP file")
	}
	size := uint64(binary.LittleEndian.Uint32(given[4:]))
	if size < 4 || size+8 > uint64(len(given)) {
		return nil, errTruncated
	}
	rest := given[12 : size+8]
	var chunks []byte
	pictures := 0
	for len(rest) > 0 {
		if len(rest) < 8 {
			return nil, errTruncated
		}
		name, length := string(rest[:4]), uint64(binary.LittleEndian.Uint32(rest[4:]))
		padded := length + length%2
		if padded > uint64(len(rest)-8) {
			return nil, errTruncated
		}
		body := rest[8 : 8+length]
		kept, err := webpChunk(name, body)
		if err != nil {
			return nil, err
		}
		if name == "VP8 " || name == "VP8L" {
			pictures++
		}
		if kept != nil {
			chunks = append(chunks, name...)
			chunks = binary.LittleEndian.AppendUint32(chunks, uint32(length))
			chunks = append(chunks, kept...)
			chunks = append(chunks, make([]byte, padded-length)...)
		}
		rest = rest[8+padded:]
	}
	if pictures != 1 {
		return nil, fmt.Errorf("%d pictures", pictures)
	}
	out := binary.LittleEndian.AppendUint32([]byte("RIFF"), uint32(len(chunks)+4))
	return append(append(out, "WEBP"...), chunks...), nil
}

// webpChunk checks a chunk and answers what is kept of it; nil for one that is left out.
func webpChunk(name string, body []byte) ([]byte, error) {
	switch name {
	case "VP8X":
		if len(body) != 10 {
			return nil, errTruncated
		}
		const alpha = 0x10
		kept := bytes.Clone(body)
		kept[0] &= alpha // no animation, profile or metadata
		kept[1], kept[2], kept[3] = 0, 0, 0
		return kept, bounded(1+little24(body[4:]), 1+little24(body[7:]))
	case "VP8 ":
		if len(body) < 10 || body[0]&1 != 0 || !bytes.Equal(body[3:6], []byte{0x9d, 0x01, 0x2a}) {
			return nil, errors.New("no key frame")
		}
		const side = 1<<14 - 1
		return body, bounded(int(binary.LittleEndian.Uint16(body[6:]))&side, int(binary.LittleEndian.Uint16(body[8:]))&side)
	case "VP8L":
		if len(body) < 5 || body[0] != 0x2f {
			return nil, errors.New("no lossless frame")
		}
		const side = 1<<14 - 1
		sizes := int(binary.LittleEndian.Uint32(body[1:]))
		return body, bounded(1+sizes&side, 1+sizes>>14&side)
	case "ALPH":
		return body, nil
	case "ANIM", "ANMF":
		return nil, errors.New("animations are not served")
	}
	return nil, nil
}

func little24(b []byte) int { return int(b[0]) | int(b[1])<<8 | int(b[2])<<16 }

package brand

import (
	"bytes"
	"errors"
	"fmt"
	"image/jpeg"
	"image/png"
)

// ErrImage says that bytes are no image of the type that they are said to be, or one that cannot be served.
var ErrImage = errors.New("not an image of its type")

// Types of images, as Cognito names their extensions.
const (
	ICO  = "ICO"
	JPEG = "JPEG"
	PNG  = "PNG"
	SVG  = "SVG"
	WEBP = "WEBP"
)

const (
	// maxPixels bounds what decoding an image may take: 40 MB.
	maxPixels = 10 << 20
	// maxSide bounds each side of an image.
	maxSide = 16_384
	// quality is that of JPEG images that are encoded again.
	quality = 90
)

// Image is an image that can be served.
type Image struct {
	Type  string // one of the types
	Bytes []byte
}

// Media is the media type of an image, and Extension ends its name.
var (
	Media     = map[string]string{ICO: "image/x-icon", JPEG: "image/jpeg", PNG: "image/png", SVG: "image/svg+xml", WEBP: "image/webp"}
	Extension = map[string]string{ICO: "ico", JPEG: "jpg", PNG: "png", SVG: "svg", WEBP: "webp"}
)

// Clean reads an image of a type and writes it anew, without anything but the picture. It answers ErrImage for what it cannot
// read.
func Clean(kind string, given []byte) (Image, error) {
	clean := map[string]func([]byte) ([]byte, error){ICO: cleanICO, JPEG: cleanJPEG, PNG: cleanPNG, SVG: cleanSVG, WEBP: cleanWEBP}[kind]
	if clean == nil {
		return Image{}, fmt.Errorf("%w: %q", ErrImage, kind)
	}
	written, err := clean(given)
	if err != nil {
		return Image{}, fmt.Errorf("%w: %s: %w", ErrImage, kind, err)
	}
	return Image{kind, written}, nil
}

// Sniff tells PNG from JPEG by how they begin; empty for anything else.
func Sniff(given []byte) string {
	switch {
	case bytes.HasPrefix(given, []byte("\x89PNG\r\n\x1a\n")):
		return PNG
	case bytes.HasPrefix(given, []byte("\xff\xd8\xff")):
		return JPEG
	}
	return ""
}

// bounded refuses an image that would take too much memory.
func bounded(width, height int) error {
	if width < 1 || height < 1 || width > maxSide || height > maxSide || width*height > maxPixels {
		return fmt.Errorf("%d by %d pixels", width, height)
	}
	return nil
}

func cleanPNG(given []byte) ([]byte, error) {
	header, err := png.DecodeConfig(bytes.NewReader(given))
	if err != nil {
		return nil, err
	}
	if err := bounded(header.Width, header.Height); err != nil {
		return nil, err
	}
	picture, err := png.Decode(bytes.NewReader(given))
	if err != nil {
		return nil, err
	}
	var out bytes.Buffer
	err = png.Encode(&out, picture)
	return out.Bytes(), err
}

func cleanJPEG(given []byte) ([]byte, error) {
	header, err := jpeg.DecodeConfig(bytes.NewReader(given))
	if err != nil {
		return nil, err
	}
	if err := bounded(header.Width, header.Height); err != nil {
		return nil, err
	}
	picture, err := jpeg.Decode(bytes.NewReader(given))
	if err != nil {
		return nil, err
	}
	var out bytes.Buffer
	err = jpeg.Encode(&out, picture, &jpeg.Options{Quality: quality})
	return out.Bytes(), err
}

package brand

import (
	"bytes"
	"encoding/base64"
	"encoding/binary"
	"encoding/xml"
	"errors"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"
	"io"
	"strings"
	"testing"
)

func picture(side int) image.Image {
	p := image.NewNRGBA(image.Rect(0, 0, side, side))
	for i := range side {
		p.Set(i, i, color.NRGBA{200, 10, 30, 128})
	}
	return p
}

func pngOf(t testing.TB, side int) []byte {
	t.Helper()
	var out bytes.Buffer
	if err := png.Encode(&out, picture(side)); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func jpegOf(t testing.TB, side int) []byte {
	t.Helper()
	var out bytes.Buffer
	if err := jpeg.Encode(&out, picture(side), nil); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// icoOf is an icon file of pictures.
func icoOf(pictures ...[]byte) []byte {
	out := []byte{0, 0, 1, 0, byte(len(pictures)), 0}
	at := 6 + 16*len(pictures)
	for _, p := range pictures {
		out = append(out, 8, 8, 0, 0, 1, 0, 32, 0)
		out = binary.LittleEndian.AppendUint32(out, uint32(len(p)))
		out = binary.LittleEndian.AppendUint32(out, uint32(at))
		at += len(p)
	}
	return append(out, bytes.Join(pictures, nil)...)
}

// bitmap is a picture of an icon file, 8 by 8 pixels of 32 bits.
func bitmap() []byte {
	out := make([]byte, 40+8*8*4+8*4)
	for at, value := range map[int]uint32{0: 40, 4: 8, 8: 16} {
		binary.LittleEndian.PutUint32(out[at:], value)
	}
	out[12], out[14] = 1, 32
	return out
}

// webpOf is a WebP file of chunks.
func webpOf(chunks ...string) []byte {
	var body []byte
	for _, c := range chunks {
		body = append(body, c[:4]...)
		body = binary.LittleEndian.AppendUint32(body, uint32(len(c)-4))
		body = append(body, c[4:]...)
		if len(c)%2 == 1 {
			body = append(body, 0)
		}
	}
	out := binary.LittleEndian.AppendUint32([]byte("RIFF"), uint32(len(body)+4))
	return append(append(out, "WEBP"...), body...)
}

const hidden = "<script>alert(1)</script>"

// lossless is a picture of one pixel.
const lossless = "VP8L\x2f\x00\x00\x00\x10\x07\x10\x11\x11\x88\x88\xfe\x07\x00"

func TestImagesLoseWhatIsNoPicture(t *testing.T) {
	t.Parallel()
	pngFile, jpegFile := pngOf(t, 8), jpegOf(t, 8)
	comment := append([]byte{0xff, 0xd8, 0xff, 0xfe, 0, byte(len(hidden) + 2)}, hidden...)
	for kind, given := range map[string][]byte{
		PNG:  append(bytes.Clone(pngFile), hidden...),
		JPEG: append(comment, jpegFile[2:]...),
		ICO:  append(icoOf(append(bytes.Clone(pngFile), hidden...), append(bitmap(), hidden...)), hidden...),
		WEBP: append(webpOf("VP8X\x18\x00\x00\x00\x00\x00\x00\x00\x00\x00", "ICCP"+hidden, lossless, "EXIF"+hidden, "XMP "+hidden), hidden...),
		SVG:  []byte(`<?xml version="1.0"?><!-- ` + "-->" + `<svg xmlns="http://www.w3.org/2000/svg">` + hidden + `<path d="M0 0"/></svg>`),
	} {
		got, err := Clean(kind, given)
		if err != nil {
			t.Errorf("%s: %v", kind, err)
			continue
		}
		if bytes.Contains(got.Bytes, []byte("alert")) {
			t.Errorf("%s keeps what is hidden in it: %q", kind, got.Bytes)
		}
		again, err := Clean(kind, got.Bytes)
		if err != nil {
			t.Errorf("%s, cleaned, is refused: %v", kind, err)
		} else if kind != JPEG && !bytes.Equal(again.Bytes, got.Bytes) {
			t.Errorf("%s changes each time", kind)
		}
	}
}

func TestFilesThatAreNoImagesAreRefused(t *testing.T) {
	t.Parallel()
	pngFile := pngOf(t, 8)
	var bomb bytes.Buffer
	if err := png.Encode(&bomb, image.NewGray(image.Rect(0, 0, 8192, 4096))); err != nil {
		t.Fatal(err)
	}
	compressed := bitmap()
	compressed[16] = 1
	webp, _ := base64.StdEncoding.DecodeString("UklGRhoAAABXRUJQVlA4TA0AAAAvAAAAEAcQERGIiP4HAA==")
	for name, c := range map[string]struct {
		kind  string
		given []byte
	}{
		"nothing":                {PNG, nil},
		"another type":           {JPEG, pngFile},
		"half a PNG":             {PNG, pngFile[:len(pngFile)/2]},
		"too many pixels":        {PNG, bomb.Bytes()},
		"HTML as PNG":            {PNG, []byte("<html>" + hidden)},
		"unknown type":           {"GIF", pngFile},
		"an icon of nothing":     {ICO, icoOf()},
		"an icon beyond its end": {ICO, icoOf(pngFile)[:40]},
		"an icon of rubbish":     {ICO, icoOf([]byte(hidden))},
		"a compressed bitmap":    {ICO, icoOf(compressed)},
		"half a bitmap":          {ICO, icoOf(bitmap()[:60])},
		"WebP without a picture": {WEBP, webpOf("EXIF" + hidden)},
		"WebP with two":          {WEBP, webpOf(lossless, lossless)},
		"animated WebP":          {WEBP, webpOf(lossless, "ANMFxxxx")},
		"half a WebP":            {WEBP, webp[:20]},
		"large WebP":             {WEBP, webpOf("VP8X\x00\x00\x00\x00\xff\xff\xff\xff\xff\xff", lossless)},
		"no SVG":                 {SVG, []byte("text")},
		"HTML as SVG":            {SVG, []byte("<html xmlns='http://www.w3.org/1999/xhtml'></html>")},
		"half an SVG":            {SVG, []byte("<svg><g>")},
		"an entity":              {SVG, []byte(`<!DOCTYPE svg [<!ENTITY x "y">]><svg><text>&x;</text></svg>`)},
		"two roots":              {SVG, []byte("<svg/><svg/>")},
		"deep SVG":               {SVG, []byte("<svg>" + strings.Repeat("<g>", 100) + strings.Repeat("</g>", 100) + "</svg>")},
		"large SVG":              {SVG, []byte("<svg>" + strings.Repeat("<g/>", 20_000) + "</svg>")},
		"SVG of another space":   {SVG, []byte(`<svg xmlns="urn:x"/>`)},
	} {
		if got, err := Clean(c.kind, c.given); !errors.Is(err, ErrImage) {
			t.Errorf("%s: got %v, %q", name, err, got.Bytes)
		}
	}
	if _, err := Clean(WEBP, webp); err != nil {
		t.Errorf("a WebP file of one pixel: %v", err)
	}
}

const svgBegin = `<svg xmlns="http://www.w3.org/2000/svg">`

func TestDrawingsAreWrittenFromAnAllowList(t *testing.T) {
	t.Parallel()
	for given, want := range map[string]string{
		`<g fill="red" onclick="alert(1)" data-x="1"/>`:                                         `<g fill="red"></g>`,
		`<script>alert(1)</script><path d="M0 0"/>`:                                             `<path d="M0 0"></path>`,
		`<SCRIPT>alert(1)</SCRIPT>`:                                                             ``,
		`<foreignObject><iframe xmlns="http://www.w3.org/1999/xhtml"/></foreignObject>`:         ``,
		`<a href="javascript:alert(1)"><text>x</text></a>`:                                      ``,
		`<image href="https://evil.example/x.png"/>`:                                            ``,
		`<style>@import url(https://evil.example)</style>`:                                      ``,
		`<animate attributeName="href" to="javascript:alert(1)"/>`:                              ``,
		`<set attributeName="onload" to="x"/>`:                                                  ``,
		`<h:script xmlns:h="http://www.w3.org/1999/xhtml">x</h:script>`:                         ``,
		`<rect fill="url(#a)" stroke="url(https://evil.example/#a)"/>`:                          `<rect fill="url(#a)"></rect>`,
		`<rect fill="URL( '#a' )" mask="u&#x72;l(//evil.example)"/>`:                            `<rect fill="URL( &#39;#a&#39; )"></rect>`,
		`<rect style="fill:#fff; stroke:url(//evil.example); -x:1; position:fixed"/>`:           `<rect fill="#fff"></rect>`,
		`<use href="#a"/><use xlink:href="#b" xmlns:xlink="http://www.w3.org/1999/xlink"/>`:     `<use href="#a"></use><use href="#b"></use>`,
		`<use href="https://evil.example/x.svg#a"/><use href="data:x"/>`:                        `<use></use><use></use>`,
		`<use id="u" href="#a" xlink:href="#b" xmlns:xlink="http://www.w3.org/1999/xlink"/>`:    `<use href="#b"></use>`,
		`<g id="a"><use href="#b"/><g><use href="#b"/></g></g><use href="#a"/>`:                 `<g id="a"><g></g></g><use href="#a"></use>`,
		`<defs><g><use href="#b"/></g></defs>`:                                                  `<defs><g></g></defs>`,
		`<linearGradient id="g" href="#h"><stop offset="1" stop-color="red"/></linearGradient>`: `<linearGradient id="g" href="#h"><stop offset="1" stop-color="red"></stop></linearGradient>`,
		`<text>1 &lt; 2 &amp; "3"</text>`:                                                       `<text>1 &lt; 2 &amp; &#34;3&#34;</text>`,
		`<title>]]&gt;<!-- x --><![CDATA[<b>]]></title>`:                                        `<title>]]&gt;&lt;b&gt;</title>`,
		`<?xml-stylesheet href="x"?><g/>`:                                                       `<g></g>`,
	} {
		got, err := Clean(SVG, []byte(svgBegin+given+"</svg>"))
		if err != nil || string(got.Bytes) != svgBegin+want+"</svg>" {
			t.Errorf("%s:\n got %s, %v\nwant %s", given, got.Bytes, err, svgBegin+want+"</svg>")
		}
	}
	got, err := Clean(SVG, []byte(`<!DOCTYPE svg PUBLIC "x" "y"><svg id="root" viewBox="0 0 1 1" onload="x" xml:base="//evil"><use href="#root"/></svg>`))
	if want := `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 1 1"><use href="#root"></use></svg>`; err != nil || string(got.Bytes) != want {
		t.Errorf("got %s, %v, want %s", got.Bytes, err, want)
	}
}

func FuzzSVG(f *testing.F) {
	f.Add([]byte(svgBegin + `<g id="a" style="fill:url(#x)" onclick="x"><use href="#b"/></g><a href="javascript:x">t</a></svg>`))
	f.Add([]byte(`<!DOCTYPE x><svg><script>x</script><text>&lt;<![CDATA[x]]></text></svg>`))
	f.Fuzz(func(t *testing.T, given []byte) {
		cleaned, err := Clean(SVG, given)
		if err != nil {
			return
		}
		in := xml.NewDecoder(bytes.NewReader(cleaned.Bytes))
		for {
			token, err := in.Token()
			if errors.Is(err, io.EOF) {
				break
			}
			if err != nil {
				t.Fatalf("%q gave %q, which is no XML: %v", given, cleaned.Bytes, err)
			}
			element, ok := token.(xml.StartElement)
			if !ok {
				continue
			}
			if element.Name.Space != svgSpace || !elements[element.Name.Local] {
				t.Fatalf("%q gave <%s>", given, element.Name.Local)
			}
			for _, attribute := range element.Attr {
				name := attribute.Name.Local
				if name != "xmlns" && name != "href" && !attributes[name] || name == "href" && !local(attribute.Value) || strings.HasPrefix(name, "on") {
					t.Fatalf("%q gave %s=%q", given, name, attribute.Value)
				}
			}
		}
		again, err := Clean(SVG, cleaned.Bytes)
		if err != nil || !bytes.Equal(again.Bytes, cleaned.Bytes) {
			t.Fatalf("%q gave %q, which gives %q, %v", given, cleaned.Bytes, again.Bytes, err)
		}
	})
}

func FuzzClean(f *testing.F) {
	f.Add(byte(0), pngOf(f, 4))
	f.Add(byte(1), jpegOf(f, 4))
	f.Add(byte(2), icoOf(pngOf(f, 4), bitmap()))
	f.Add(byte(3), webpOf("VP8X\x18\x00\x00\x00\x00\x00\x00\x00\x00\x00", "EXIFx", lossless))
	f.Fuzz(func(t *testing.T, which byte, given []byte) {
		kind := []string{PNG, JPEG, ICO, WEBP}[which%4]
		cleaned, err := Clean(kind, given)
		if err != nil {
			return
		}
		if _, err := Clean(kind, cleaned.Bytes); err != nil {
			t.Fatalf("%s, cleaned, is refused: %v", kind, err)
		}
	})
}

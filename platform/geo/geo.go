package geo

import (
	"errors"
	"fmt"
	"io/fs"
	"net/netip"
	"runtime/debug"
	"strings"

	"github.com/oschwald/maxminddb-golang/v2"
)

// maxName bounds the names that are taken from a file, in bytes.
const maxName = 256

// Place is where an address is, in English. Unknown parts are empty.
type Place struct {
	City    string
	Country string
}

// Database is an open file. A nil Database knows no place.
type Database struct {
	reader *maxminddb.Reader
}

// Open opens the file at path; without a path it gives a Database that knows no place.
func Open(path string) (*Database, error) {
	if path == "" {
		return nil, nil
	}
	reader, err := maxminddb.Open(path)
	if _, said := errors.AsType[*fs.PathError](err); said { // and which file
		return nil, err
	}
	if err != nil {
		return nil, fmt.Errorf("open %s: %w", path, err)
	}
	return &Database{reader}, nil
}

// Close closes the file. Find must not be called any more.
func (d *Database) Close() error {
	if d == nil {
		return nil
	}
	return d.reader.Close()
}

// Find says where an address is, and whether the file knows anything of it. A text that is not an address has no place.
func (d *Database) Find(address string) (p Place, known bool) {
	ip, err := netip.ParseAddr(address)
	if d == nil || err != nil {
		return Place{}, false
	}

	// The file is mapped into memory. If it is overwritten, instead of replaced by renaming, reading it may fault, which
	// would otherwise end the program.
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	defer func() {
		if recover() != nil {
			p, known = Place{}, false
		}
	}()
	var found record
	if d.reader.Lookup(ip.Unmap().WithZone("")).Decode(&found) != nil {
		return Place{}, false
	}
	p = found.place()
	return p, p != Place{}
}

// record is the part of an entry that is read.
type record struct {
	City    named `maxminddb:"city"`
	Country named `maxminddb:"country"`
}

type named struct {
	Code  string `maxminddb:"iso_code"`
	Names struct {
		English string `maxminddb:"en"`
	} `maxminddb:"names"`
}

func (r record) place() Place {
	country := r.Country.Names.English
	if country == "" {
		country = r.Country.Code
	}
	return Place{City: clean(r.City.Names.English), Country: clean(country)}
}

// clean copies a text out of the mapped file, makes it valid UTF-8 and bounds its length.
func clean(name string) string {
	return strings.Clone(strings.ToValidUTF8(name[:min(len(name), maxName)], ""))
}

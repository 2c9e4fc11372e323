//go:build openssl && linux && (amd64 || arm64)

package libcrypto

import (
	"cmp"
	"fmt"
	"strings"

	"github.com/ebitengine/purego"
)

// soname is the name by which the dynamic linker finds OpenSSL 3, of any minor version.
const soname = "libcrypto.so.3"

// Library is a loaded libcrypto. It is safe for concurrent use. Make one with Load.
type Library struct {
	version string
	call    functions
	digests digests
	keys    handles

	// turns is full while as many goroutines compute as there are processors. Go's scheduler starts other threads for those that are in
	// libcrypto, so that without turns the threads would be more than the processors, and take these from each other.
	turns chan struct{}

	released func([]byte) // is shown memory that is about to be freed, in tests
}

// Load loads libcrypto, and makes sure that its signatures are those of the standard library. It stays loaded as long as the
// program runs: libcrypto has work of its own to do when threads end. The name is a file's, or one that the dynamic linker finds;
// empty means that of OpenSSL 3.
func Load(name string) (*Library, error) {
	name = cmp.Or(name, soname)
	image, err := purego.Dlopen(name, purego.RTLD_NOW|purego.RTLD_LOCAL)
	if err != nil {
		return nil, fmt.Errorf("load %s: %w", name, err)
	}
	l := &Library{keys: handles{max: maxHandles}, turns: make(chan struct{}, processors())}
	for symbol, function := range l.call.symbols() {
		if *function, err = purego.Dlsym(image, symbol); err != nil {
			return nil, fmt.Errorf("load %s: %w", name, err)
		}
	}
	var version func(what int32) string
	purego.RegisterFunc(&version, l.call.version)
	if l.version = version(0); !strings.HasPrefix(l.version, "OpenSSL 3.") {
		return nil, fmt.Errorf("load %s: it is %s, not OpenSSL 3", name, l.version)
	}
	if err := l.fetchDigests(); err != nil {
		return nil, fmt.Errorf("load %s (%s): %w", name, l.version, err)
	}
	if err := l.test(); err != nil {
		return nil, fmt.Errorf("test %s (%s): %w", name, l.version, err)
	}
	return l, nil
}

// Version is what the library calls itself, such as "OpenSSL 3.0.19 27 Jan 2026".
func (l *Library) Version() string { return l.version }

// functions are the addresses of the functions that are called.
type functions struct {
	version                         uintptr
	getError, errorString           uintptr
	allocate, free, cleanse         uintptr
	fetchDigest                     uintptr
	contextOf, contextFor           uintptr
	freeContext                     uintptr
	fromDataInit, fromData          uintptr
	signInit, setPadding, setDigest uintptr
	sign                            uintptr
	refer, freeKey                  uintptr
	newNumber, freeNumber           uintptr
	readNumber, writeNumber         uintptr
	newScratch, freeScratch         uintptr
	newModulus, setModulus          uintptr
	freeModulus                     uintptr
	power, publicPower, multiply    uintptr
	enter, leave, copyNumber        uintptr
}

// symbols are the names of the functions.
func (f *functions) symbols() map[string]*uintptr {
	return map[string]*uintptr{
		"OpenSSL_version":               &f.version,
		"ERR_get_error":                 &f.getError,
		"ERR_error_string_n":            &f.errorString,
		"CRYPTO_zalloc":                 &f.allocate,
		"CRYPTO_free":                   &f.free,
		"OPENSSL_cleanse":               &f.cleanse,
		"EVP_MD_fetch":                  &f.fetchDigest,
		"EVP_PKEY_CTX_new_from_pkey":    &f.contextOf,
		"EVP_PKEY_CTX_new_from_name":    &f.contextFor,
		"EVP_PKEY_CTX_free":             &f.freeContext,
		"EVP_PKEY_fromdata_init":        &f.fromDataInit,
		"EVP_PKEY_fromdata":             &f.fromData,
		"EVP_PKEY_sign_init":            &f.signInit,
		"EVP_PKEY_CTX_set_rsa_padding":  &f.setPadding,
		"EVP_PKEY_CTX_set_signature_md": &f.setDigest,
		"EVP_PKEY_sign":                 &f.sign,
		"EVP_PKEY_up_ref":               &f.refer,
		"EVP_PKEY_free":                 &f.freeKey,
		"BN_new":                        &f.newNumber,
		"BN_clear_free":                 &f.freeNumber,
		"BN_bin2bn":                     &f.readNumber,
		"BN_bn2binpad":                  &f.writeNumber,
		"BN_copy":                       &f.copyNumber,
		"BN_CTX_new":                    &f.newScratch,
		"BN_CTX_free":                   &f.freeScratch,
		"BN_MONT_CTX_new":               &f.newModulus,
		"BN_MONT_CTX_set":               &f.setModulus,
		"BN_MONT_CTX_free":              &f.freeModulus,
		"BN_mod_exp_mont_consttime":     &f.power,
		"BN_mod_exp_mont":               &f.publicPower,
		"BN_mod_mul_montgomery":         &f.multiply,
		"BN_to_montgomery":              &f.enter,
		"BN_from_montgomery":            &f.leave,
	}
}

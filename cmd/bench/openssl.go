//go:build openssl && linux && (amd64 || arm64)

package main

import (
	"bytes"
	"cmp"
	"crypto/rsa"
	"errors"
	"fmt"
	"os/exec"
	"regexp"
	"runtime"
	"strconv"
	"sync"
	"time"

	"cardea/platform/libcrypto"
	"cardea/spec/jose"
	"cardea/spec/srp"
)

// openSSL is the arithmetic of the second binary.
var openSSL = sync.OnceValues(func() (*arithmetic, error) {
	library, err := libcrypto.Load("")
	if err != nil {
		return nil, err
	}
	n, g := srp.Group()
	powers, err := library.Group(n, g)
	if err != nil {
		return nil, err
	}
	a := &arithmetic{
		name:   "OpenSSL",
		signer: func(key *rsa.PrivateKey) jose.Signer { return library.Signer(key) },
		srp:    srp.Server{Arithmetic: powers},
		plain:  &srp.Server{Arithmetic: untabled{powers, g.Bytes()}},
	}
	if _, err := exec.LookPath("openssl"); err == nil {
		a.signature = speed
	}
	return a, nil
})

// untabled computes powers of g as those of any other number: one constant-time exponentiation by OpenSSL.
type untabled struct {
	*libcrypto.Group
	g []byte
}

func (u untabled) PowerOfG(exponent []byte) ([]byte, error) { return u.Power(u.g, exponent) }

// speedOfSignatures is how openssl speed writes the number of signatures, and the seconds of CPU time that they took. One that is told of
// several processes (-multi) measures the time that passes.
var speedOfSignatures = regexp.MustCompile(`(?m)^\+R1:(\d+):2048:([\d.]+)$`)

// speed is the CPU time of one signature by the program openssl, which runs on all cores at once.
func speed() (time.Duration, error) {
	commands, outputs := make([]*exec.Cmd, runtime.NumCPU()), make([]bytes.Buffer, runtime.NumCPU())
	for i := range commands {
		commands[i] = exec.Command("openssl", "speed", "-mr", "-seconds", "1", "rsa2048")
		commands[i].Stdout, commands[i].Stderr = &outputs[i], &outputs[i]
		if err := commands[i].Start(); err != nil {
			return 0, err
		}
	}
	var count, seconds float64
	for i, c := range commands {
		err := c.Wait()
		found := speedOfSignatures.FindStringSubmatch(outputs[i].String())
		if err != nil || found == nil {
			return 0, fmt.Errorf("openssl speed: %w, wrote %q", cmp.Or(err, errors.New("no figure")), outputs[i].String())
		}
		signatures, _ := strconv.ParseFloat(found[1], 64) // the expression lets only numbers pass
		took, _ := strconv.ParseFloat(found[2], 64)
		count, seconds = count+signatures, seconds+took
	}
	return time.Duration(seconds / count * float64(time.Second)), nil
}

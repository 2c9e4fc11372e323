package main

import (
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"fmt"
	"runtime"
	"sync"
	"time"

	"cardea/spec/jose"
	"cardea/spec/srp"
)

// primitives are the costs of unavoidable arithmetic, in CPU time.
type primitives struct {
	Signature time.Duration // RS256 with an RSA-2048 key
	Exchange  time.Duration // the server's half of SRP: B, u and the key, with a 256-bit b and a table for g
	Verifier  time.Duration // g^x by the table: a password checked against its verifier
	Called    time.Duration // a signature as this program calls for it, where Signature is another program's

	// Without the server's table of powers of g, where that is measured.
	PlainExchange, PlainVerifier time.Duration
}

// plain are the primitives without the server's table.
func (p primitives) plain() primitives {
	p.Exchange, p.Verifier = p.PlainExchange, p.PlainVerifier
	return p
}

// arithmetic is what the primitives are computed by.
type arithmetic struct {
	name   string
	signer func(*rsa.PrivateKey) jose.Signer
	srp    srp.Server
	plain  *srp.Server // by the library's own functions alone, without a table of powers of g; nil: that is not measured

	// signature measures a signature by another program, without what it costs to call a library from Go. Nil: by signer.
	signature func() (time.Duration, error)
}

// standard is Go's.
var standard = arithmetic{name: "Go", signer: func(key *rsa.PrivateKey) jose.Signer { return jose.RSA{Key: key} }}

// measure measures the primitives as a bound has them.
func (a arithmetic) measure() (primitives, error) {
	p, err := a.measureHere()
	if err != nil || a.signature == nil {
		return p, err
	}
	p.Called = p.Signature
	p.Signature, err = a.signature()
	return p, err
}

// measureHere measures all of them in this program.
func (a arithmetic) measureHere() (primitives, error) {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		return primitives{}, err
	}
	signer, digest := a.signer(key), sha256.Sum256([]byte("claims"))
	var p primitives
	if p.Signature, err = everywhere(func() error {
		_, err := signer.Sign(crypto.SHA256, digest[:])
		return err
	}); err != nil {
		return primitives{}, err
	}
	if p.Exchange, p.Verifier, err = powersOf(a.srp); err != nil || a.plain == nil {
		return p, err
	}
	p.PlainExchange, p.PlainVerifier, err = powersOf(*a.plain)
	return p, err
}

// powersOf measures a server's half of SRP, and g^x.
func powersOf(server srp.Server) (exchange, verify time.Duration, err error) {
	id := srp.Identity{Scope: "Scope", User: "user"}
	salt := srp.NewSalt()
	verifier, err := server.Verifier(id, secret, salt)
	if err != nil {
		return 0, 0, err
	}
	client, err := srp.ParsePublic(srp.NewClient().Public())
	if err != nil {
		return 0, 0, err
	}
	exchange, err = everywhere(func() error {
		offer, err := server.NewOffer(verifier)
		if err != nil {
			return err
		}
		_, err = server.Key(offer, client, verifier)
		return err
	})
	if err != nil {
		return 0, 0, err
	}
	verify, err = everywhere(func() error {
		_, err := server.Verifier(id, secret, salt)
		return err
	})
	return exchange, verify, err
}

// everywhere runs work on all cores at once, as the served flows do, and returns the CPU time of one run.
func everywhere(work func() error) (time.Duration, error) {
	const span = 1500 * time.Millisecond
	if err := work(); err != nil { // tables are built outside the measurement
		return 0, err
	}
	before, err := cpuOf(self)
	if err != nil {
		return 0, err
	}
	var group sync.WaitGroup
	runs := make([]int, runtime.NumCPU())
	deadline := time.Now().Add(span)
	for i := range runs {
		group.Go(func() {
			for time.Now().Before(deadline) {
				_ = work() // it has succeeded once on the same input
				runs[i]++
			}
		})
	}
	group.Wait()
	after, err := cpuOf(self)
	if err != nil {
		return 0, err
	}
	total := 0
	for _, n := range runs {
		total += n
	}
	return (after - before) / time.Duration(total), nil
}

func (a arithmetic) print(p primitives) {
	fmt.Printf("primitives by %s, CPU time: RS256 signature %v, SRP exchange %v, verifier %v",
		a.name, p.Signature.Round(time.Microsecond), p.Exchange.Round(time.Microsecond), p.Verifier.Round(time.Microsecond))
	if a.plain != nil {
		fmt.Printf(" (without the table %v and %v)", p.PlainExchange.Round(time.Microsecond), p.PlainVerifier.Round(time.Microsecond))
	}
	if p.Called != 0 {
		fmt.Printf("; the signature is openssl speed's, and takes %v by a call from Go", p.Called.Round(time.Microsecond))
	}
	fmt.Println()
}

package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"sync"
	"time"

	"cardea/engine/account"
	"cardea/engine/password"
	"cardea/platform/caller"
	"cardea/platform/db"
	"cardea/platform/seal"
	"cardea/record/datakey"
	"cardea/record/pool"
	"cardea/record/user"
	"cardea/server"
	"cardea/spec/cognitoidp"
	"cardea/spec/id"
)

const (
	secret    = "Correct-Horse-9"
	region    = "us-east-1"
	accountID = "123456789012"
	batch     = 500 // users in one transaction
)

// population is a pool with so many users, named user0, user1 and so on, who all have the same password.
type population struct {
	pool    id.Pool
	client  string
	users   int
	factors *factors // nil: they have nothing else
	claims  string   // ARN of the function for PreTokenGeneration; empty: none
	apps    *apps    // nil: the pool has no authorization server
	apart   int      // every user whose number it divides can sign in, others cannot; 0: all can
}

type pools struct{ small, large, withFactors, withClaims population }

// load fills a data folder for cardea dev with the pools, through the store.
func load(ctx context.Context, dir string, users int) (pools, error) {
	data := filepath.Join(dir, "data")
	if err := os.Mkdir(data, 0o700); err != nil {
		return pools{}, err
	}
	key := seal.NewKey()
	if err := os.WriteFile(filepath.Join(data, "master.key"), []byte(seal.FormatKey(key)+"\n"), 0o600); err != nil {
		return pools{}, err
	}
	master, err := seal.NewMaster(key)
	if err != nil {
		return pools{}, err
	}
	srv, err := server.New(ctx, server.Config{
		Dev: true, Addr: "127.0.0.1:1", PublicURL: "http://127.0.0.1:1", Region: region, Account: accountID,
		Database: "sqlite:" + filepath.Join(data, "cardea.db"), MasterKeys: [][]byte{key},
	})
	if err != nil {
		return pools{}, err
	}
	defer srv.Close()

	factors, err := newFactors(factorPool)
	if err != nil {
		return pools{}, err
	}
	w := pools{small: population{users: smallPool}, withFactors: population{users: factorPool, factors: factors}, large: population{users: users}, withClaims: population{users: smallPool, claims: claimsARN}}
	l := loader{srv: srv, ring: &datakey.Ring{Master: master}}
	for _, p := range []*population{&w.small, &w.withFactors, &w.withClaims, &w.large} {
		began := time.Now()
		if err := l.populate(ctx, p); err != nil {
			return pools{}, err
		}
		fmt.Printf("loaded %d users in %v\n", p.users, time.Since(began).Round(time.Second))
	}
	if err := l.serve(ctx, &w.small); err != nil { // last, since codes expire
		return pools{}, err
	}
	return w, nil
}

type loader struct {
	srv  *server.Server
	ring *datakey.Ring
}

// opened reads a pool and the box of its secrets.
func (l loader) opened(ctx context.Context, name id.Pool) (of *pool.Pool, box *seal.Box, err error) {
	err = l.srv.DB.Read(ctx, func(tx *db.Tx) (err error) {
		if of, err = pool.Get(tx, name); err != nil {
			return err
		}
		box, err = l.ring.Box(tx, name)
		return err
	})
	return of, box, err
}

// populate makes a pool, a client and users.
func (l loader) populate(ctx context.Context, p *population) error {
	if err := l.found(ctx, p); err != nil {
		return err
	}
	of, box, err := l.opened(ctx, p.pool)
	if err != nil {
		return err
	}
	for first := 0; first < p.users; first += batch {
		made, err := withPasswords(ctx, of, box, first, min(first+batch, p.users))
		if err != nil {
			return err
		}
		err = l.srv.DB.Write(ctx, func(tx *db.Tx) error { return p.insert(tx, box, of, first, made) })
		if err != nil {
			return err
		}
	}
	return nil
}

// found makes the pool and the client.
func (l loader) found(ctx context.Context, p *population) error {
	ctx = caller.With(ctx, caller.Caller{Region: region, Account: accountID})
	in := &cognitoidp.CreateUserPoolRequest{PoolName: "bench"}
	if p.factors != nil {
		in.Policies = &cognitoidp.UserPoolPolicyType{SignInPolicy: p.factors.signInPolicy()}
	}
	if p.claims != "" {
		in.LambdaConfig = &cognitoidp.LambdaConfigType{PreTokenGeneration: p.claims}
	}
	made, err := l.srv.API.Userpool.CreateUserPool(ctx, in)
	if err != nil {
		return err
	}
	p.pool = id.Pool(made.UserPool.Id)
	if p.factors != nil {
		if _, err := l.srv.API.Userpool.SetUserPoolMfaConfig(ctx, p.factors.mfaConfig(p.pool)); err != nil {
			return err
		}
	}
	app, err := l.srv.API.Appclient.CreateUserPoolClient(ctx, &cognitoidp.CreateUserPoolClientRequest{
		UserPoolId: made.UserPool.Id,
		ClientName: "bench",
		ExplicitAuthFlows: []string{
			cognitoidp.ExplicitAuthFlowsTypeAllowUserSrpAuth,
			cognitoidp.ExplicitAuthFlowsTypeAllowUserPasswordAuth,
			cognitoidp.ExplicitAuthFlowsTypeAllowUserAuth,
			cognitoidp.ExplicitAuthFlowsTypeAllowRefreshTokenAuth,
		},
	})
	if err != nil {
		return err
	}
	p.client = app.UserPoolClient.ClientId
	return nil
}

// insert stores users, numbered from first on, and their factors.
func (p *population) insert(tx *db.Tx, box *seal.Box, of *pool.Pool, first int, users []*user.User) error {
	for i, u := range users {
		u = u.Clone() // the transaction may run twice
		if err := account.Create(tx, of, u, false); err != nil {
			return err
		}
		if p.factors == nil {
			continue
		}
		if err := p.factors.equip(tx, box, u, first+i); err != nil {
			return err
		}
	}
	return nil
}

// withPasswords makes users in memory, on all cores: each password is an exponentiation.
func withPasswords(ctx context.Context, of *pool.Pool, box *seal.Box, first, end int) ([]*user.User, error) {
	made := make([]*user.User, end-first)
	errs := make([]error, runtime.GOMAXPROCS(0))
	hasher := &password.Hasher{}
	var group sync.WaitGroup
	for worker := range errs {
		group.Go(func() {
			for i := worker; i < len(made); i += len(errs) {
				name := fmt.Sprintf("user%d", first+i)
				attrs := map[string]string{"email": name + "@example.com", "email_verified": "true", "name": name}
				u, err := account.New(of, name, attrs, time.Now())
				if err == nil {
					u.Status = cognitoidp.UserStatusTypeConfirmed
					err = setPassword(ctx, hasher, box, of, u)
				}
				if err != nil {
					errs[worker] = err
					return
				}
				made[i] = u
			}
		})
	}
	group.Wait()
	for _, err := range errs {
		if err != nil {
			return nil, err
		}
	}
	return made, nil
}

func setPassword(ctx context.Context, hasher *password.Hasher, box *seal.Box, of *pool.Pool, u *user.User) error {
	change, err := hasher.Prepare(ctx, box, of, u, password.Choice{Password: secret})
	if err != nil {
		return err
	}
	change.Apply(u, time.Now())
	return nil
}

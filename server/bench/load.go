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
	"cardea/platform/db"
	"cardea/platform/seal"
	"cardea/record/datakey"
	"cardea/record/pool"
	"cardea/record/user"
	"cardea/server"
	"cardea/spec/awsjson"
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
	pool   id.Pool
	client string
	users  int
}

type world struct{ small, large population }

// load fills a data folder for cardea dev with the two pools, through the store.
func load(ctx context.Context, dir string, users int) (world, error) {
	data := filepath.Join(dir, "data")
	if err := os.Mkdir(data, 0o700); err != nil {
		return world{}, err
	}
	key := seal.NewKey()
	if err := os.WriteFile(filepath.Join(data, "master.key"), []byte(seal.FormatKey(key)+"\n"), 0o600); err != nil {
		return world{}, err
	}
	master, err := seal.NewMaster(key)
	if err != nil {
		return world{}, err
	}
	house, err := server.New(ctx, server.Config{
		Dev: true, Addr: "127.0.0.1:1", PublicURL: "http://127.0.0.1:1", Region: region, Account: accountID,
		Database: "sqlite:" + filepath.Join(data, "cardea.db"), MasterKeys: [][]byte{key},
	})
	if err != nil {
		return world{}, err
	}
	defer house.Close()

	l := loader{house: house, ring: &datakey.Ring{Master: master}}
	small, err := l.populate(ctx, smallPool)
	if err != nil {
		return world{}, err
	}
	began := time.Now()
	large, err := l.populate(ctx, users)
	if err != nil {
		return world{}, err
	}
	fmt.Printf("loaded %d users in %v\n", users, time.Since(began).Round(time.Second))
	return world{small: small, large: large}, nil
}

type loader struct {
	house *server.House
	ring  *datakey.Ring
}

// populate makes a pool, a client and users.
func (l loader) populate(ctx context.Context, users int) (population, error) {
	ctx = awsjson.WithCaller(ctx, awsjson.Caller{Region: region, Account: accountID})
	made, err := l.house.API.Userpool.CreateUserPool(ctx, &cognitoidp.CreateUserPoolRequest{PoolName: "bench"})
	if err != nil {
		return population{}, err
	}
	app, err := l.house.API.Appclient.CreateUserPoolClient(ctx, &cognitoidp.CreateUserPoolClientRequest{
		UserPoolId: made.UserPool.Id,
		ClientName: "bench",
		ExplicitAuthFlows: []string{
			cognitoidp.ExplicitAuthFlowsTypeAllowUserSrpAuth,
			cognitoidp.ExplicitAuthFlowsTypeAllowUserPasswordAuth,
			cognitoidp.ExplicitAuthFlowsTypeAllowRefreshTokenAuth,
		},
	})
	if err != nil {
		return population{}, err
	}
	p := population{pool: id.Pool(made.UserPool.Id), client: app.UserPoolClient.ClientId, users: users}

	var of *pool.Pool
	var box *seal.Box
	err = l.house.DB.Read(ctx, func(tx *db.Tx) (err error) {
		if of, err = pool.Get(tx, p.pool); err != nil {
			return err
		}
		box, err = l.ring.Box(tx, p.pool)
		return err
	})
	if err != nil {
		return population{}, err
	}
	for first := 0; first < users; first += batch {
		if err := l.insert(ctx, of, box, first, min(first+batch, users)); err != nil {
			return population{}, err
		}
	}
	return p, nil
}

// insert makes the users numbered first up to, but not with, end.
func (l loader) insert(ctx context.Context, of *pool.Pool, box *seal.Box, first, end int) error {
	made, err := withPasswords(ctx, of, box, first, end)
	if err != nil {
		return err
	}
	return l.house.DB.Write(ctx, func(tx *db.Tx) error {
		for _, u := range made {
			if err := account.Create(tx, of, u.Clone(), false); err != nil {
				return err
			}
		}
		return nil
	})
}

// withPasswords makes users in memory, on all cores: each password is an exponentiation.
func withPasswords(ctx context.Context, of *pool.Pool, box *seal.Box, first, end int) ([]*user.User, error) {
	made := make([]*user.User, end-first)
	errs := make([]error, runtime.GOMAXPROCS(0))
	keeper := &password.Keeper{}
	var group sync.WaitGroup
	for worker := range errs {
		group.Go(func() {
			for i := worker; i < len(made); i += len(errs) {
				name := fmt.Sprintf("user%d", first+i)
				attrs := map[string]string{"email": name + "@example.com", "email_verified": "true", "name": name}
				u, err := account.New(of, name, attrs, time.Now())
				if err == nil {
					u.Status = cognitoidp.UserStatusTypeConfirmed
					err = setPassword(ctx, keeper, box, of, u)
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

func setPassword(ctx context.Context, keeper *password.Keeper, box *seal.Box, of *pool.Pool, u *user.User) error {
	change, err := keeper.Prepare(ctx, box, of, u, password.Choice{Password: secret})
	if err != nil {
		return err
	}
	change.Apply(u, time.Now())
	return nil
}

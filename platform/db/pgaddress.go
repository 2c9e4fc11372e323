package db

import (
	"fmt"
	"os"
	"runtime"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
)

// Defaults of the parameters of a PostgreSQL URL.
const (
	connectTimeout = 5 * time.Second
	longestLife    = 30 * time.Minute // so that the nodes' connections move on when servers are added or replaced
)

// pgAddress is what the URL of a PostgreSQL database says.
type pgAddress struct {
	config *pgconn.Config
	pooler bool // a pooler in transaction mode stands before the server: see pooler.go

	max          int
	life, jitter time.Duration // a connection ends between life and life + jitter
}

// parseAddress takes the parameters of the pool out of the URL, by the names that pgx gives them, and leaves the rest to
// pgconn, which passes what it does not know on to the server.
func parseAddress(url string, opts Options) (pgAddress, error) {
	config, err := pgconn.ParseConfig(url)
	if err != nil {
		return pgAddress{}, err
	}
	a := pgAddress{config: config, max: opts.MaxConns, life: longestLife}
	if err := a.poolParams(config.RuntimeParams); err != nil {
		return pgAddress{}, err
	}
	if err := a.poolerParams(config.RuntimeParams); err != nil {
		return pgAddress{}, err
	}

	if config.ConnectTimeout == 0 {
		config.ConnectTimeout = connectTimeout
	}
	if config.RuntimeParams["application_name"] == "" {
		config.RuntimeParams["application_name"] = "cardea"
	}
	if !opts.ReadOnly && anyServer(config, url) {
		config.ValidateConnect = pgconn.ValidateConnectTargetSessionAttrsReadWrite
	}
	return a, nil
}

// anyServer reports whether neither the URL nor the environment says which servers are accepted.
func anyServer(config *pgconn.Config, url string) bool {
	said := strings.Contains(url, "target_session_attrs=") || os.Getenv("PGTARGETSESSIONATTRS") != ""
	return config.ValidateConnect == nil && !said
}

// formerParams are parameters of the pool and the driver of earlier versions, whose URLs still have them. They change nothing, and the
// server would refuse them.
var formerParams = []string{
	"pool_min_conns", "pool_max_conn_idle_time", "pool_health_check_period", "statement_cache_capacity", "description_cache_capacity",
}

func (a *pgAddress) poolParams(params map[string]string) (err error) {
	for _, name := range formerParams {
		delete(params, name)
	}
	if text, found := take(params, "pool_max_conns"); found {
		if a.max, err = strconv.Atoi(text); err != nil || a.max < 1 {
			return fmt.Errorf("pool_max_conns is %q, not a count", text)
		}
	}
	if a.max <= 0 {
		a.max = min(max(8, 4*runtime.GOMAXPROCS(0)), 64)
	}
	if text, found := take(params, "pool_max_conn_lifetime"); found {
		if a.life, err = time.ParseDuration(text); err != nil || a.life <= 0 {
			return fmt.Errorf("pool_max_conn_lifetime is %q, not a duration such as 30m", text)
		}
	}
	a.jitter = a.life / 4
	if text, found := take(params, "pool_max_conn_lifetime_jitter"); found {
		if a.jitter, err = time.ParseDuration(text); err != nil || a.jitter < 0 {
			return fmt.Errorf("pool_max_conn_lifetime_jitter is %q, not a duration such as 5m", text)
		}
	}
	return nil
}

// take removes a parameter and returns what it was.
func take(params map[string]string, name string) (value string, found bool) {
	value, found = params[name]
	delete(params, name)
	return value, found
}

package db

import (
	"testing"
	"time"
)

func TestServersThatOnlyReadAreAcceptedOnlyWhereTheURLSaysSo(t *testing.T) {
	t.Setenv("PGTARGETSESSIONATTRS", "")
	for url, picky := range map[string]bool{
		"postgres://a,b/x":                                true,
		"postgres://a/x?target_session_attrs=any":         false,
		"postgres://a/x?target_session_attrs=primary":     true,
		"postgres://a/x?pool_max_conns=3&sslmode=disable": true,
	} {
		a, err := parseAddress(url, Options{})
		if err != nil || (a.config.ValidateConnect != nil) != picky {
			t.Errorf("%s: picky is %v, %v", url, a.config.ValidateConnect != nil, err)
		}
	}
	if a, err := parseAddress("postgres://a/x", Options{ReadOnly: true}); err != nil || a.config.ValidateConnect != nil {
		t.Errorf("a program that only reads is picky: %v", err)
	}
}

func TestParametersOfThePoolStayHere(t *testing.T) {
	t.Parallel()
	a, err := parseAddress("postgres://a/x?pool_max_conns=3&pool_max_conn_lifetime=1h&pool_max_conn_lifetime_jitter=1s&pooler=transaction"+
		"&pool_min_conns=1&pool_max_conn_idle_time=5m&pool_health_check_period=1m&statement_cache_capacity=9&description_cache_capacity=9", Options{})
	if err != nil || a.max != 3 || a.life != time.Hour || a.jitter != time.Second || !a.pooler {
		t.Errorf("got %+v, %v", a, err)
	}
	if len(a.config.RuntimeParams) != 1 || a.config.RuntimeParams["application_name"] != "cardea" {
		t.Errorf("sent to the server: %v", a.config.RuntimeParams)
	}
	for _, wrong := range []string{
		"pool_max_conns=0", "pool_max_conn_lifetime=soon", "pool_max_conn_lifetime_jitter=-1s", "pooler=session",
		"pooler=transaction&search_path=x", "default_query_exec_mode=x",
	} {
		if _, err := parseAddress("postgres://a/x?"+wrong, Options{}); err == nil {
			t.Errorf("%s was accepted", wrong)
		}
	}
}

package db

import (
	"errors"
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"
)

// parameters are those of a URL of PostgreSQL: pgx's, libpq's that pgx knows, and settings of a session that somebody may want to give
// here. PostgreSQL would take any other for one of its settings, and refuse every connection if there is none of the name.
var parameters = names(`
	host port user password database dbname passfile service servicefile connect_timeout target_session_attrs
	sslmode sslcert sslcertmode sslkey sslpassword sslrootcert sslsni sslnegotiation min_protocol_version max_protocol_version
	channel_binding require_auth krbsrvname krbspn
	default_query_exec_mode statement_cache_capacity description_cache_capacity
	pooler pool_max_conns pool_min_conns pool_max_conn_lifetime pool_max_conn_lifetime_jitter pool_max_conn_idle_time pool_health_check_period
	application_name client_encoding client_min_messages extra_float_digits options role search_path timezone
	statement_timeout lock_timeout idle_in_transaction_session_timeout idle_session_timeout transaction_timeout
	tcp_keepalives_count tcp_keepalives_idle tcp_keepalives_interval tcp_user_timeout
	jit plan_cache_mode random_page_cost synchronous_commit temp_buffers work_mem log_min_duration_statement log_statement`)

func names(text string) map[string]bool {
	all := map[string]bool{}
	for _, name := range strings.Fields(text) {
		all[name] = true
	}
	return all
}

// CheckURL reports everything that is wrong with the url of a database by itself, without opening it. It shows no password.
func CheckURL(address string) error {
	scheme, rest, _ := strings.Cut(address, ":")
	if scheme == "sqlite" {
		if strings.ContainsAny(rest, "?") {
			return errors.New("a SQLite database has no parameters")
		}
		return nil
	}
	u, err := url.Parse(address)
	if err != nil {
		return errors.New("the url cannot be parsed") // the parser's error would show the password
	}
	query, err := url.ParseQuery(u.RawQuery)
	if err != nil {
		return errors.New("the parameters of the url cannot be parsed")
	}
	var wrong []error
	for _, name := range slices.Sorted(maps.Keys(query)) {
		if !parameters[strings.ToLower(name)] && !strings.Contains(name, ".") {
			wrong = append(wrong, fmt.Errorf("unknown parameter %q%s", name, nearest(name)))
		}
	}
	return errors.Join(append(wrong, checkValues(u, query)...)...)
}

// checkValues reads the url as [Open] does, without its passwords, which errors would show. Parameters are looked at one by one, since
// the parser stops at the first that is wrong; those of TLS, which refer to each other, together.
func checkValues(u *url.URL, query url.Values) (wrong []error) {
	parse := func(at url.URL, query url.Values) error {
		at.RawQuery = query.Encode()
		_, err := parseAddress(without(at.String(), func(name string) bool { return name == "password" || name == "sslpassword" }), Options{})
		if _, ok := errors.AsType[*pgconn.ParseConfigError](err); ok {
			if _, said, found := strings.Cut(err.Error(), "`: "); found { // the url stands before
				return errors.New(said)
			}
		}
		return err
	}
	base := url.URL{Scheme: u.Scheme, Host: u.Host, Path: u.Path}
	if u.User != nil {
		base.User = url.User(u.User.Username())
	}
	whole := parse(base, query)
	if whole == nil {
		return nil
	}

	if err := parse(base, nil); err != nil {
		wrong = append(wrong, err)
		base.Host = ""
	}
	groups := map[string]url.Values{}
	for name, values := range query {
		group := name
		if strings.HasPrefix(name, "ssl") {
			group = "ssl"
		}
		if groups[group] == nil {
			groups[group] = url.Values{}
		}
		groups[group][name] = values
	}
	for _, group := range slices.Sorted(maps.Keys(groups)) {
		if err := parse(base, groups[group]); err != nil {
			wrong = append(wrong, err)
		}
	}
	if len(wrong) == 0 {
		return []error{whole}
	}
	return wrong
}

// driverURL is a url without the parameters that pgx would take for settings of the server.
func driverURL(address string) string {
	return without(address, func(name string) bool { return strings.HasPrefix(name, "pool_") || name == "pooler" })
}

// without is a url without some of its parameters.
func without(address string, unwanted func(name string) bool) string {
	u, err := url.Parse(address)
	if err != nil {
		return address
	}
	query := u.Query()
	maps.DeleteFunc(query, func(name string, _ []string) bool { return unwanted(name) })
	u.RawQuery = strings.ReplaceAll(query.Encode(), "+", "%20") // pgconn, like libpq, does not read + as a space
	return u.String()
}

// nearest offers the parameter that a misspelt one was probably meant to be.
func nearest(name string) string {
	best, least := "", 3
	for _, known := range slices.Sorted(maps.Keys(parameters)) {
		if d := distance(strings.ToLower(name), known); d < least {
			best, least = known, d
		}
	}
	if best == "" {
		return "; settings of PostgreSQL that are not known here can be given as options=-c%20name=value"
	}
	return ": " + best + "?"
}

// distance is how many letters must be put in, taken out or changed to make one word of the other.
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		left := row[0]
		row[0]++
		for j := range len(b) {
			cost := left
			if a[i] != b[j] {
				cost = min(left, row[j], row[j+1]) + 1
			}
			left, row[j+1] = row[j+1], cost
		}
	}
	return row[len(b)]
}

package dbtest

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"time"

	"cardea/platform/db"
)

// template is a SQLite database with the product's schema. Tests get copies: to run the migrations takes longer than most tests do.
var template = sync.OnceValues(func() (file []byte, err error) {
	dir, err := os.MkdirTemp("", "cardea-template-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	name := filepath.Join(dir, "template.db")
	if err := migrate("sqlite:" + name); err != nil {
		return nil, err
	}
	return os.ReadFile(name)
})

// migrate gives a database the product's schema, and nothing that differs from one time to the next.
func migrate(url string) error {
	d, err := db.Open(context.Background(), url, db.Options{Fast: true, Now: func() time.Time { return time.Unix(0, 0) }})
	if err != nil {
		return err
	}
	return d.Close()
}

// templateDatabase is the name of a database with the product's schema on the server of this test program. It is made once for each
// schema, whose digest its name has, since test programs may share a server.
var templateDatabase = sync.OnceValues(func() (name string, err error) {
	file, err := template()
	if err != nil {
		return "", err
	}
	name = fmt.Sprintf("cardea_template_%x", sha256.Sum256(file))[:40]
	pool, err := admin()
	if err != nil {
		return "", err
	}
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	conn, err := pool.Conn(ctx)
	if err != nil {
		return "", err
	}
	defer conn.Close()
	if _, err := conn.ExecContext(ctx, "SELECT pg_advisory_lock(hashtext('cardea_template'))"); err != nil {
		return "", err
	}
	err = makeTemplate(ctx, conn, name)
	if _, unlock := conn.ExecContext(ctx, "SELECT pg_advisory_unlock_all()"); err == nil {
		err = unlock
	}
	return name, err
})

// makeTemplate makes a template unless another test program has. The lock must be held.
func makeTemplate(ctx context.Context, conn *sql.Conn, name string) error {
	var made bool
	if err := conn.QueryRowContext(ctx, "SELECT EXISTS (SELECT FROM pg_database WHERE datname = $1)", name).Scan(&made); err != nil || made {
		return err
	}
	unfinished := name + "_unfinished"
	for _, statement := range []string{"DROP DATABASE IF EXISTS " + unfinished, "CREATE DATABASE " + unfinished} {
		if _, err := conn.ExecContext(ctx, statement); err != nil {
			return err
		}
	}
	url, err := server()
	if err != nil {
		return err
	}
	if err := migrate(withDatabase(url, unfinished)); err != nil {
		return err
	}
	_, err = conn.ExecContext(ctx, "ALTER DATABASE "+unfinished+" RENAME TO "+name)
	return err
}

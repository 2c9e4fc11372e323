package server

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"cardea/platform/backup"
	"cardea/platform/db"
	"cardea/platform/seal"
	"cardea/record/cutoff"
	"cardea/record/datakey"
	"cardea/record/pool"
	"cardea/record/softwaretoken"
	"cardea/record/transient"
	"cardea/spec/totp"
)

// RestoreOptions say what of a backup comes back besides what lasts.
type RestoreOptions struct {
	// KeepSessions leaves sessions as they were in the backup, also those that were ended since; otherwise everybody signs in again.
	KeepSessions bool
	// KeepMessages leaves messages that waited to be delivered, which may have been since.
	KeepMessages bool
}

// RestoreReport says what a restore has brought back.
type RestoreReport struct {
	BackupReport
	Dropped int64 // rows that were left out
}

// MissingKeysError says that a backup needs master keys which the configuration does not have, when it is made or restored.
type MissingKeysError struct {
	IDs []string
}

// Error names the keys.
func (e *MissingKeysError) Error() string {
	return "the backup needs master keys that are not configured: " + strings.Join(e.IDs, ", ")
}

// Restore makes the empty database which c names what a backup holds, all or nothing. It answers db.ErrNotEmpty, db.ErrNewer, backup.ErrDamaged
// and *MissingKeysError. Whatever the options say, nothing that ran in the former servers comes back, and codes of software tokens that
// are good at this moment count as used.
func Restore(ctx context.Context, c Config, r io.Reader, o RestoreOptions) (*RestoreReport, error) {
	master, err := seal.NewMaster(c.MasterKeys...)
	if err != nil {
		return nil, err
	}
	in, err := backup.NewReader(r)
	if err != nil {
		return nil, err
	}
	if err := hasKeys(master, in.Header.MasterKeys); err != nil {
		return nil, err
	}
	release, err := db.Alone(c.Database)
	if err != nil {
		return nil, err
	}
	defer release()
	job := restore{in: in, options: o, ring: &datakey.Ring{Master: master}}
	opts := db.Options{Now: c.now(), Fast: c.Test.FastDatabase}
	if err := db.Fill(ctx, c.Database, opts, in.Header.Migrations, job.fill); err != nil {
		return nil, err
	}
	return &RestoreReport{BackupReport{in.Header, in.Counts}, job.dropped}, nil
}

func hasKeys(master *seal.Master, needed []string) error {
	missing := slices.DeleteFunc(slices.Clone(needed), func(one string) bool { return slices.Contains(master.IDs(), one) })
	if len(missing) > 0 {
		return &MissingKeysError{missing}
	}
	return nil
}

// restore is a restore under way.
type restore struct {
	in      *backup.Reader
	options RestoreOptions
	ring    *datakey.Ring
	dropped int64
}

// fill loads all rows, and checks that they are the backup's before they are committed.
func (r *restore) fill(l *db.Loading) error {
	for {
		t, err := r.in.Next()
		if err != nil {
			return err
		}
		if t == nil {
			break
		}
		if err := r.table(l, t); err != nil {
			return err
		}
	}
	err := r.in.End(func(proof []byte) ([]byte, error) { return r.ring.Master.Unwrap(proofLabel, proof) })
	if err != nil {
		return err
	}
	tx, err := l.Complete()
	if err != nil {
		return err
	}
	if err := r.opens(tx); err != nil {
		return err
	}
	return r.end(tx)
}

// table loads the rows of a table, or reads over them.
func (r *restore) table(l *db.Loading, t *db.Table) error {
	class, known := transient.Of(t)
	if !known {
		return fmt.Errorf("%w: table %s", db.ErrNewer, t.Name)
	}
	if r.keeps(class) {
		if err := l.Load(t, r.in.Rows); err != nil {
			return err
		}
		return nil
	}
	var err error
	for err == nil {
		_, err = r.in.Rows()
	}
	if !errors.Is(err, io.EOF) {
		return err
	}
	r.dropped += r.in.Counts[len(r.in.Counts)-1].Rows
	return nil
}

func (r *restore) keeps(class transient.Class) bool {
	switch class {
	case transient.Lasting:
		return true
	case transient.Sessions:
		return r.options.KeepSessions
	case transient.Messages:
		return r.options.KeepMessages
	}
	return false
}

// opens makes sure that the master keys open what is sealed.
func (r *restore) opens(tx *db.Tx) error {
	keys, err := datakey.MasterKeys(tx)
	if err != nil {
		return err
	}
	var needed []string
	for one := range keys {
		needed = append(needed, one)
	}
	slices.Sort(needed)
	if err := hasKeys(r.ring.Master, needed); err != nil {
		return err
	}
	if _, err := r.ring.ServerBox(tx); err != nil {
		return fmt.Errorf("the master key does not open this backup: %w", err)
	}
	return nil
}

// end ends what an older database would revive and has no row that could be left out.
func (r *restore) end(tx *db.Tx) error {
	if err := softwaretoken.Skip(tx, totp.Step(tx.Now)+1); err != nil {
		return err
	}
	if r.options.KeepSessions {
		return nil
	}
	all, err := pool.Versions(tx)
	if err != nil {
		return fmt.Errorf("list pools: %w", err)
	}
	for _, p := range all {
		if err := pool.SignOut(tx, p.ID, tx.Now); err != nil {
			return err
		}
	}
	return cutoff.Raise(tx, cutoff.Credentials, tx.Now)
}

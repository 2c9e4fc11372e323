package server

import (
	"context"
	"fmt"
	"io"
	"maps"
	"slices"

	"cardea/platform/backup"
	"cardea/platform/db"
	"cardea/platform/seal"
	"cardea/record/datakey"
	"cardea/record/transient"
)

// proofLabel is what the digest of a backup is sealed for.
const proofLabel = "backup"

// BackupReport says what a backup holds.
type BackupReport struct {
	backup.Header
	Counts []backup.Count
}

// Rows is the number of rows of all tables.
func (r *BackupReport) Rows() (n int64) {
	for _, c := range r.Counts {
		n += c.Rows
	}
	return n
}

// Backup writes all that the database which c names holds at one moment, beside running servers and without disturbing them. What it has
// written is whole only if it returns no error, such as *MissingKeysError.
func Backup(ctx context.Context, c Config, w io.Writer) (*BackupReport, error) {
	master, err := seal.NewMaster(c.MasterKeys...)
	if err != nil {
		return nil, err
	}
	report := &BackupReport{}
	err = db.ReadSnapshot(ctx, c.Database, db.Options{Now: c.now()}, func(s *db.Snapshot, tx *db.Tx) error {
		report.Header = backup.Header{Program: c.Version, Engine: s.Engine, Taken: tx.Now, Migrations: s.Migrations}
		if report.MasterKeys, err = backupKeys(tx, master); err != nil {
			return err
		}
		out, err := backup.NewWriter(w, report.Header)
		if err != nil {
			return err
		}
		for _, t := range s.Tables {
			if err := writeTable(s, &t, out); err != nil {
				return err
			}
		}
		report.Counts = out.Counts
		return out.End(func(digest []byte) []byte { return master.Wrap(proofLabel, digest) })
	})
	if err != nil {
		return nil, err
	}
	return report, nil
}

// backupKeys names the master keys without which a backup cannot be restored: those of the data keys, and the one that proves who has
// made it. All must be there, or nobody would notice before the backup is needed.
func backupKeys(tx *db.Tx, master *seal.Master) (needed []string, err error) {
	wrapped, err := datakey.MasterKeys(tx)
	if err != nil {
		return nil, err
	}
	wrapped[master.ID()] = datakey.Wrapped{}
	needed = slices.Sorted(maps.Keys(wrapped))
	return needed, hasKeys(master, needed)
}

// writeTable refuses tables that a restore would not know.
func writeTable(s *db.Snapshot, t *db.Table, out *backup.Writer) error {
	if _, known := transient.Of(t); !known {
		return fmt.Errorf("table %s is not of this program: move it to another schema", t.Name)
	}
	if err := out.Table(t); err != nil {
		return err
	}
	err := s.Rows(t, func(chunk []byte) error {
		n, err := t.Count(chunk)
		if err != nil {
			return err
		}
		return out.Rows(chunk, n)
	})
	if err != nil {
		return err
	}
	return out.Done()
}

// VerifyBackup reads a backup whole and says what is in it. With master keys it tells too whether a holder of one of them has made it.
func VerifyBackup(r io.Reader, masterKeys [][]byte) (*BackupReport, error) {
	in, err := backup.NewReader(r)
	if err != nil {
		return nil, err
	}
	for {
		t, err := in.Next()
		if err != nil {
			return nil, err
		}
		if t == nil {
			break
		}
		for err == nil {
			_, err = in.Rows()
		}
		if err != io.EOF {
			return nil, err
		}
	}
	var unseal func([]byte) ([]byte, error)
	if len(masterKeys) > 0 {
		master, err := seal.NewMaster(masterKeys...)
		if err != nil {
			return nil, err
		}
		unseal = func(proof []byte) ([]byte, error) { return master.Unwrap(proofLabel, proof) }
	}
	if err := in.End(unseal); err != nil {
		return nil, err
	}
	return &BackupReport{in.Header, in.Counts}, nil
}

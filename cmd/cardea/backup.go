package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"text/tabwriter"
	"time"

	"cardea/server"
)

type backupCommand struct {
	configFlag
	File   string `arg:"" help:"Where the backup goes, or is; - is standard output or input."`
	Force  bool   `help:"Replace a file that is there."`
	Verify bool   `help:"Read a backup whole, say what is in it, and make none."`
}

// Help is the long text of --help.
func (backupCommand) Help() string {
	return `Copies everything of the database at one moment into one compressed file, beside running servers, from SQLite and from PostgreSQL. cardea
restore makes a new database of it, on either. What is secret stays sealed: the master key is not in the file, and without it the file cannot be restored.
The file holds personal data of all users in the clear: keep it as you keep the database.

The file has its name only once it is complete and on disk. See "Backup" in docs/runbooks.md.`
}

// Run makes or verifies a backup.
func (c backupCommand) Run(t terminal) error {
	if c.Verify {
		return c.verify(t)
	}
	return c.recorded(t, "backup", nil, func() error { return c.write(t) })
}

// write makes a backup.
func (c backupCommand) write(t terminal) error {
	settings, err := c.load(t)
	if err != nil {
		return err
	}
	began := time.Now()
	var report *server.BackupReport
	write := func(w io.Writer) error {
		report, err = server.Backup(t.ctx, settings, w)
		return err
	}
	if c.File == "-" {
		err = write(t.stdout)
	} else {
		err = writeWhole(c.File, c.Force, write)
	}
	if err != nil {
		return fmt.Errorf("backup: %w", err)
	}
	_, err = fmt.Fprintf(t.stderr, "The backup is complete: %d rows of %d tables in %v. It needs the master keys %s.\n",
		report.Rows(), len(report.Counts), time.Since(began).Round(time.Millisecond), strings.Join(report.MasterKeys, ", "))
	return err
}

func (c backupCommand) verify(t terminal) error {
	in, err := c.open(t)
	if err != nil {
		return err
	}
	defer func() { _ = in.Close() }() // it was only read
	settings, wrong := c.load(t)      // without one, what needs no key is verified
	report, err := server.VerifyBackup(in, settings.MasterKeys)
	if err != nil {
		return fmt.Errorf("verify: %w", err)
	}
	if err := describeBackup(t.stdout, report); err != nil {
		return err
	}
	if wrong != nil {
		_, err = fmt.Fprintf(t.stdout, "The backup is whole. Who has made it was not checked, since there is no configuration with the master key: %v\n", wrong)
		return err
	}
	_, err = fmt.Fprintln(t.stdout, "The backup is whole, and a holder of the master key has made it.")
	return err
}

func (c backupCommand) open(t terminal) (io.ReadCloser, error) { return openBackup(t, c.File) }

func openBackup(t terminal, name string) (io.ReadCloser, error) {
	if name == "-" {
		return io.NopCloser(t.stdin), nil
	}
	return os.Open(name)
}

// describeBackup prints what a backup holds.
func describeBackup(w io.Writer, r *server.BackupReport) error {
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintf(table, "taken\t%s\n", r.Taken.Format(time.RFC3339))
	fmt.Fprintf(table, "from\t%s, by cardea %s\n", r.Engine, r.Program)
	fmt.Fprintf(table, "schema\t%s\n", last(r.Migrations))
	fmt.Fprintf(table, "master keys\t%s\n", strings.Join(r.MasterKeys, ", "))
	for _, c := range r.Counts {
		fmt.Fprintf(table, "%s\t%d\n", c.Table, c.Rows)
	}
	return table.Flush()
}

func last(list []string) string {
	if len(list) == 0 {
		return "none"
	}
	return list[len(list)-1]
}

// writeWhole gives a file its name once it is complete and on disk.
func writeWhole(name string, force bool, write func(io.Writer) error) error {
	if _, err := os.Lstat(name); err == nil && !force {
		return fmt.Errorf("%s is there: choose another name, or replace it with --force", name)
	}
	file, err := os.CreateTemp(filepath.Dir(name), filepath.Base(name)+".partial-*") // readable by its owner only
	if err != nil {
		return err
	}
	defer func() {
		_ = file.Close()           // it was closed, or is of no use
		_ = os.Remove(file.Name()) // nothing is there once it has its name
	}()
	out := bufio.NewWriterSize(file, 1<<20)
	if err := write(out); err != nil {
		return err
	}
	if err := errors.Join(out.Flush(), file.Sync(), file.Close()); err != nil {
		return err
	}
	if err := place(file.Name(), name, force); err != nil {
		return err
	}
	folder, err := os.Open(filepath.Dir(name))
	if err != nil {
		return err
	}
	_ = folder.Sync() // where folders cannot be synced, they need not be
	return folder.Close()
}

// place renames a file, and replaces none unless told to.
func place(from, to string, force bool) error {
	if force {
		return os.Rename(from, to)
	}
	err := os.Link(from, to)
	if err == nil || errors.Is(err, fs.ErrExist) {
		return err
	}
	if _, err := os.Lstat(to); !errors.Is(err, fs.ErrNotExist) { // a file system without links
		return fmt.Errorf("%s is there", to)
	}
	return os.Rename(from, to)
}

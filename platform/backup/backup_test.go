package backup_test

import (
	"bytes"
	"compress/gzip"
	"errors"
	"io"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"cardea/platform/backup"
	"cardea/platform/db"
)

var (
	table  = &db.Table{Name: "t", Columns: []db.Column{{Name: "a", Kind: db.Text}}}
	row    = []byte("\x00\x01\x00\x00\x00\x01x")
	header = backup.Header{
		Program: "1", Engine: "sqlite", Taken: time.Unix(1_800_000_000, 0).UTC(), Migrations: []string{"0001"}, MasterKeys: []string{"k"},
	}
)

// seal is a seal that everybody can make.
func seal(digest []byte) []byte { return append([]byte("sealed "), digest...) }

func unseal(proof []byte) ([]byte, error) {
	digest, is := bytes.CutPrefix(proof, []byte("sealed "))
	if !is {
		return nil, errors.New("not sealed")
	}
	return digest, nil
}

func written(t testing.TB) []byte {
	t.Helper()
	var out bytes.Buffer
	w, err := backup.NewWriter(&out, header)
	if err != nil {
		t.Fatal(err)
	}
	err = errors.Join(
		w.Table(table), w.Rows(row, 1), w.Rows(append(bytes.Clone(row), row...), 2), w.Done(),
		w.Table(&db.Table{Name: "empty", Columns: table.Columns}), w.Done(), w.End(seal))
	if err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// read reads a backup to its end.
func read(from io.Reader, open func([]byte) ([]byte, error)) (*backup.Reader, string, error) {
	r, err := backup.NewReader(from)
	if err != nil {
		return nil, "", err
	}
	var rows strings.Builder
	for {
		t, err := r.Next()
		if err != nil {
			return r, "", err
		}
		if t == nil {
			return r, rows.String(), r.End(open)
		}
		for {
			chunk, err := r.Rows()
			if errors.Is(err, io.EOF) {
				break
			}
			if err != nil {
				return r, "", err
			}
			rows.WriteString(t.Name + string(chunk))
		}
	}
}

func TestWhatWasWrittenIsRead(t *testing.T) {
	t.Parallel()
	r, rows, err := read(bytes.NewReader(written(t)), unseal)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(header, r.Header); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]backup.Count{{Table: "t", Rows: 3}, {Table: "empty"}}, r.Counts); diff != "" {
		t.Error(diff)
	}
	if want := "t" + string(row) + "t" + string(row) + string(row); rows != want {
		t.Errorf("rows are %q, want %q", rows, want)
	}
}

func TestACutOrChangedFileIsNoticed(t *testing.T) {
	t.Parallel()
	whole := written(t)
	for n := range whole {
		if _, _, err := read(bytes.NewReader(whole[:n]), unseal); err == nil {
			t.Errorf("cut to %d of %d bytes it was taken", n, len(whole))
		}
	}
	_, want, _ := read(bytes.NewReader(whole), unseal)
	unnoticed := 0
	for i := range len(whole) * 8 {
		changed := bytes.Clone(whole)
		changed[i/8] ^= 1 << (i % 8)
		_, rows, err := read(bytes.NewReader(changed), unseal)
		if err == nil && rows != want {
			t.Errorf("bit %d was flipped unnoticed", i)
		}
		if err == nil {
			unnoticed++
		}
	}
	if unnoticed > 10*8+7 { // the header of gzip, and bits that fill a byte, say nothing
		t.Errorf("%d bits may be flipped", unnoticed)
	}
	for name, more := range map[string][]byte{"a byte": {0}, "another backup": whole} {
		if _, _, err := read(bytes.NewReader(append(bytes.Clone(whole), more...)), unseal); !errors.Is(err, backup.ErrDamaged) {
			t.Errorf("with %s behind it: %v, want ErrDamaged", name, err)
		}
	}
}

// repacked is a backup whose content was edited by somebody who knows the format.
func repacked(t *testing.T, edit func(plain []byte) []byte) []byte {
	t.Helper()
	r, err := gzip.NewReader(bytes.NewReader(written(t)))
	if err != nil {
		t.Fatal(err)
	}
	plain, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	w := gzip.NewWriter(&out)
	_, _ = w.Write(edit(plain))
	_ = w.Close()
	return out.Bytes()
}

func TestOnlyHoldersOfTheKeyMakeBackups(t *testing.T) {
	t.Parallel()
	for name, edit := range map[string]func([]byte) []byte{
		"a value":   func(b []byte) []byte { return bytes.Replace(b, row, []byte("\x00\x01\x00\x00\x00\x01y"), 1) },
		"a name":    func(b []byte) []byte { return bytes.Replace(b, []byte(`"empty"`), []byte(`"emptz"`), 1) },
		"a count":   func(b []byte) []byte { return bytes.Replace(b, []byte(`"rows":3,`), []byte(`"rows":4,`), 1) },
		"the proof": func(b []byte) []byte { return bytes.Replace(b, []byte(`"proof":"c`), []byte(`"proof":"d`), 1) },
	} {
		changed := repacked(t, edit)
		if _, _, err := read(bytes.NewReader(changed), unseal); err == nil {
			t.Errorf("%s was changed unnoticed", name)
		}
		if _, _, err := read(bytes.NewReader(changed), nil); err == nil && name != "the proof" {
			t.Errorf("without a key %s was changed unnoticed", name)
		}
	}
	other := func(proof []byte) ([]byte, error) { return bytes.Repeat([]byte{1}, 32), nil }
	if _, _, err := read(bytes.NewReader(written(t)), other); !errors.Is(err, backup.ErrDamaged) {
		t.Errorf("a proof of something else: %v, want ErrDamaged", err)
	}
}

func TestOtherFilesAreNone(t *testing.T) {
	t.Parallel()
	later := repacked(t, func(b []byte) []byte { return bytes.Replace(b, []byte("backup 1\n"), []byte("backup 2\n"), 1) })
	for name, file := range map[string][]byte{"empty": nil, "text": []byte("SQLite format 3\x00 and so on"), "later": later} {
		if _, err := backup.NewReader(bytes.NewReader(file)); !errors.Is(err, backup.ErrFormat) {
			t.Errorf("%s: %v, want ErrFormat", name, err)
		}
	}
}

// A record that is too large for a backup is refused by its size, before any of it is in memory.
func TestNoRecordFillsTheMemory(t *testing.T) {
	t.Parallel()
	head := append([]byte("cardea backup 1\nH"), 0x04, 0, 0, 1) // 64 MiB and a byte
	var file bytes.Buffer
	w := gzip.NewWriter(&file)
	noise := make([]byte, 1<<20) // which does not get smaller
	_, _ = rand.NewChaCha8([32]byte{}).Read(noise)
	_, _ = w.Write(head)
	_, _ = w.Write(noise)
	_, _ = w.Write(make([]byte, 64<<20+1-len(noise)))
	_ = w.Close()
	left := bytes.NewReader(file.Bytes())
	if _, err := backup.NewReader(left); !errors.Is(err, backup.ErrDamaged) {
		t.Errorf("a record of more than 64 MiB: %v", err)
	}
	if read := file.Len() - left.Len(); read > len(noise)/2 { // a buffer reads ahead
		t.Errorf("%d bytes of the record were read", read)
	}
	short := repacked(t, func(b []byte) []byte { return append(b[:len("cardea backup 1\n")], 'H', 0x03, 0xff, 0xff, 0xff) })
	if _, err := backup.NewReader(bytes.NewReader(short)); !errors.Is(err, backup.ErrDamaged) {
		t.Errorf("a record of 64 MiB that is not there: %v", err)
	}
	var none bytes.Buffer
	out, err := backup.NewWriter(&none, header)
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(out.Table(table), out.Rows(make([]byte, 64<<20+1), 1)); err == nil {
		t.Error("a record was written that no reader takes")
	}
}

func FuzzReader(f *testing.F) {
	f.Add([]byte{})
	f.Add(written(f))
	f.Fuzz(func(_ *testing.T, file []byte) { _, _, _ = read(bytes.NewReader(file), unseal) })
}

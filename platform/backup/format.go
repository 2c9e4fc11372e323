package backup

import (
	"errors"
	"time"
)

// firstLine names the format and its version, which grows when older programs could not read a new file.
const firstLine = "cardea backup 1\n"

// The records.
const (
	headerRecord = 'H'
	tableRecord  = 'T'
	rowsRecord   = 'R'
	doneRecord   = 'D' // of a table
	endRecord    = 'E' // of the file
)

// mostRecord bounds a record, which a reader has in memory before it knows who wrote it: a chunk of rows, or one row if that is larger.
// Requests have 2 MiB at most, so that rows stay far below.
const mostRecord = 64 << 20

// Header says what a backup is of.
type Header struct {
	Program    string    `json:"program"` // the version that has made it
	Engine     string    `json:"engine"`
	Taken      time.Time `json:"taken"`
	Migrations []string  `json:"migrations"`
	MasterKeys []string  `json:"master_keys"` // the ids of those that open what is sealed
}

// done is how a table ends.
type done struct {
	Rows int64 `json:"rows"`
}

// end is how a file ends.
type end struct {
	Tables int    `json:"tables"`
	Rows   int64  `json:"rows"`
	SHA256 []byte `json:"sha256"` // of all bytes before this record
	Proof  []byte `json:"proof"`  // SHA256, sealed under a master key
}

var (
	// ErrFormat says that a file is no backup, or one whose format this program does not know.
	ErrFormat = errors.New("this is no backup that this version of the program can read")

	// ErrDamaged says that a backup was cut or changed.
	ErrDamaged = errors.New("the backup is damaged: it was cut or changed")
)

// Count is how many rows of a table a backup has.
type Count struct {
	Table string
	Rows  int64
}

package db

// Answer is what a query will have answered, once somebody needs it.
type Answer[T any] struct {
	tx    *Tx
	value T
	err   error
}

// Ask is [One] without waiting: on PostgreSQL the query travels with the next statement that has to be answered, so that
// several that do not depend on each other cost one round trip.
func Ask[T any](tx *Tx, scan func(Scanner) (T, error), query string, args ...any) *Answer[T] {
	a := &Answer[T]{tx: tx, err: ErrNotFound}
	tx.later(statement{query: query, args: args, row: tx.scanner(&a.err, func(s Scanner) (more bool, err error) {
		a.value, err = scan(s)
		a.err = nil
		return false, err
	})})
	return a
}

// AskAll is [All] without waiting, as Ask.
func AskAll[T any](tx *Tx, scan func(Scanner) (T, error), query string, args ...any) *Answer[[]T] {
	a := &Answer[[]T]{tx: tx}
	tx.later(statement{query: query, args: args, row: tx.scanner(&a.err, func(s Scanner) (bool, error) {
		row, err := scan(s)
		a.value = append(a.value, row)
		return true, err
	})})
	return a
}

// Get is the answer. It waits for it and for those of all statements before, which must be inside the closure of their
// transaction.
func (a *Answer[T]) Get() (T, error) {
	var none T
	if err := a.tx.settle(); err != nil {
		return none, err
	}
	if a.err != nil {
		return none, a.err
	}
	return a.value, nil
}

func (tx *Tx) settle() error {
	switch {
	case tx.failed != nil:
		return tx.failed
	case tx.ended:
		return errEnded
	case tx.scanning:
		return tx.fail(errNested)
	}
	if err := tx.session.settle(); err != nil {
		return tx.fail(err)
	}
	return nil
}

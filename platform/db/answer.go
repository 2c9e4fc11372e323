package db

// Answer is what a query will have answered, once somebody needs it.
type Answer[T any] struct {
	tx    *Tx
	at    int // the number of the query among the statements of tx
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
	a.at = tx.statements
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
	a.at = tx.statements
	return a
}

// Get is the answer. Unless it has come with that of another statement, Get waits for it and for those of all statements so far,
// which must be inside the closure of their transaction.
func (a *Answer[T]) Get() (T, error) {
	var none T
	if err := a.tx.settle(a.at); err != nil {
		return none, err
	}
	if a.err != nil {
		return none, a.err
	}
	return a.value, nil
}

// settle sees that the first statements, so many, are answered.
func (tx *Tx) settle(first int) error {
	switch {
	case tx.failed != nil:
		return tx.failed
	case tx.ended:
		return errEnded
	case tx.scanning:
		return tx.fail(errNested)
	case first <= tx.answered:
		return nil
	}
	if err := tx.session.settle(); err != nil {
		return tx.fail(err)
	}
	tx.answered = tx.statements
	return nil
}

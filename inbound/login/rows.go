package login

import "time"

// Row is one of a list: something of the user's, and what can be done with it.
type Row struct {
	Label, Value string
	Mark         string // one or two words that are said of it
	Good         bool   // the mark is good news
	Address      string // where the whole row leads; empty: nowhere
	Since        string // what happened at the moment At
	At           time.Time
	Buttons      []Button
}

// When is the moment of a row, for programs, and to be read where there is no script that says it in the visitor's own words.
func (r Row) When() [2]string {
	at := r.At.UTC()
	return [2]string{at.Format(time.RFC3339), at.Format("2006-01-02 15:04 UTC")}
}

// Button posts a value.
type Button struct {
	Action, Name, Value, Label string
	About                      string // the label for those who do not see the row
	Sure                       string // the label of a second button, which is shown by the first and does it; empty: the first does
}

package db

import (
	"fmt"
	"slices"
)

// Kind is what a column holds: one of the types that both engines have.
type Kind string

// The kinds.
const (
	Text    Kind = "text"
	Integer Kind = "integer"
	Boolean Kind = "boolean"
	Bytes   Kind = "bytes"
)

// Column is a column of a table.
type Column struct {
	Name string `json:"name"`
	Kind Kind   `json:"kind"`
}

// Table is a table of the schema, as the database itself describes it.
type Table struct {
	Name    string   `json:"name"`
	Columns []Column `json:"columns"`
}

// kinds are the types of columns as either engine calls them.
var kinds = map[string]Kind{
	"TEXT": Text, "text": Text,
	"BIGINT": Integer, "bigint": Integer,
	"BOOLEAN": Boolean, "boolean": Boolean,
	"BLOB": Bytes, "bytea": Bytes,
}

// history are the tables of migrations, which are not copied: the copy has its own.
var history = []string{"migration", "migration_need"}

// describe lists tables with their columns, by engine.
var describe = map[string]string{
	"sqlite": `
		SELECT t.name, c.name, c.type
		FROM sqlite_schema AS t, pragma_table_info(t.name) AS c
		WHERE t.type = 'table' AND substr(t.name, 1, 7) <> 'sqlite_'
		ORDER BY t.name, c.cid`,
	"postgres": `
		SELECT CAST(t.table_name AS TEXT), CAST(c.column_name AS TEXT), CAST(c.data_type AS TEXT)
		FROM information_schema.tables AS t
		JOIN information_schema.columns AS c ON c.table_schema = t.table_schema AND c.table_name = t.table_name
		WHERE t.table_schema = current_schema() AND t.table_type = 'BASE TABLE'
		ORDER BY CAST(t.table_name AS TEXT) COLLATE "C", c.ordinal_position`,
}

// tablesOf lists all tables but the history of migrations.
func tablesOf(s session, engine string) ([]Table, error) {
	var all []Table
	var wrong error
	_, err := s.run(statement{query: describe[engine], row: func(row Scanner) bool {
		var table, column, kind string
		if wrong = row.Scan(&table, &column, &kind); wrong != nil {
			return false
		}
		if slices.Contains(history, table) {
			return true
		}
		if kinds[kind] == "" {
			wrong = fmt.Errorf("table %s is not of this program: its column %s is of type %s", table, column, kind)
			return false
		}
		if len(all) == 0 || all[len(all)-1].Name != table {
			all = append(all, Table{Name: table})
		}
		last := &all[len(all)-1]
		last.Columns = append(last.Columns, Column{column, kinds[kind]})
		return true
	}})
	if err != nil {
		return nil, s.translate(err)
	}
	return all, wrong
}

// names are the table's columns for a statement. The schema's names need no quotes, but the engines' words differ.
func (t *Table) names() string {
	list := ""
	for i, c := range t.Columns {
		if i > 0 {
			list += ", "
		}
		list += `"` + c.Name + `"`
	}
	return list
}

// plain reports whether all names are such as the schema has: a copy's description goes into statements.
func (t *Table) plain() bool {
	good := plainName(t.Name) && len(t.Columns) > 0
	for _, c := range t.Columns {
		good = good && plainName(c.Name)
	}
	return good
}

func plainName(name string) bool {
	for _, r := range name {
		if (r < 'a' || r > 'z') && (r < '0' || r > '9') && r != '_' {
			return false
		}
	}
	return name != "" && len(name) < 64
}

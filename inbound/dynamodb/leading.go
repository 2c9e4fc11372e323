package dynamodb

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"regexp"
	"sync"
	"time"

	"cardea/spec/awsjson"
)

// leading is what the partition keys that a request is about are computed from.
type leading struct {
	table, index string
	items        []*awsjson.Node // keys, or whole items
	query        *awsjson.Node   // a request with conditions on keys; nil: there are items
}

// take adds the members that a part of a request has under the names given.
func (l *leading) take(n *awsjson.Node, names ...string) {
	for _, name := range names {
		if item, found := n.Member(name); found {
			l.items = append(l.items, item)
		}
	}
}

// errInexact says that the partition keys of a request cannot be computed.
var errInexact = errors.New("dynamodb: partition keys of the request are not known")

// leadingKeys are the partition keys that the request is about, all of them. Errors are errInexact.
func (e *exchange) leadingKeys(l *leading) ([]string, error) {
	hash, err := e.hashKey(l.table, l.index)
	if err != nil {
		return nil, err
	}
	if l.query != nil {
		value, ok := queried(l.query, hash)
		if !ok {
			return nil, errInexact
		}
		return []string{value}, nil
	}
	var values []string
	for _, item := range l.items {
		value, found := item.Member(hash)
		if !found {
			return nil, errInexact
		}
		text, ok := scalar(value)
		if !ok {
			return nil, errInexact
		}
		values = append(values, text)
	}
	return values, nil
}

// queried is the partition key that a query asks for.
func queried(n *awsjson.Node, hash string) (string, bool) {
	expression, modern := n.Member("KeyConditionExpression")
	legacy, old := n.Member("KeyConditions")
	if modern == old {
		return "", false
	}
	if old {
		condition, found := legacy.Member(hash)
		if !found || members(condition, "ComparisonOperator AttributeValueList") != nil {
			return "", false
		}
		values := given(condition, "AttributeValueList", awsjson.Array).Items
		if given(condition, "ComparisonOperator", awsjson.Text).Text != "EQ" || len(values) != 1 {
			return "", false
		}
		return scalar(&values[0])
	}
	tokens, ok := split(expression.Text)
	c := keyCondition{tokens: tokens, aliases: given(n, "ExpressionAttributeNames", awsjson.Object), equal: map[string]string{}}
	if expression.Type != awsjson.Text || !ok || !c.parse() {
		return "", false
	}
	placeholder := c.equal[hash]
	value, found := given(n, "ExpressionAttributeValues", awsjson.Object).Member(placeholder)
	if placeholder == "" || !found {
		return "", false
	}
	return scalar(value)
}

// exactNumber is a number that has no other form: DynamoDB takes 1, 01 and 1.0 for the same.
var exactNumber = regexp.MustCompile(`^(?:0|-?[1-9][0-9]{0,37}|-?(?:0|[1-9][0-9]{0,18})\.[0-9]{0,18}[1-9])$`)

// scalar is the text of a string or a number in its usual form. Binary values have no text.
func scalar(n *awsjson.Node) (string, bool) {
	value, kind, err := single(n)
	if err != nil || value.Type != awsjson.Text || value.Text == "" {
		return "", false
	}
	return value.Text, kind == "S" || kind == "N" && exactNumber.MatchString(value.Text)
}

// fresh is how long the keys of a table are relied on, and maxSchemas of how many tables they are kept.
const (
	fresh      = time.Minute
	maxSchemas = 1000
)

// schema is the names of partition keys: of the table under "", of its indexes under their names.
type schema struct {
	hash  map[string]string
	until time.Time
}

// schemas are those of tables, by name.
type schemas struct {
	mu    sync.Mutex
	known map[string]schema
}

func (s *schemas) get(table string, now time.Time) (schema, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	found, ok := s.known[table]
	return found, ok && now.Before(found.until)
}

func (s *schemas) put(table string, one schema) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.known == nil || len(s.known) >= maxSchemas {
		s.known = map[string]schema{}
	}
	s.known[table] = one
}

func (s *schemas) forget(table string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.known, table)
}

// keySchema is a part of a table's description.
type keySchema struct {
	IndexName string
	KeySchema []struct{ AttributeName, KeyType string }
}

// hashKey is the name of the partition key of a table or an index of it, as the server says. Errors are errInexact.
func (e *exchange) hashKey(table, index string) (string, error) {
	now := e.Now()
	known, ok := e.schemas.get(table, now)
	if !ok {
		described, err := e.describe(table)
		if err != nil {
			return "", err
		}
		known = schema{hash: described, until: now.Add(fresh)}
		e.schemas.put(table, known)
	}
	if name := known.hash[index]; name != "" {
		return name, nil
	}
	return "", errInexact
}

// describe asks the server for the partition keys of a table.
func (e *exchange) describe(table string) (map[string]string, error) {
	body, err := json.Marshal(map[string]string{"TableName": table})
	if err != nil {
		return nil, fmt.Errorf("encode: %w", err)
	}
	answer, err := e.send("DescribeTable", body)
	if err != nil {
		return nil, err
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(io.LimitReader(answer.Body, maxError))
	if err != nil {
		return nil, unavailable(fmt.Errorf("read from the server of DynamoDB: %w", err))
	}
	var said struct {
		Table struct {
			keySchema
			LocalSecondaryIndexes, GlobalSecondaryIndexes []keySchema
		}
	}
	if answer.StatusCode != http.StatusOK || json.Unmarshal(text, &said) != nil {
		return nil, errInexact
	}
	hash := map[string]string{}
	said.Table.IndexName = "" // the table's own
	for _, one := range append(append(said.Table.LocalSecondaryIndexes, said.Table.GlobalSecondaryIndexes...), said.Table.keySchema) {
		partition := 0
		for _, key := range one.KeySchema {
			if key.KeyType == "HASH" {
				hash[one.IndexName] = key.AttributeName
				partition++
			}
		}
		if partition != 1 { // an index may have several
			delete(hash, one.IndexName)
		}
	}
	return hash, nil
}

package dynamodb

import (
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"cardea/engine/authorization"
	"cardea/spec/awsjson"
	"cardea/spec/iampolicy"
)

// request is one that has been parsed.
type request struct {
	*exchange
	action string
	body   *awsjson.Node
}

// demand is an action on a resource that policies must allow.
type demand struct {
	action, resource string
	keys             iampolicy.Keys
	leading          *leading // what dynamodb:LeadingKeys is computed from; nil: it cannot be
}

// maxParts is how many tables a batch, and how many entries a transaction may have.
const maxParts = 100

// members refuses what is no object, or has members that are not known.
func members(n *awsjson.Node, known string) error {
	if n.Type != awsjson.Object {
		return awsjson.Malformed("Unexpected value type in the request")
	}
	for _, name := range n.Keys {
		if !listed(known, name) {
			return invalid("The guard does not know the parameter " + name + " here.")
		}
	}
	return nil
}

var namePattern = regexp.MustCompile(`^[a-zA-Z0-9_.-]{3,255}$`)

// arn is the ARN of a table, or the beginning of one.
func (h *Handler) arn(table string) string {
	return "arn:" + h.Partition + ":dynamodb:" + h.Region + ":" + h.Account + ":table/" + table
}

// plainName is the name of a table that is named, or given by an ARN of this account and Region. Servers get the name.
func (h *Handler) plainName(given string) (string, error) {
	name := strings.TrimPrefix(given, h.arn(""))
	if !namePattern.MatchString(name) {
		return "", invalid("TableName must be the name or the ARN of a table of this account and Region.")
	}
	return name, nil
}

// tableOf is the name of the table of a part of the request, which is put in the place of an ARN.
func (r *request) tableOf(n *awsjson.Node) (string, error) {
	given, found := n.Member("TableName")
	if !found || given.Type != awsjson.Text {
		return "", invalid("The parameter 'TableName' is required but was not present in the request")
	}
	name, err := r.plainName(given.Text)
	given.Text = name
	return name, err
}

// one makes a demand about a table, with the keys of the part of the request that is about it.
func (r *request) one(n *awsjson.Node) (demand, error) {
	table, err := r.tableOf(n)
	return demand{action: r.action, resource: r.arn(table), keys: iampolicy.Keys{}, leading: &leading{table: table}}, err
}

// everything is the demand of operations about no table.
func (r *request) everything() ([]demand, error) {
	return []demand{{action: r.action, resource: "*"}}, nil
}

// table is the demand of operations about a table itself.
func (r *request) table() ([]demand, error) {
	d, err := r.one(r.body)
	d.leading = nil
	return []demand{d}, err
}

// read is the demand of GetItem.
func (r *request) read() ([]demand, error) {
	d, err := r.one(r.body)
	if err != nil {
		return nil, err
	}
	d.leading.take(r.body, "Key")
	d.reads(r.body)
	return []demand{d}, nil
}

// search is the demand of Query and Scan. One of an index is about the index alone.
func (r *request) search() ([]demand, error) {
	d, err := r.one(r.body)
	if err != nil {
		return nil, err
	}
	if index, found := r.body.Member("IndexName"); found {
		if index.Type != awsjson.Text || !namePattern.MatchString(index.Text) {
			return nil, invalid("IndexName is no name of an index.")
		}
		d.resource += "/index/" + index.Text
		d.leading.index = index.Text
	}
	d.leading.query = r.body
	return []demand{d}, d.searches(r.body)
}

// write is the demand of PutItem, UpdateItem and DeleteItem.
func (r *request) write() ([]demand, error) {
	d, err := r.one(r.body)
	if err != nil {
		return nil, err
	}
	d.leading.take(r.body, "Key", "Item")
	return []demand{d}, d.writes(r.body)
}

// tables calls of with each table of a batch. An ARN gives way to the name.
func (r *request) tables(of func(d *demand, n *awsjson.Node) error) ([]demand, error) {
	all, found := r.body.Member("RequestItems")
	if !found || all.Type != awsjson.Object || len(all.Keys) == 0 || len(all.Keys) > maxParts {
		return nil, invalid("RequestItems must name between 1 and 100 tables.")
	}
	var demands []demand
	for i := range all.Keys {
		table, err := r.plainName(all.Keys[i])
		if err != nil {
			return nil, err
		}
		if slices.Contains(all.Keys[:i], table) {
			return nil, invalid("A table stands twice in RequestItems.")
		}
		all.Keys[i] = table
		d := demand{action: r.action, resource: r.arn(table), keys: iampolicy.Keys{}, leading: &leading{table: table}}
		if err := of(&d, &all.Items[i]); err != nil {
			return nil, err
		}
		d.consumption(r.body)
		demands = append(demands, d)
	}
	return demands, nil
}

// batchRead is the demands of BatchGetItem.
func (r *request) batchRead() ([]demand, error) {
	return r.tables(func(d *demand, n *awsjson.Node) error {
		if err := members(n, ofBatchRead); err != nil {
			return err
		}
		list, found := n.Member("Keys")
		if !found || list.Type != awsjson.Array {
			return invalid("Keys must be a list.")
		}
		for i := range list.Items {
			d.leading.items = append(d.leading.items, &list.Items[i])
		}
		d.reads(n)
		return nil
	})
}

// batchWrite is the demands of BatchWriteItem.
func (r *request) batchWrite() ([]demand, error) {
	return r.tables(func(d *demand, n *awsjson.Node) error {
		if n.Type != awsjson.Array {
			return invalid("The writes of a table must be a list.")
		}
		names := &attributes{names: map[string]bool{}}
		for i := range n.Items {
			entry, kind, err := single(&n.Items[i])
			member := map[string]string{"PutRequest": "Item", "DeleteRequest": "Key"}[kind]
			if err != nil || member == "" {
				return invalid("A write is neither a PutRequest nor a DeleteRequest.")
			}
			if err := members(entry, member); err != nil {
				return err
			}
			d.leading.take(entry, member)
			names.of(entry)
		}
		d.note(names)
		return nil
	})
}

// single is the only member of an object.
func single(n *awsjson.Node) (value *awsjson.Node, name string, err error) {
	if n.Type != awsjson.Object || len(n.Keys) != 1 {
		return nil, "", invalid("An entry must have one member.")
	}
	return &n.Items[0], n.Keys[0], nil
}

// transaction is the demands of TransactGetItems and TransactWriteItems, one for each entry.
func (r *request) transaction() ([]demand, error) {
	list, found := r.body.Member("TransactItems")
	if !found || list.Type != awsjson.Array || len(list.Items) == 0 || len(list.Items) > maxParts {
		return nil, invalid("TransactItems must have between 1 and 100 entries.")
	}
	var demands []demand
	for i := range list.Items {
		entry, kind, err := single(&list.Items[i])
		part, known := parts[r.action][kind]
		if err != nil || !known {
			return nil, invalid("An entry of a transaction is of no known kind.")
		}
		if err := members(entry, part[1]); err != nil {
			return nil, err
		}
		d, err := r.one(entry)
		if err != nil {
			return nil, err
		}
		d.action = part[0]
		d.leading.take(entry, "Key", "Item")
		if kind == "Get" {
			d.reads(entry)
		} else {
			if err := d.writes(entry); err != nil {
				return nil, err
			}
			delete(d.keys, "dynamodb:returnvalues") // entries have none
		}
		d.keys["dynamodb:enclosingoperation"] = []string{strings.TrimPrefix(r.action, "dynamodb:")}
		d.consumption(r.body)
		demands = append(demands, d)
	}
	return demands, nil
}

// absent are the condition keys that a request which does not say them has not, or that another kind of operation has. Of all
// others of DynamoDB nobody can say so.
var absent = []string{
	"dynamodb:enclosingoperation", "dynamodb:fulltablescan", "dynamodb:returnconsumedcapacity", "dynamodb:returnvalues", "dynamodb:select",
}

// unknown reports whether a condition key may have a value although none could be computed.
func unknown(key string) bool {
	return strings.HasPrefix(key, "dynamodb:") && !slices.Contains(absent, key) || strings.HasPrefix(key, "aws:resourcetag/")
}

// authorize makes sure that policies allow everything that the request needs, and that all that they ask for is known.
func (e *exchange) authorize(demands []demand) error {
	for _, d := range demands {
		if err := e.allow(d); err != nil {
			return err
		}
	}
	return nil
}

const leadingKeys = "dynamodb:leadingkeys"

func (e *exchange) allow(d demand) error {
	asked := &iampolicy.Request{Action: d.action, Resource: d.resource, Keys: d.keys}
	decision, missing, err := e.Weigh(e.ctx, e.signer, asked)
	if err == nil && d.leading != nil && slices.Contains(missing, leadingKeys) {
		values, failed := e.leadingKeys(d.leading)
		if failed != nil && !errors.Is(failed, errInexact) {
			return failed
		}
		asked.Keys = maps.Clone(d.keys)
		asked.Keys[leadingKeys] = values
		decision, missing, err = e.Weigh(e.ctx, e.signer, asked)
	}
	if err != nil {
		return fmt.Errorf("decide %s: %w", d.action, err)
	}
	if !decision.Allowed {
		return refuse("AccessDeniedException", authorization.Denied(e.signer, d.action, d.resource, decision))
	}
	if at := slices.IndexFunc(missing, unknown); at >= 0 {
		return refuse("AccessDeniedException", "User: "+e.signer.ARN+" is not authorized to perform: "+d.action+" on resource: "+d.resource+
			" because a policy asks for the condition key "+missing[at]+", which cannot be computed for this request")
	}
	return nil
}

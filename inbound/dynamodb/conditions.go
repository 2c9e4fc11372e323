package dynamodb

import (
	"slices"

	"cardea/spec/awsjson"
)

// attributes collects the names of top-level attributes that a request names.
type attributes struct {
	names   map[string]bool
	inexact bool // there may be others
}

// Members of requests that name attributes.
var (
	named       = []string{"Key", "Item", "Expected", "AttributeUpdates", "KeyConditions", "QueryFilter", "ScanFilter"}
	expressions = []string{"ConditionExpression", "FilterExpression", "KeyConditionExpression", "UpdateExpression"}
)

// of takes the names of a part of a request.
func (a *attributes) of(n *awsjson.Node) {
	for _, name := range named {
		if value, found := n.Member(name); found {
			a.inexact = a.inexact || value.Type != awsjson.Object
			a.add(value.Keys...)
		}
	}
	if list, found := n.Member("AttributesToGet"); found {
		a.inexact = a.inexact || list.Type != awsjson.Array
		for i := range list.Items {
			a.inexact = a.inexact || list.Items[i].Type != awsjson.Text
			a.add(list.Items[i].Text)
		}
	}
	if list, found := n.Member("Keys"); found {
		for i := range list.Items {
			a.add(list.Items[i].Keys...)
		}
	}
	aliases := given(n, "ExpressionAttributeNames", awsjson.Object)
	for _, name := range expressions {
		if value, found := n.Member(name); found {
			a.expression(value, aliases, namesOf)
		}
	}
	if value, found := n.Member("ProjectionExpression"); found {
		a.expression(value, aliases, projected)
	}
}

func (a *attributes) expression(n, aliases *awsjson.Node, read func([]string, *awsjson.Node) ([]string, bool)) {
	tokens, ok := split(n.Text)
	if n.Type != awsjson.Text || !ok {
		a.inexact = true
		return
	}
	names, ok := read(tokens, aliases)
	a.inexact = a.inexact || !ok
	a.add(names...)
}

func (a *attributes) add(names ...string) {
	for _, name := range names {
		a.names[name] = true
	}
}

// given is a member of the type wanted; an empty value if there is none.
func given(n *awsjson.Node, name string, kind awsjson.Type) *awsjson.Node {
	if value, found := n.Member(name); found && value.Type == kind {
		return value
	}
	return &awsjson.Node{Type: kind}
}

// note sets dynamodb:Attributes if it is known.
func (d *demand) note(a *attributes) {
	if a.inexact {
		return
	}
	all := make([]string, 0, len(a.names))
	for name := range a.names {
		all = append(all, name)
	}
	slices.Sort(all)
	d.keys["dynamodb:attributes"] = all
}

// projects reports whether a request says which attributes it wants.
func projects(n *awsjson.Node) bool {
	return given(n, "ProjectionExpression", awsjson.Text).Text != "" || len(given(n, "AttributesToGet", awsjson.Array).Items) > 0
}

// consumption sets the key of what the answer says about capacity.
func (d *demand) consumption(n *awsjson.Node) {
	if value, found := n.Member("ReturnConsumedCapacity"); found {
		d.keys["dynamodb:returnconsumedcapacity"] = []string{value.Text}
	}
}

// reads sets the keys of a request that reads items by their keys.
func (d *demand) reads(n *awsjson.Node) {
	names := &attributes{names: map[string]bool{}, inexact: !projects(n)}
	names.of(n)
	d.note(names)
	d.keys["dynamodb:select"] = []string{"ALL_ATTRIBUTES"}
	if projects(n) {
		d.keys["dynamodb:select"] = []string{"SPECIFIC_ATTRIBUTES"}
	}
	d.consumption(n)
}

// searches sets the keys of Query and Scan.
func (d *demand) searches(n *awsjson.Node) error {
	selected := "ALL_ATTRIBUTES"
	switch value, found := n.Member("Select"); {
	case found && (value.Type != awsjson.Text || !listed("ALL_ATTRIBUTES ALL_PROJECTED_ATTRIBUTES SPECIFIC_ATTRIBUTES COUNT", value.Text)):
		return invalid("Select is none of ALL_ATTRIBUTES, ALL_PROJECTED_ATTRIBUTES, SPECIFIC_ATTRIBUTES, COUNT.")
	case found && (value.Text == "SPECIFIC_ATTRIBUTES") != projects(n):
		return invalid("SPECIFIC_ATTRIBUTES goes with ProjectionExpression or AttributesToGet.")
	case found:
		selected = value.Text
	case projects(n):
		selected = "SPECIFIC_ATTRIBUTES"
	case d.leading.index != "":
		selected = "ALL_PROJECTED_ATTRIBUTES"
	}
	names := &attributes{names: map[string]bool{}, inexact: selected != "SPECIFIC_ATTRIBUTES" && selected != "COUNT"}
	names.of(n)
	d.note(names)
	d.keys["dynamodb:select"] = []string{selected}
	d.consumption(n)
	return nil
}

// writes sets the keys of a request that writes an item.
func (d *demand) writes(n *awsjson.Node) error {
	returned := "NONE"
	if value, found := n.Member("ReturnValues"); found {
		if value.Type != awsjson.Text || !listed("NONE ALL_OLD UPDATED_OLD ALL_NEW UPDATED_NEW", value.Text) {
			return invalid("ReturnValues is none of NONE, ALL_OLD, UPDATED_OLD, ALL_NEW, UPDATED_NEW.")
		}
		returned = value.Text
	}
	failing, found := n.Member("ReturnValuesOnConditionCheckFailure")
	names := &attributes{names: map[string]bool{}, inexact: listed("ALL_OLD ALL_NEW", returned) || found && failing.Text != "NONE"}
	names.of(n)
	d.note(names)
	d.keys["dynamodb:returnvalues"] = []string{returned}
	d.consumption(n)
	return nil
}

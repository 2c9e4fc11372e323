package awsquery

import (
	"strconv"
	"strings"
	"time"

	"cardea/spec/awsjson"
)

// Tree makes of the parameters what awsjson.Parse would have made of the same request in JSON. Parameters that input, a
// structure, does not have are ignored.
func (p *Parameters) Tree(input *awsjson.Shape) (awsjson.Node, error) {
	return p.root.structure(input)
}

func (n *node) tree(shape *awsjson.Shape) (awsjson.Node, error) {
	switch shape.Kind {
	case awsjson.Structure:
		return n.structure(shape)
	case awsjson.List:
		return n.list(shape)
	case awsjson.Map:
		return n.mapping(shape)
	}
	if !n.given || len(n.children) > 0 {
		return awsjson.Node{}, awsjson.Malformed("A parameter has parts where its value belongs.")
	}
	return scalar(shape.Kind, n.value)
}

// scalar reads a value that is neither a list nor a map nor a structure.
func scalar(kind awsjson.Kind, value string) (awsjson.Node, error) {
	switch kind {
	case awsjson.Boolean:
		if value != "true" && value != "false" {
			return awsjson.Node{}, awsjson.Malformed("A boolean is neither true nor false.")
		}
		return awsjson.Node{Type: awsjson.Bool, Text: value}, nil
	case awsjson.Integer, awsjson.Long:
		digits := strings.TrimPrefix(value, "-")
		if digits == "" || strings.Trim(digits, "0123456789") != "" {
			return awsjson.Node{}, awsjson.Malformed("A number is malformed.")
		}
		return awsjson.Node{Type: awsjson.Number, Text: value}, nil
	case awsjson.Timestamp:
		moment, err := time.Parse(time.RFC3339, value)
		if err != nil {
			return awsjson.Node{}, awsjson.Malformed("A time is not as ISO 8601 has it.")
		}
		seconds := float64(moment.UnixMilli()) / 1000
		return awsjson.Node{Type: awsjson.Number, Text: strconv.FormatFloat(seconds, 'f', -1, 64)}, nil
	}
	return awsjson.Node{Type: awsjson.Text, Text: value}, nil
}

func (n *node) structure(shape *awsjson.Shape) (awsjson.Node, error) {
	if n.given && n.value != "" {
		return awsjson.Node{}, misplaced()
	}
	tree := awsjson.Node{Type: awsjson.Object}
	for i := range shape.Members {
		member := &shape.Members[i]
		child := n.children[member.Name]
		if child == nil {
			continue
		}
		value, err := child.tree(member.Shape)
		if err != nil {
			return awsjson.Node{}, err
		}
		tree.Keys, tree.Items = append(tree.Keys, member.Name), append(tree.Items, value)
	}
	return tree, nil
}

// list reads "Name.member.1", "Name.member.2" and so on. "Name=" is the empty list.
func (n *node) list(shape *awsjson.Shape) (awsjson.Node, error) {
	tree := awsjson.Node{Type: awsjson.Array}
	elements, err := n.numbered("member")
	if err != nil {
		return awsjson.Node{}, err
	}
	for _, element := range elements {
		value, err := element.tree(shape.Element)
		if err != nil {
			return awsjson.Node{}, err
		}
		tree.Items = append(tree.Items, value)
	}
	return tree, nil
}

// mapping reads "Name.entry.1.key" and "Name.entry.1.value", and so on. "Name=" is the empty map.
func (n *node) mapping(shape *awsjson.Shape) (awsjson.Node, error) {
	tree := awsjson.Node{Type: awsjson.Object}
	entries, err := n.numbered("entry")
	if err != nil {
		return awsjson.Node{}, err
	}
	for _, entry := range entries {
		key, value := entry.children["key"], entry.children["value"]
		if key == nil || !key.given || value == nil {
			return awsjson.Node{}, awsjson.Malformed("An entry of a map has no key or no value.")
		}
		if _, twice := tree.Member(key.value); twice {
			return awsjson.Node{}, awsjson.Malformed("A key stands twice in one map.")
		}
		item, err := value.tree(shape.Element)
		if err != nil {
			return awsjson.Node{}, err
		}
		tree.Keys, tree.Items = append(tree.Keys, key.value), append(tree.Items, item)
	}
	return tree, nil
}

// numbered lists the nodes below n that are named by numbers, from 1 on without gaps.
func (n *node) numbered(part string) ([]*node, error) {
	if n.given && n.value != "" {
		return nil, misplaced()
	}
	all := n.children[part]
	if all == nil {
		return nil, nil
	}
	list := make([]*node, len(all.children))
	for i := range list {
		if list[i] = all.children[strconv.Itoa(i+1)]; list[i] == nil {
			return nil, awsjson.Malformed("The parts of a parameter are not numbered from 1 on without gaps.")
		}
	}
	return list, nil
}

func misplaced() error { return awsjson.Malformed("A parameter has a value where its parts belong.") }

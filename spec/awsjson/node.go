package awsjson

// Type is the JSON type of a Node.
type Type uint8

// The JSON types. Null is the zero value.
const (
	Null Type = iota
	Bool
	Number
	Text
	Array
	Object
)

// Node is one JSON value.
type Node struct {
	Type Type
	// Text is a string's value, a number's literal, "true" or "false", and the raw JSON of an array or an object.
	Text  string
	Keys  []string // an object's member names, in the order they came
	Items []Node   // an array's elements, or the values that belong to Keys
}

// Member is the value of an object's member, and whether it stands there at all.
func (n *Node) Member(name string) (*Node, bool) {
	for i, key := range n.Keys {
		if key == name {
			return &n.Items[i], true
		}
	}
	return nil, false
}

// Given is the value of a member that is there and not null, else nil.
func (n *Node) Given(name string) *Node {
	value, ok := n.Member(name)
	if !ok || value.Type == Null {
		return nil
	}
	return value
}

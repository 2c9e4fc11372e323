package dynamodb

import (
	"regexp"
	"strings"

	"cardea/spec/awsjson"
)

// maxExpression is how long an expression may be, in bytes, as with AWS.
const maxExpression = 4 << 10

var (
	tokenPattern = regexp.MustCompile(`^(?:[A-Za-z_][A-Za-z0-9_]*|[#:][A-Za-z0-9_]+|[0-9]+|<>|<=|>=|[-+=<>.,()\[\]])`)
	wordPattern  = regexp.MustCompile(`^[A-Za-z_]`)
)

// split takes an expression apart; ok is false for one that has anything unknown.
func split(text string) (tokens []string, ok bool) {
	if len(text) > maxExpression {
		return nil, false
	}
	for {
		if text = strings.TrimLeft(text, " \t\r\n"); text == "" {
			return tokens, true
		}
		token := tokenPattern.FindString(text)
		if token == "" {
			return nil, false
		}
		tokens = append(tokens, token)
		text = text[len(token):]
	}
}

// Words of expressions.
const (
	functions = "attribute_exists attribute_not_exists attribute_type begins_with contains size if_not_exists list_append"
	operators = "and or not between in"
	clauses   = "set remove add delete"
)

// isName reports whether a token can name an attribute.
func isName(token string) bool {
	return token != "" && (token[0] == '#' || wordPattern.MatchString(token))
}

// resolve is the attribute that a token names.
func resolve(token string, aliases *awsjson.Node) (name string, ok bool) {
	if token == "" || token[0] != '#' {
		return token, isName(token)
	}
	alias, found := aliases.Member(token)
	if !found || alias.Type != awsjson.Text || alias.Text == "" {
		return "", false
	}
	return alias.Text, true
}

// projected are the top-level attributes of a projection.
func projected(tokens []string, aliases *awsjson.Node) (names []string, ok bool) {
	for i, token := range tokens {
		switch {
		case i > 0 && tokens[i-1] == ".", strings.Contains(".,[]", token), token[0] >= '0' && token[0] <= '9':
		case isName(token):
			name, ok := resolve(token, aliases)
			if !ok {
				return nil, false
			}
			names = append(names, name)
		default:
			return nil, false
		}
	}
	return names, true
}

// namesOf are the top-level attributes of an expression that is no projection. A word that could be both an attribute and a part of
// the language, which servers do not reserve alike, makes it unknown.
func namesOf(tokens []string, aliases *awsjson.Node) (names []string, ok bool) {
	for i, token := range tokens {
		next := ""
		if i+1 < len(tokens) {
			next = tokens[i+1]
		}
		word := strings.ToLower(token)
		switch {
		case !isName(token) || i > 0 && tokens[i-1] == ".":
		case listed(operators, word):
			if next != "(" && !isName(next) && !strings.HasPrefix(next, ":") {
				return nil, false
			}
		case listed(clauses, word):
			if !isName(next) {
				return nil, false
			}
		case next == "(":
			if !listed(functions, token) {
				return nil, false
			}
		default:
			name, ok := resolve(token, aliases)
			if !ok {
				return nil, false
			}
			names = append(names, name)
		}
	}
	return names, true
}

// keyCondition reads conditions on keys: comparisons of different attributes with values, which must all hold.
type keyCondition struct {
	tokens  []string
	aliases *awsjson.Node
	equal   map[string]string // the placeholders of values, by attribute; "" for other comparisons
}

// parse reports whether it is one, read to its end.
func (c *keyCondition) parse() bool { return c.all() && len(c.tokens) == 0 }

func (c *keyCondition) next() string {
	if len(c.tokens) == 0 {
		return ""
	}
	token := c.tokens[0]
	c.tokens = c.tokens[1:]
	return token
}

// takes reads a token if it is the one given, in any case.
func (c *keyCondition) takes(token string) bool {
	if len(c.tokens) > 0 && strings.EqualFold(c.tokens[0], token) {
		c.next()
		return true
	}
	return false
}

// all reads comparisons with AND between them.
func (c *keyCondition) all() bool {
	for {
		if !c.one() {
			return false
		}
		if !c.takes("and") {
			return true
		}
	}
}

func (c *keyCondition) one() bool {
	if c.takes("(") {
		return c.all() && c.takes(")")
	}
	if c.takes("begins_with") {
		return c.takes("(") && c.compares(c.next(), "") && c.takes(",") && isValue(c.next()) && c.takes(")")
	}
	attribute := c.next()
	switch op := strings.ToLower(c.next()); op {
	case "=":
		value := c.next()
		return isValue(value) && c.compares(attribute, value)
	case "<", "<=", ">", ">=":
		return isValue(c.next()) && c.compares(attribute, "")
	case "between":
		return isValue(c.next()) && c.takes("and") && isValue(c.next()) && c.compares(attribute, "")
	}
	return false
}

// compares notes a comparison of an attribute, which must be the only one.
func (c *keyCondition) compares(token, value string) bool {
	name, ok := resolve(token, c.aliases)
	if _, twice := c.equal[name]; !ok || twice {
		return false
	}
	c.equal[name] = value
	return true
}

func isValue(token string) bool { return strings.HasPrefix(token, ":") }

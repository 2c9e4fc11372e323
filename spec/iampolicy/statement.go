package iampolicy

import "strings"

// statement is a compiled statement.
type statement struct {
	number     int
	start, end int // in the document
	allow      bool
	notAction  bool
	actions    []pattern // whole: "s3:get*"
	// notResource says that resources are those which the statement does not concern.
	notResource bool
	resources   []pattern // none in a trust policy, which concerns its role alone
	conditions  []condition
	principal   principals // of a trust policy
	opensPools  bool       // allows every identity pool
	variables   []string   // keys that variables of the resources name, as written
}

// index finds the statements that may concern an action.
type index struct {
	services map[string][]entry // by the service of the action, in lower case
	rest     []entry            // those that concern every service
}

// entry is a statement with those of its actions that belong to one service.
type entry struct {
	statement *statement
	names     []pattern // what follows the colon; of an entry in rest: of the whole action
}

// add puts a statement where its actions are looked for.
func (x *index) add(s *statement) {
	services := map[string]int{} // where the entry of this statement is
	var everything []pattern
	for _, p := range s.actions {
		service, name, ok := p.cutService()
		if s.notAction || !ok {
			everything = append(everything, p)
			continue
		}
		if x.services == nil {
			x.services = map[string][]entry{}
		}
		at, known := services[service]
		if !known {
			at = len(x.services[service])
			services[service] = at
			x.services[service] = append(x.services[service], entry{statement: s})
		}
		x.services[service][at].names = append(x.services[service][at].names, name)
	}
	if everything != nil {
		x.rest = append(x.rest, entry{statement: s, names: everything})
	}
}

// cutService splits the pattern of an action at its colon. It fails if the service has wildcards.
func (p pattern) cutService() (service string, name pattern, ok bool) {
	if len(p.parts) == 0 || p.parts[0].kind != literal {
		return "", pattern{}, false
	}
	service, rest, found := strings.Cut(p.parts[0].text, ":")
	if !found {
		return "", pattern{}, false
	}
	name = pattern{fold: p.fold}
	if rest != "" {
		name.parts = append(name.parts, part{kind: literal, text: rest})
	}
	name.parts = append(name.parts, p.parts[1:]...)
	return service, name, true
}

// query is a request with its action taken apart.
type query struct {
	*Request
	service string // in lower case
	name    string
}

func newQuery(r *Request) query {
	service, name, _ := strings.Cut(r.Action, ":")
	return query{Request: r, service: strings.ToLower(service), name: name}
}

// first is the first statement of the index that concerns the request.
func (x *index) first(q query) *statement {
	for _, e := range x.services[q.service] {
		if e.has(q.name) && e.statement.concerns(q) {
			return e.statement
		}
	}
	for _, e := range x.rest {
		if e.concernsAction(q.Action) && e.statement.concerns(q) {
			return e.statement
		}
	}
	return nil
}

// has reports whether the name of an action is one of the entry's.
func (e *entry) has(name string) bool {
	for i := range e.names {
		if e.names[i].matches(name, nil) == yes {
			return true
		}
	}
	return false
}

// concernsAction is has for statements that concern every service.
func (e *entry) concernsAction(action string) bool {
	return e.has(action) != e.statement.notAction
}

// concerns reports whether resource and conditions hold. The action has been compared.
func (s *statement) concerns(q query) bool {
	if !s.concernsResource(q) {
		return false
	}
	for i := range s.conditions {
		if !s.conditions[i].holds(q.Keys, s.allow) {
			return false
		}
	}
	return true
}

func (s *statement) concernsResource(q query) bool {
	if len(s.resources) == 0 {
		return true
	}
	result := no
	for i := range s.resources {
		switch s.resources[i].matches(q.Resource, q.Keys) {
		case yes:
			return !s.notResource
		case unresolved:
			result = unresolved
		}
	}
	if !s.notResource {
		return false
	}
	// A resource that is not known to be another: an Allow does not hold for it, a Deny does.
	return result == no || !s.allow
}

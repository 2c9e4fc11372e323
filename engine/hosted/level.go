package hosted

import (
	"slices"

	"cardea/engine/factor"
)

// reaches tells whether proofs reach a level of authentication that would do for the request: any, where it names none that
// the pool has.
func (r *Request) reaches(proofs []factor.Proof) bool { return factor.Level(proofs) >= r.LeastLevel() }

// LeastLevel is the lowest level of authentication that would do for the request; 0: any.
func (r *Request) LeastLevel() int {
	for i, name := range r.Pool.Levels() {
		if slices.Contains(r.Levels, name) {
			return i + 1
		}
	}
	return 0
}

// level is what the tokens say of the level that proofs reach; empty, unless the app has asked how the user signs in.
func (r *Request) level(proofs []factor.Proof) string {
	if len(r.Levels) == 0 && r.MaxAge == nil {
		return ""
	}
	return r.Pool.Levels()[factor.Level(proofs)-1]
}

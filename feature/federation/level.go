package federation

import (
	"slices"
	"strings"
	"time"

	"cardea/engine/factor"
	"cardea/engine/hosted"
	"cardea/spec/cognitoidp"
)

// acrLevels are the levels of authentication as AcrMapping names them, the lowest first.
var acrLevels = []string{
	cognitoidp.AcrLevelTypeLevel1, cognitoidp.AcrLevelTypeLevel2, cognitoidp.AcrLevelTypeLevel3, cognitoidp.AcrLevelTypeLevel4,
}

// wished are the levels that a request asks for as the provider names them: the lowest that would do and those above it. The
// provider is asked for none where it names none of them.
func wished(r *hosted.Request, p *opened) string {
	least := r.LeastLevel()
	if least == 0 {
		return ""
	}
	var names []string
	for _, level := range acrLevels[least-1:] {
		if name := p.Doc.AcrMapping[level]; name != "" && !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	return strings.Join(names, " ")
}

// proof is what a sign-in at a provider proves, which has reached a level there: the lowest, unless the level is one that the pool
// knows.
func (p *opened) proof(reached string) factor.Proof {
	for i := len(acrLevels); i > 0; i-- {
		if reached != "" && p.Doc.AcrMapping[acrLevels[i-1]] == reached {
			return factor.FederatedAt(i)
		}
	}
	return factor.Federated
}

// maxAge is how old the sign-in at a provider may be; negative: of any age.
func maxAge(r *hosted.Request) time.Duration {
	if r.MaxAge == nil {
		return -1
	}
	return *r.MaxAge
}

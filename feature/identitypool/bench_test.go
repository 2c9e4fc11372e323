package identitypool_test

import (
	"testing"

	"cardea/platform/db/dbtest"
	"cardea/server/servertest"
	"cardea/spec/cognitoidentity"
)

func BenchmarkGetCredentialsForIdentity(b *testing.B) {
	w := servertest.New(b, dbtest.SQLite(b), nil).On("cognito-identity")
	a := newApp(b, w, nil)
	ann := a.ann(b, nil)
	for name, in := range map[string]*cognitoidentity.GetCredentialsForIdentityInput{
		"guest": {IdentityId: getID(b, w, a.id, nil)},
		"user":  {IdentityId: ann["IdentityId"].(string), Logins: map[string]string{a.provider: ann["Logins"].(M)[a.provider].(string)}},
	} {
		b.Run(name, func(b *testing.B) {
			b.RunParallel(func(pb *testing.PB) {
				for pb.Next() {
					if _, err := service(w).GetCredentialsForIdentity(b.Context(), in); err != nil {
						b.Error(err)
						return
					}
				}
			})
		})
	}
}

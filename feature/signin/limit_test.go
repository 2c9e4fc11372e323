package signin_test

import (
	"bytes"
	"encoding/json"
	"log/slog"
	"testing"
	"time"

	"cardea/outbound/trigger/triggertest"
	"cardea/platform/config"
	"cardea/platform/db/dbtest"
	"cardea/server"
	"cardea/server/servertest"
)

func TestTriggersOfASignInShareItsTime(t *testing.T) {
	t.Parallel()
	dbtest.EachURL(t, func(t *testing.T, url string) {
		f := triggertest.New(t)
		f.Script(triggertest.Answer{Delay: time.Second})
		var log bytes.Buffer
		w := servertest.New(t, url, func(c *server.Config) {
			f.Now = c.Test.Now
			c.Outgoing = config.Outgoing{Allow: []string{"127.0.0.1"}, PlainHTTP: true}
			c.FunctionsDefault = &config.Function{Lambda: f.URL, AccessKeyID: triggertest.KeyID, SecretAccessKey: triggertest.SecretKey}
			c.Test.TriggerLimit = 1800 * time.Millisecond
			c.Log = slog.New(slog.NewJSONHandler(&log, nil))
		})
		arn := triggertest.ARN("f")
		pool := w.Pool(t, M{"LambdaConfig": M{"PreAuthentication": arn, "PostAuthentication": arn}})
		client := w.Client(t, pool, nil)
		w.User(t, pool, "alice")
		log.Reset()

		w.Fails(t, "InitiateAuth", M{
			"ClientId": client, "AuthFlow": "USER_PASSWORD_AUTH", "AuthParameters": M{"USERNAME": "alice", "PASSWORD": servertest.Password},
		}, "UnexpectedLambdaException", "")
		var line struct {
			Triggers []struct {
				Name, Outcome string
				MS            float64
				Tries         int
			}
		}
		if err := json.Unmarshal(log.Bytes(), &line); err != nil {
			t.Fatalf("%v: %s", err, log.String())
		}
		if len(line.Triggers) != 2 {
			t.Fatalf("logged %s", log.String())
		}
		first, second := line.Triggers[0], line.Triggers[1]
		if first.Name != "PreAuthentication" || first.Outcome != "ok" || first.MS < 950 || first.Tries != 1 {
			t.Errorf("first: logged %+v", first)
		}
		if second.Name != "PostAuthentication" || second.Outcome != "timeout" || second.MS > 950 {
			t.Errorf("second: logged %+v", second)
		}
	})
}

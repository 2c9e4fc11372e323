package server_test

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"cardea/outbound/webhook"
	"cardea/platform/config"
	"cardea/platform/db/dbtest"
	"cardea/server"
	"cardea/server/servertest"
)

func TestTheWebhookGetsSignedBatchesUntilItTakesThem(t *testing.T) {
	t.Parallel()
	var mu sync.Mutex
	var got []M
	var attempts []string
	hook := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		defer mu.Unlock()
		body, _ := io.ReadAll(r.Body)
		want := http.Header{}
		seconds, _ := strconv.ParseInt(r.Header.Get("Cardea-Timestamp"), 10, 64)
		webhook.Sign(want, [][]byte{[]byte("key")}, webhook.Call{Delivery: r.Header.Get("Cardea-Delivery"), At: time.Unix(seconds, 0)}, body)
		if r.Header.Get("Cardea-Signature") != want.Get("Cardea-Signature") {
			t.Errorf("the signature is %s", r.Header.Get("Cardea-Signature"))
		}
		attempts = append(attempts, r.Header.Get("Cardea-Attempt"))
		if len(attempts) == 1 {
			w.WriteHeader(http.StatusBadGateway)
			return
		}
		var batch struct{ Records []M }
		if err := json.Unmarshal(body, &batch); err != nil {
			t.Error(err)
		}
		got = append(got, batch.Records...)
	}))
	defer hook.Close()
	w := servertest.New(t, "sqlite:"+filepath.Join(t.TempDir(), "cardea.db"), func(c *server.Config) {
		c.Audit = config.Audit{WebhookURL: hook.URL, WebhookSecret: "key"}
	})
	w.Pool(t, nil)
	const job = "send records of the audit log"
	if err := w.Server.RunJob(t.Context(), job); err == nil {
		t.Error("the failure of the webhook is not told")
	}
	if err := w.Server.RunJob(t.Context(), job); err != nil {
		t.Errorf("it is tried again without a pause: %v", err)
	}
	w.Must(t, "ListUserPools", M{"MaxResults": 1})
	if err := w.Server.Close(); err != nil { // which sends what is left
		t.Error(err)
	}
	mu.Lock()
	defer mu.Unlock()
	if len(got) != 2 || got[0]["eventName"] != "CreateUserPool" || got[1]["eventName"] != "ListUserPools" {
		t.Errorf("got %v after attempts %v", got, attempts)
	}
	if code, metrics := w.Get(t, "/metrics"); code != 200 || !strings.Contains(metrics, `cardea_audit_records_total{outcome="written",sink="webhook"} 2`) {
		t.Error("the records are not counted")
	}
}

func TestOneRecordThatTheWebhookRefusesKeepsNoOthersBack(t *testing.T) {
	t.Parallel()
	var mu sync.Mutex
	var got []string
	hook := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		defer mu.Unlock()
		body, _ := io.ReadAll(r.Body)
		if bytes.Contains(body, []byte("<script>")) { // as a firewall does
			w.WriteHeader(http.StatusForbidden)
			return
		}
		var batch struct{ Records []M }
		_ = json.Unmarshal(body, &batch)
		for _, record := range batch.Records {
			got = append(got, record["eventName"].(string))
		}
	}))
	defer hook.Close()
	w := servertest.New(t, dbtest.SQLite(t), func(c *server.Config) {
		c.Audit = config.Audit{WebhookURL: hook.URL, WebhookSecret: "key"}
	})
	w.Must(t, "ListUserPools", M{"MaxResults": 1})
	_, _ = w.By("<script>").Call("InitiateAuth", M{"ClientId": "x"}) // whatever is answered
	w.Pool(t, nil)
	if err := w.Server.RunJob(t.Context(), "send records of the audit log"); err != nil {
		t.Error(err)
	}
	if _, metrics := w.Get(t, "/metrics"); !strings.Contains(metrics, `cardea_audit_records_total{outcome="lost",sink="webhook"} 1`) {
		t.Error("the record that is given up is not counted")
	}
	mu.Lock()
	defer mu.Unlock()
	if want := []string{"ListUserPools", "CreateUserPool"}; !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

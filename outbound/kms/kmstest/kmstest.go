package kmstest

import (
	"crypto/rand"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"cardea/outbound/kms"
	"cardea/platform/awscred"
	"cardea/platform/web"
	"cardea/spec/sigv4"
)

// What calls are signed with.
const (
	KeyID     = "AKIDEXAMPLE"
	SecretKey = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"
)

// Server is a KMS.
type Server struct {
	URL string
	// Now is the clock by which timestamps of signatures are checked.
	Now func() time.Time

	tb testing.TB

	mu      sync.Mutex
	refusal string // a code to answer with
	status  int
	calls   []Call
	keys    map[string][]byte // data keys by what stands for them
}

// Call is one data key that was asked for.
type Call struct {
	KeyID   string `json:"KeyId"`
	Bytes   int    `json:"NumberOfBytes"`
	Context map[string]string
	Region  string
}

// New starts a KMS. It ends with the test.
func New(tb testing.TB) *Server {
	s := &Server{tb: tb, Now: time.Now, keys: map[string][]byte{}}
	server := httptest.NewServer(http.HandlerFunc(s.serve))
	s.URL = server.URL
	tb.Cleanup(server.Close)
	return s
}

// Client calls the server.
func (s *Server) Client() *kms.Client {
	client, err := web.New(web.Options{Allow: []string{"127.0.0.1"}, PlainHTTP: true})
	if err != nil {
		s.tb.Fatal(err)
	}
	s.tb.Cleanup(client.CloseIdleConnections)
	return &kms.Client{Endpoint: s.URL, Keys: awscred.Static(awscred.Keys{ID: KeyID, Secret: SecretKey}), HTTP: client}
}

// Refuse makes the server answer with an error from now on; status 0 ends that.
func (s *Server) Refuse(status int, code string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.status, s.refusal = status, code
}

// Calls are the calls so far.
func (s *Server) Calls() []Call {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]Call(nil), s.calls...)
}

// Open is the data key that the server has wrapped.
func (s *Server) Open(wrapped []byte) []byte {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.keys[string(wrapped)]
}

// ARN is the key behind every name.
const ARN = "arn:aws:kms:us-east-1:123456789012:key/0d2f6b1c-5f43-4f0f-9c8e-4a1d2b3c4d5e"

func (s *Server) serve(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return
	}
	signature, err := sigv4.Parse(r)
	if err == nil {
		err = signature.Verify(r, body, sigv4.Check{Service: "kms", Secret: SecretKey, Now: s.Now()})
	}
	if err != nil || signature.AccessKeyID != KeyID || r.Header.Get("X-Amz-Target") != "TrentService.GenerateDataKey" {
		s.tb.Errorf("GenerateDataKey is not called as KMS wants it: %v, %v", err, r.Header)
		w.WriteHeader(http.StatusBadRequest)
		return
	}

	s.mu.Lock()
	defer s.mu.Unlock()
	w.Header().Set("Content-Type", "application/x-amz-json-1.1")
	if s.status != 0 {
		w.WriteHeader(s.status)
		_ = json.NewEncoder(w).Encode(map[string]string{"__type": s.refusal, "message": "no"})
		return
	}
	var in struct {
		Call
		EncryptionContext map[string]string
	}
	if err := json.Unmarshal(body, &in); err != nil {
		s.tb.Errorf("GenerateDataKey: %v", err)
	}
	in.Call.Context, in.Call.Region = in.EncryptionContext, signature.Region
	s.calls = append(s.calls, in.Call)
	plain, wrapped := make([]byte, in.Bytes), []byte("wrapped "+rand.Text())
	_, _ = rand.Read(plain)
	s.keys[string(wrapped)] = plain
	_ = json.NewEncoder(w).Encode(map[string]any{"CiphertextBlob": wrapped, "Plaintext": plain, "KeyId": ARN})
}

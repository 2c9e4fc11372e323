package policies_test

import (
	"net/url"
	"sync"
	"testing"

	"cardea/platform/db"
	"cardea/record/principal"
	"cardea/server/servertest"
)

type M = servertest.M

var (
	with = servertest.With
	text = servertest.Text
	at   = servertest.At
)

const (
	account  = "arn:aws:iam::" + servertest.Account + ":"
	readOnly = "arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess"
	document = "{\n  \"Version\": \"2012-10-17\",\n  \"Statement\": [{\"Effect\": \"Allow\", \"Action\": \"s3:Get*\", \"Resource\": \"arn:aws:s3:::b/ü+%/*\"}]\n}\n"
	other    = `{"Version":"2012-10-17","Statement":{"Effect":"Deny","Action":"*","Resource":"*"}}`
)

// each runs body on both engines, as a client of IAM.
func each(t *testing.T, body func(t *testing.T, w *servertest.World)) {
	t.Helper()
	t.Parallel()
	servertest.Each(t, func(t *testing.T, w *servertest.World) { body(t, w.On("iam")) })
}

// entity adds a role, user or group and returns its id.
func entity(t *testing.T, w *servertest.World, kind principal.Kind, path, name string) string {
	t.Helper()
	var p *principal.Principal
	err := w.DB.Write(t.Context(), func(tx *db.Tx) error {
		p = &principal.Principal{Kind: kind, Path: path, Name: name}
		return principal.Insert(tx, p)
	})
	if err != nil {
		t.Fatal(err)
	}
	return p.ID
}

// create adds a policy and returns its ARN.
func create(t *testing.T, w *servertest.World, path, name string) string {
	t.Helper()
	return text(w.Must(t, "CreatePolicy", M{"PolicyName": name, "Path": path, "PolicyDocument": document}), "Policy.Arn")
}

// decoded is a document as an answer has it, without its percent-encoding.
func decoded(t *testing.T, encoded string) string {
	t.Helper()
	plain, err := url.PathUnescape(encoded)
	if err != nil || plain == encoded {
		t.Errorf("document %q is not percent-encoded: %v", encoded, err)
	}
	return plain
}

// texts is the member of a name in all elements of a list in an answer.
func texts(out M, list, name string) []string {
	found := []string{}
	items, _ := at(out, list).([]any)
	for _, item := range items {
		if entry, ok := item.(M); ok {
			found = append(found, text(entry, name))
			continue
		}
		found = append(found, item.(string))
	}
	return found
}

// pages reads a list by pages of a size and returns a member of all entries. The answers must say how far they go.
func pages(t *testing.T, w *servertest.World, operation string, in M, size int, list, name string) (all []string) {
	t.Helper()
	in = with(in, M{"MaxItems": size})
	for {
		out := w.Must(t, operation, in)
		page := texts(out, list, name)
		if len(page) > size {
			t.Errorf("%s: %d entries of %d", operation, len(page), size)
		}
		all = append(all, page...)
		marker := text(out, "Marker")
		if more := text(out, "IsTruncated"); (more == "true") != (marker != "") {
			t.Fatalf("%s: IsTruncated %q, Marker %q", operation, more, marker)
		}
		if marker == "" {
			return all
		}
		in = with(in, M{"Marker": marker})
	}
}

// atOnce calls f for all numbers below n at once and returns the errors.
func atOnce(n int, f func(i int) error) []error {
	errs := make([]error, n)
	var all sync.WaitGroup
	for i := range n {
		all.Go(func() { errs[i] = f(i) })
	}
	all.Wait()
	return errs
}

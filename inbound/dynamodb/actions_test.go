package dynamodb

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"cardea/spec/sigv4"
)

func TestEveryOperationAsksForItsActions(t *testing.T) {
	t.Parallel()
	w := newWorld(t, everything)
	const key = `"Key":{"pk":{"S":"alice"}}`
	seen := map[string]bool{}
	for _, c := range []struct{ operation, body, want string }{
		{"GetItem", `{"TableName":"notes",` + key + `}`, "GetItem notes"},
		{"GetItem", `{"TableName":"` + tables + `notes",` + key + `}`, "GetItem notes"},
		{"PutItem", `{"TableName":"notes","Item":{"pk":{"S":"alice"}}}`, "PutItem notes"},
		{"UpdateItem", `{"TableName":"notes",` + key + `,"UpdateExpression":"SET a = :v"}`, "UpdateItem notes"},
		{"DeleteItem", `{"TableName":"notes",` + key + `}`, "DeleteItem notes"},
		{"Query", `{"TableName":"notes","KeyConditionExpression":"pk = :v"}`, "Query notes"},
		{"Query", `{"TableName":"notes","IndexName":"byMail"}`, "Query notes/index/byMail"},
		{"Scan", `{"TableName":"notes"}`, "Scan notes"},
		{"Scan", `{"TableName":"notes","IndexName":"byMail"}`, "Scan notes/index/byMail"},
		{"BatchGetItem", `{"RequestItems":{"notes":{"Keys":[{"pk":{"S":"a"}}]},"` + tables + `other":{"Keys":[]}}}`, "BatchGetItem notes,BatchGetItem other"},
		{
			"BatchWriteItem", `{"RequestItems":{"notes":[{"PutRequest":{"Item":{}}}],"other":[{"DeleteRequest":{"Key":{}}}]}}`,
			"BatchWriteItem notes,BatchWriteItem other",
		},
		{
			"TransactGetItems", `{"TransactItems":[{"Get":{"TableName":"notes",` + key + `}},{"Get":{"TableName":"other",` + key + `}}]}`,
			"GetItem notes,GetItem other",
		},
		{
			"TransactWriteItems", `{"TransactItems":[{"Put":{"TableName":"tab1","Item":{}}},{"Update":{"TableName":"tab2",` + key + `}},` +
				`{"Delete":{"TableName":"tab3",` + key + `}},{"ConditionCheck":{"TableName":"tab4",` + key + `}}]}`,
			"ConditionCheckItem tab4,DeleteItem tab3,PutItem tab1,UpdateItem tab2",
		},
		{"ListTables", `{}`, "ListTables *"},
		{"DescribeLimits", ``, "DescribeLimits *"},
		{"CreateTable", `{"TableName":"notes"}`, "CreateTable notes"},
		{"UpdateTable", `{"TableName":"notes"}`, "UpdateTable notes"},
		{"DeleteTable", `{"TableName":"notes"}`, "DeleteTable notes"},
		{"DescribeTable", `{"TableName":"notes"}`, "DescribeTable notes"},
		{"DescribeTimeToLive", `{"TableName":"notes"}`, "DescribeTimeToLive notes"},
		{"UpdateTimeToLive", `{"TableName":"notes"}`, "UpdateTimeToLive notes"},
		{"DescribeContinuousBackups", `{"TableName":"notes"}`, "DescribeContinuousBackups notes"},
		{"UpdateContinuousBackups", `{"TableName":"notes"}`, "UpdateContinuousBackups notes"},
	} {
		seen[c.operation] = true
		if code, text := w.call(c.operation, c.body); code != "" {
			t.Errorf("%s: got %s, %s", c.body, code, text)
		}
		got := strings.ReplaceAll(strings.Join(w.takeAsked(), ","), tables, "")
		if diff := cmp.Diff(c.want, strings.ReplaceAll(got, "dynamodb:", "")); diff != "" {
			t.Errorf("%s %s:\n%s", c.operation, c.body, diff)
		}
		for _, body := range w.takeGot() {
			if strings.Contains(body, "arn:") {
				t.Errorf("an ARN was sent on: %s", body)
			}
		}
	}
	for name := range operations {
		if !seen[name] {
			t.Errorf("no request is tried for %s", name)
		}
	}
}

func TestWhatIsSentIsWhatWasJudged(t *testing.T) {
	t.Parallel()
	w := newWorld(t, everything)
	body := ` { "Table\u004eame" : "notes", "Item":{"pk":{"S":"a\"<ü\ud83d\ude00"},"n":{"N":"1.50"},"l":{"L":[{"BOOL":true},{"NULL":true},{"M":{}}]}} } `
	if code, text := w.call("PutItem", body); code != "" {
		t.Fatal(code, text)
	}
	want := []string{`PutItem {"TableName":"notes","Item":{"pk":{"S":"a\"<ü😀"},"n":{"N":"1.50"},"l":{"L":[{"BOOL":true},{"NULL":true},{"M":{}}]}}}`}
	if diff := cmp.Diff(want, w.takeGot()); diff != "" {
		t.Error(diff)
	}
	deep := `{"TableName":"notes","Item":{"pk":{"S":"a"},"d":` + strings.Repeat(`{"M":{"x":`, 32) + `{"S":"y"}` + strings.Repeat(`}}`, 32) + `}}`
	if code, text := w.call("PutItem", deep); code != "" {
		t.Errorf("32 levels: %s, %s", code, text)
	}
}

func TestRequestsThatAreNotUnderstoodAreRefused(t *testing.T) {
	t.Parallel()
	w := newWorld(t, everything)
	for _, c := range []struct{ operation, body, want string }{
		{"ExecuteStatement", `{"Statement":"SELECT * FROM notes"}`, "UnknownOperationException"},
		{"BatchExecuteStatement", `{}`, "UnknownOperationException"},
		{"ExecuteTransaction", `{}`, "UnknownOperationException"},
		{"ExportTableToPointInTime", `{}`, "UnknownOperationException"},
		{"TagResource", `{}`, "UnknownOperationException"},
		{"", `{}`, "UnknownOperationException"},
		{"GetItem", `{"TableName":"notes","TableName":"other","Key":{}}`, "SerializationException"},
		{"GetItem", `{"TableName":"notes","Key":{"pk":{"S":"a"},"p\u006b":{"S":"b"}}}`, "SerializationException"},
		{"GetItem", `{"TableName":"notes","Key":{}} {}`, "SerializationException"},
		{"GetItem", `[]`, "SerializationException"},
		{"GetItem", `{"TableName":"notes","Key":null}`, "SerializationException"},
		{"GetItem", `{"Key":{}}`, "ValidationException"},
		{"GetItem", `{"TableName":7,"Key":{}}`, "ValidationException"},
		{"GetItem", `{"TableName":"notes","tableName":"other","Key":{}}`, "ValidationException"},
		{"GetItem", `{"TableName":"arn:aws:dynamodb:us-east-1:999999999999:table/notes","Key":{}}`, "ValidationException"},
		{"GetItem", `{"TableName":"arn:aws:dynamodb:eu-west-1:123456789012:table/notes","Key":{}}`, "ValidationException"},
		{"GetItem", `{"TableName":"` + tables + `notes/index/a","Key":{}}`, "ValidationException"},
		{"GetItem", `{"TableName":"not*","Key":{}}`, "ValidationException"},
		{"Query", `{"TableName":"notes","IndexName":"a/b"}`, "ValidationException"},
		{"Query", `{"TableName":"notes","IndexName":["abc"]}`, "ValidationException"},
		{"Query", `{"TableName":"notes","Select":"X"}`, "ValidationException"},
		{"Query", `{"TableName":"notes","Select":"SPECIFIC_ATTRIBUTES"}`, "ValidationException"},
		{"Query", `{"TableName":"notes","Select":"COUNT","ProjectionExpression":"a"}`, "ValidationException"},
		{"PutItem", `{"TableName":"notes","Item":{},"ReturnValues":"all_old"}`, "ValidationException"},
		{"CreateTable", `{"TableName":"notes","ResourcePolicy":"{}"}`, "ValidationException"},
		{"UpdateTable", `{"TableName":"notes","ReplicaUpdates":[]}`, "ValidationException"},
		{"BatchGetItem", `{"RequestItems":{"notes":{"Keys":[]},"` + tables + `notes":{"Keys":[]}}}`, "ValidationException"},
		{"BatchGetItem", `{"RequestItems":{}}`, "ValidationException"},
		{"BatchGetItem", `{"RequestItems":{"notes":{"Keys":[],"X":1}}}`, "ValidationException"},
		{"BatchWriteItem", `{"RequestItems":{"notes":[{"PutRequest":{"Item":{}},"DeleteRequest":{"Key":{}}}]}}`, "ValidationException"},
		{"BatchWriteItem", `{"RequestItems":{"notes":[{"X":{}}]}}`, "ValidationException"},
		{"BatchWriteItem", `{"RequestItems":{"notes":[{"PutRequest":{"Key":{}}}]}}`, "ValidationException"},
		{"TransactGetItems", `{"TransactItems":[{"Put":{"TableName":"notes","Item":{}}}]}`, "ValidationException"},
		{"TransactWriteItems", `{"TransactItems":[{"Put":{"TableName":"notes","Item":{},"X":1}}]}`, "ValidationException"},
		{"TransactWriteItems", `{"TransactItems":[{}]}`, "ValidationException"},
		{"TransactWriteItems", `{"TransactItems":[` + strings.Repeat(`{"Delete":{"TableName":"notes","Key":{}}},`, 100) + `{"Delete":{"TableName":"notes","Key":{}}}]}`, "ValidationException"},
	} {
		if code, text := w.call(c.operation, c.body); code != c.want {
			t.Errorf("%s %.200s: got %q, %s", c.operation, c.body, code, text)
		}
	}
	if got := w.takeGot(); len(got) > 0 {
		t.Errorf("sent on: %v", got)
	}
}

func TestWhoIsNotKnownIsRefused(t *testing.T) {
	t.Parallel()
	w := newWorld(t, everything)
	const body = `{"TableName":"notes","Key":{"pk":{"S":"alice"}}}`
	by := func(key sigv4.Key, region, service string, at time.Time) *http.Request {
		r := w.request("GetItem", body)
		sigv4.Sign(r, []byte(body), key, sigv4.Call{Region: region, Service: service, Now: at})
		return r
	}
	changed := func(change func(r *http.Request)) *http.Request {
		r := sign(w.request("GetItem", body), body, session)
		change(r)
		return r
	}
	forged := session
	forged.SessionToken += "x"
	unsigned := w.request("GetItem", body)
	unsigned.Header.Del("X-Amz-Target")
	sign(unsigned, body, session).Header.Set("X-Amz-Target", prefix+"GetItem")
	for name, c := range map[string]struct {
		r    *http.Request
		want string
	}{
		"unsigned":           {w.request("GetItem", body), "MissingAuthenticationTokenException"},
		"another secret":     {by(sigv4.Key{ID: alice.ID, Secret: "x"}, "us-east-1", "dynamodb", time.Now()), "InvalidSignatureException"},
		"another service":    {by(alice, "us-east-1", "s3", time.Now()), "InvalidSignatureException"},
		"another Region":     {by(alice, "home", "dynamodb", time.Now()), "InvalidSignatureException"},
		"old":                {by(alice, "us-east-1", "dynamodb", time.Now().Add(-time.Hour)), "InvalidSignatureException"},
		"a forged token":     {by(forged, "us-east-1", "dynamodb", time.Now()), "UnrecognizedClientException"},
		"an ended session":   {by(ended, "us-east-1", "dynamodb", time.Now()), "ExpiredTokenException"},
		"another body":       {changed(func(r *http.Request) { r.Body = w.request("", strings.Replace(body, "alice", "malin", 1)).Body }), "InvalidSignatureException"},
		"another target":     {changed(func(r *http.Request) { r.Header.Set("X-Amz-Target", prefix+"DeleteItem") }), "InvalidSignatureException"},
		"an unsigned target": {unsigned, "InvalidSignatureException"},
		"two targets":        {changed(func(r *http.Request) { r.Header.Add("X-Amz-Target", prefix+"GetItem") }), "UnknownOperationException"},
		"another API":        {changed(func(r *http.Request) { r.Header.Set("X-Amz-Target", "DynamoDBStreams_20120810.GetRecords") }), "UnknownOperationException"},
		"a query":            {changed(func(r *http.Request) { r.URL.RawQuery = "a=b" }), "UnknownOperationException"},
		"a path":             {changed(func(r *http.Request) { r.URL.Path = "/x" }), "UnknownOperationException"},
		"a type":             {changed(func(r *http.Request) { r.Header.Set("Content-Type", "text/plain") }), "SerializationException"},
		"an encoding":        {changed(func(r *http.Request) { r.Header.Set("Content-Encoding", "gzip") }), "SerializationException"},
		"no length":          {changed(func(r *http.Request) { r.ContentLength = -1 }), "SerializationException"},
		"too large":          {sign(w.request("GetItem", strings.Repeat(" ", maxBody+1)), "", alice), "RequestEntityTooLarge"},
	} {
		if code, text := w.do(c.r); code != c.want {
			t.Errorf("%s: got %q, %s", name, code, text)
		}
	}
	if got := w.takeGot(); len(got) > 0 {
		t.Errorf("sent on: %v", got)
	}
	w.bodies.Store(maxBodies)
	if code, _ := w.call("GetItem", body); code != "ThrottlingException" {
		t.Errorf("too many: got %q", code)
	}
	w.bodies.Store(0)
	if code, _ := w.call("GetItem", body); code != "" || w.bodies.Load() != 0 {
		t.Errorf("got %q, %d bytes left", code, w.bodies.Load())
	}
}

func TestPagesOfKnownOriginsMayCall(t *testing.T) {
	t.Parallel()
	w := newWorld(t, everything)
	for origin, want := range map[string]string{"https://app.example.com": "https://app.example.com", "https://evil.example.com": ""} {
		r := w.request("", "", "Origin", origin, "Access-Control-Request-Headers", "x-amz-target")
		r.Method = http.MethodOptions
		answer, err := w.server.Client().Transport.RoundTrip(r)
		if err != nil {
			t.Fatal(err)
		}
		_ = answer.Body.Close()
		if got := answer.Header.Get("Access-Control-Allow-Origin"); got != want || (answer.StatusCode == 200) != (want != "") {
			t.Errorf("%s: got %d, %q", origin, answer.StatusCode, got)
		}
	}
}

package guard

import (
	"bytes"
	"crypto/md5" // for the header Content-MD5
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/xml"
	"fmt"
	"io"
	"net/http"

	"cardea/spec/sigv4"
)

// Bounds of a request that deletes several objects.
const (
	maxBatch  = 2 << 20
	maxNames  = 1000
	namespace = "http://s3.amazonaws.com/doc/2006-03-01/"
)

// named is an object to delete.
type named struct {
	Key              string
	VersionID        string    `xml:"VersionId,omitempty"`
	ETag             string    `xml:",omitempty"`
	LastModifiedTime string    `xml:",omitempty"`
	Size             string    `xml:",omitempty"`
	Other            []element `xml:",any"`
}

// element is an element that is not known.
type element struct{ XMLName xml.Name }

// deletion is the body of such a request.
type deletion struct {
	XMLName xml.Name  `xml:"Delete"`
	Xmlns   string    `xml:"xmlns,attr,omitempty"`
	Objects []named   `xml:"Object"`
	Quiet   bool      `xml:",omitempty"`
	Other   []element `xml:",any"`
}

// deleted is the answer to it.
type deleted struct {
	XMLName xml.Name        `xml:"DeleteResult"`
	Xmlns   string          `xml:"xmlns,attr"`
	Deleted []deletedObject `xml:"Deleted"`
	Errors  []deletionError `xml:"Error"`
}

type deletedObject struct {
	Key                   string
	VersionID             string `xml:"VersionId,omitempty"`
	DeleteMarker          bool   `xml:",omitempty"`
	DeleteMarkerVersionID string `xml:"DeleteMarkerVersionId,omitempty"`
}

type deletionError struct {
	Key       string
	VersionID string `xml:"VersionId,omitempty"`
	Code      string
	Message   string
}

func malformedXML() *fault {
	return &fault{
		code: "MalformedXML", status: http.StatusBadRequest,
		text: "The XML you provided was not well-formed or did not validate against our published schema",
	}
}

// deleteObjects deletes those of the objects named in the body that the client may delete.
func (e *exchange) deleteObjects(t *target, p *sigv4.Payload) error {
	asked, err := e.readDeletion(t, p)
	if err != nil {
		return err
	}
	allowed, refused, err := e.divide(t, asked.Objects)
	if err != nil {
		return err
	}
	result := &deleted{}
	if len(allowed) > 0 {
		if result, err = e.deleteUpstream(t, &deletion{Xmlns: namespace, Objects: allowed, Quiet: asked.Quiet}); err != nil {
			return err
		}
	}
	result.Xmlns = namespace
	result.XMLName = xml.Name{Local: "DeleteResult"}
	result.Errors = append(result.Errors, refused...)
	text, err := xml.Marshal(result)
	if err != nil {
		return fmt.Errorf("encode the answer: %w", err)
	}
	e.w.Header().Set("Content-Type", "application/xml")
	e.w.Header().Set("X-Amz-Request-Id", e.id)
	e.w.Header().Set("X-Amz-Id-2", e.id)
	e.begin(http.StatusOK)
	_, _ = e.w.Write(append([]byte(xml.Header), text...)) // whether the client reads it is its own matter
	return nil
}

// readDeletion reads and verifies the body.
func (e *exchange) readDeletion(t *target, p *sigv4.Payload) (*deletion, error) {
	if p.Length > maxBatch {
		return nil, &fault{code: "MaxMessageLengthExceeded", status: http.StatusBadRequest, text: "Your request was too big."}
	}
	content := p.Open(&patient{e.in.Body, http.NewResponseController(e.w)})
	body, err := io.ReadAll(content)
	if err != nil {
		return nil, err
	}
	for _, name := range sigv4.Checksums() {
		if given := t.header.Get(name); given != "" && given != sigv4.Checksum(name, body) {
			return nil, &fault{code: "BadDigest", status: http.StatusBadRequest, text: "The " + name + " you specified did not match what we received."}
		}
		t.header.Del(name)
	}
	if given := t.header.Get("Content-Md5"); given != "" && given != sumMD5(body) {
		return nil, &fault{code: "BadDigest", status: http.StatusBadRequest, text: "The Content-MD5 you specified did not match what we received."}
	}
	t.header.Del("X-Amz-Sdk-Checksum-Algorithm")

	asked := &deletion{}
	decoder := xml.NewDecoder(bytes.NewReader(body))
	if err := decoder.Decode(asked); err != nil || decoder.InputOffset() < int64(len(bytes.TrimSpace(body))) {
		return nil, malformedXML()
	}
	if len(asked.Objects) == 0 || len(asked.Objects) > maxNames || len(asked.Other) > 0 {
		return nil, malformedXML()
	}
	for i := range asked.Objects {
		o := &asked.Objects[i]
		if o.Key == "" || len(o.Other) > 0 || o.VersionID != "" && !plainVersion(o.VersionID) {
			return nil, malformedXML()
		}
	}
	return asked, nil
}

// divide says which objects may be deleted.
func (e *exchange) divide(t *target, all []named) (allowed []named, refused []deletionError, err error) {
	for _, o := range all {
		one := *t
		one.key, one.query = o.Key, nil
		op := &operation{actions: "DeleteObject", versioned: "DeleteObjectVersion"}
		if o.VersionID != "" {
			one.query = sigv4.Query{{Name: "versionId", Value: o.VersionID}}
		}
		err := e.mayDelete(op, &one)
		f, isFault := err.(*fault)
		switch {
		case err == nil:
			allowed = append(allowed, o)
		case isFault:
			refused = append(refused, deletionError{o.Key, o.VersionID, f.code, f.text})
		default:
			return nil, nil, err
		}
	}
	return allowed, refused, nil
}

func (e *exchange) mayDelete(op *operation, t *target) error {
	if !safeKey(t.key) {
		return invalidArgument("The key has a segment '.' or '..'.")
	}
	asked, err := e.permissions(op, t)
	if err != nil {
		return err
	}
	return e.authorize(asked)
}

// deleteUpstream sends the request for the objects that may be deleted.
func (e *exchange) deleteUpstream(t *target, d *deletion) (*deleted, error) {
	body, err := xml.Marshal(d)
	if err != nil {
		return nil, fmt.Errorf("encode the request: %w", err)
	}
	t.header.Set("Content-Type", "application/xml")
	t.header.Set("Content-Md5", sumMD5(body))
	sum := sha256.Sum256(body)
	payload := &sigv4.Payload{Mode: sigv4.Hashed, Hash: hex.EncodeToString(sum[:]), Length: int64(len(body))}
	content := &held{from: payload.Open(bytes.NewReader(body)), buffer: new(block)}
	out, err := e.outgoing(t, payload, content)
	if err != nil {
		return nil, err
	}
	answer, err := e.send(out, content)
	if err != nil {
		return nil, err
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		return nil, e.word(answer)
	}
	text, err := io.ReadAll(io.LimitReader(answer.Body, 2*maxBatch))
	result := &deleted{}
	if err == nil {
		err = xml.Unmarshal(text, result)
	}
	if err != nil {
		return nil, unavailable(fmt.Errorf("read from the server of S3: %w", err))
	}
	for i := range result.Errors {
		result.Errors[i].Message = mask(result.Errors[i].Message, e.Key.ID)
	}
	return result, nil
}

func sumMD5(data []byte) string {
	sum := md5.Sum(data)
	return base64.StdEncoding.EncodeToString(sum[:])
}

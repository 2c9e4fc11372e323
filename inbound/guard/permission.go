package guard

import (
	"maps"
	"net/url"
	"slices"
	"strings"

	"cardea/engine/authorization"
	"cardea/spec/iampolicy"
)

// permissions are what policies must allow for a request.
func (e *exchange) permissions(op *operation, t *target) ([]permission, error) {
	keys := t.keys()
	resources := authorization.Objects(e.resource(t.bucket, t.key))
	var asked []permission
	add := func(actions string) {
		for name := range strings.FieldsSeq(actions) {
			for _, resource := range resources {
				asked = append(asked, permission{"s3:" + name, resource, keys})
			}
		}
	}
	actions := op.actions
	if op.versioned != "" && t.has("versionId") {
		actions = op.versioned
	}
	add(actions)
	for _, table := range []map[string]string{op.headers, bypass} {
		for _, header := range slices.Sorted(maps.Keys(table)) {
			if _, found := t.header[header]; found {
				add(table[header])
			}
		}
	}
	if err := requestTags(t, keys); err != nil {
		return nil, err
	}
	if t.source != nil {
		asked = append(asked, e.reads(t, keys)...)
	}
	return asked, nil
}

// reads are what policies must allow for what is copied.
func (e *exchange) reads(t *target, keys iampolicy.Keys) []permission {
	from := *t.source
	get, tags := "s3:GetObject", "s3:GetObjectTagging"
	ofSource := iampolicy.Keys{"s3:authtype": keys["s3:authtype"], "s3:signatureversion": keys["s3:signatureversion"]}
	if from.version != "" {
		get, tags = "s3:GetObjectVersion", "s3:GetObjectVersionTagging"
		ofSource["s3:versionid"] = []string{from.version}
	}
	var asked []permission
	for _, resource := range authorization.Objects(e.resource(from.bucket, from.key)) {
		asked = append(asked, permission{get, resource, ofSource})
		if !t.has("uploadId") && !strings.EqualFold(t.header.Get("X-Amz-Tagging-Directive"), "REPLACE") {
			asked = append(asked, permission{tags, resource, ofSource})
		}
	}
	return asked
}

// resource is the ARN of an object, of a bucket, or of all buckets.
func (h *Handler) resource(bucket, key string) string {
	switch {
	case bucket == "":
		return "arn:" + h.Partition + ":s3:::*"
	case key == "":
		return "arn:" + h.Partition + ":s3:::" + bucket
	}
	return "arn:" + h.Partition + ":s3:::" + bucket + "/" + key
}

// keys are the condition keys of a request.
func (t *target) keys() iampolicy.Keys {
	keys := iampolicy.Keys{"s3:authtype": {t.authType}, "s3:signatureversion": {"AWS4-HMAC-SHA256"}}
	for _, c := range conditions {
		if c.param != "" {
			if value, found := t.query.Lookup(c.param); found {
				keys[c.key] = []string{value}
			}
			continue
		}
		if values, found := t.header[c.header]; found {
			keys[c.key] = []string{values[0]}
		}
	}
	return keys
}

// requestTags adds the keys of the tags that the header of a new object has.
func requestTags(t *target, keys iampolicy.Keys) error {
	text := t.header.Get("X-Amz-Tagging")
	if text == "" {
		return nil
	}
	tags, err := url.ParseQuery(text)
	if err != nil {
		return invalidArgument("The header 'x-amz-tagging' shall be encoded as UTF-8 then URLEncoded URL query parameters without tag name duplicates.")
	}
	for name, values := range tags {
		key := "s3:requestobjecttag/" + strings.ToLower(name) // policies do not tell names apart that differ in case
		if len(values) != 1 || keys[key] != nil {
			return invalidArgument("The header 'x-amz-tagging' shall be encoded as UTF-8 then URLEncoded URL query parameters without tag name duplicates.")
		}
		keys[key] = values
		keys["s3:requestobjecttagkeys"] = append(keys["s3:requestobjecttagkeys"], name)
	}
	return nil
}

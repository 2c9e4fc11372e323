package guard

import "strings"

// level is what a request is about.
type level int

const (
	service level = iota
	bucket
	object
)

// operation is a kind of requests of S3 and what policies must allow for it.
type operation struct {
	name   string
	method string
	level  level
	// sub is the parameter that selects the operation; "" for those that none selects.
	sub string
	// params are further parameters that it may have, with a blank between them. "!" behind one says that it must be there.
	params string
	// actions must be allowed, and versioned in their place where the request names a version.
	actions, versioned string
	// headers says which table of headers has further actions.
	headers map[string]string
	copies  bool // X-Amz-Copy-Source may name another object
	batch   bool // its body names objects
	data    bool // its answer is an object's content
}

const (
	listParams     = "delimiter encoding-type max-keys prefix "
	responseParams = "response-cache-control response-content-disposition response-content-encoding response-content-language " +
		"response-content-type response-expires "
)

// ofObject are the headers with which a new object gets more than its content.
var ofObject = map[string]string{
	"X-Amz-Tagging":                       "PutObjectTagging",
	"X-Amz-Acl":                           "PutObjectAcl",
	"X-Amz-Grant-Full-Control":            "PutObjectAcl",
	"X-Amz-Grant-Read":                    "PutObjectAcl",
	"X-Amz-Grant-Read-Acp":                "PutObjectAcl",
	"X-Amz-Grant-Write":                   "PutObjectAcl",
	"X-Amz-Grant-Write-Acp":               "PutObjectAcl",
	"X-Amz-Object-Lock-Mode":              "PutObjectRetention",
	"X-Amz-Object-Lock-Retain-Until-Date": "PutObjectRetention",
	"X-Amz-Object-Lock-Legal-Hold":        "PutObjectLegalHold",
}

// bypass is the header that makes locked objects go, with whatever operation it comes.
var bypass = map[string]string{"X-Amz-Bypass-Governance-Retention": "BypassGovernanceRetention"}

// ofBucket are the headers with which a new bucket gets more than a name.
var ofBucket = map[string]string{
	"X-Amz-Acl":                        "PutBucketAcl",
	"X-Amz-Grant-Full-Control":         "PutBucketAcl",
	"X-Amz-Grant-Read":                 "PutBucketAcl",
	"X-Amz-Grant-Read-Acp":             "PutBucketAcl",
	"X-Amz-Grant-Write":                "PutBucketAcl",
	"X-Amz-Grant-Write-Acp":            "PutBucketAcl",
	"X-Amz-Bucket-Object-Lock-Enabled": "PutBucketObjectLockConfiguration PutBucketVersioning",
	"X-Amz-Object-Ownership":           "PutBucketOwnershipControls",
}

// operations are all that is passed on. Everything else is refused.
var operations = []operation{
	{name: "ListBuckets", method: "GET", level: service, params: "bucket-region continuation-token max-buckets prefix", actions: "ListAllMyBuckets"},

	{name: "CreateBucket", method: "PUT", level: bucket, actions: "CreateBucket", headers: ofBucket},
	{name: "DeleteBucket", method: "DELETE", level: bucket, actions: "DeleteBucket"},
	{name: "HeadBucket", method: "HEAD", level: bucket, actions: "ListBucket"},
	{name: "ListObjects", method: "GET", level: bucket, params: listParams + "marker", actions: "ListBucket"},
	{
		name: "ListObjectsV2", method: "GET", level: bucket, sub: "list-type",
		params: listParams + "continuation-token fetch-owner start-after", actions: "ListBucket",
	},
	{name: "ListObjectVersions", method: "GET", level: bucket, sub: "versions", params: listParams + "key-marker version-id-marker", actions: "ListBucketVersions"},
	{
		name: "ListMultipartUploads", method: "GET", level: bucket, sub: "uploads",
		params: "delimiter encoding-type key-marker max-uploads prefix upload-id-marker", actions: "ListBucketMultipartUploads",
	},
	{name: "GetBucketLocation", method: "GET", level: bucket, sub: "location", actions: "GetBucketLocation"},
	{name: "GetBucketVersioning", method: "GET", level: bucket, sub: "versioning", actions: "GetBucketVersioning"},
	{name: "PutBucketVersioning", method: "PUT", level: bucket, sub: "versioning", actions: "PutBucketVersioning"},
	{name: "GetBucketTagging", method: "GET", level: bucket, sub: "tagging", actions: "GetBucketTagging"},
	{name: "PutBucketTagging", method: "PUT", level: bucket, sub: "tagging", actions: "PutBucketTagging"},
	{name: "DeleteBucketTagging", method: "DELETE", level: bucket, sub: "tagging", actions: "PutBucketTagging"},
	{name: "GetBucketPolicy", method: "GET", level: bucket, sub: "policy", actions: "GetBucketPolicy"},
	{name: "PutBucketPolicy", method: "PUT", level: bucket, sub: "policy", actions: "PutBucketPolicy"},
	{name: "DeleteBucketPolicy", method: "DELETE", level: bucket, sub: "policy", actions: "DeleteBucketPolicy"},
	{name: "GetBucketCors", method: "GET", level: bucket, sub: "cors", actions: "GetBucketCORS"},
	{name: "PutBucketCors", method: "PUT", level: bucket, sub: "cors", actions: "PutBucketCORS"},
	{name: "DeleteBucketCors", method: "DELETE", level: bucket, sub: "cors", actions: "PutBucketCORS"},
	{name: "GetBucketLifecycleConfiguration", method: "GET", level: bucket, sub: "lifecycle", actions: "GetLifecycleConfiguration"},
	{name: "PutBucketLifecycleConfiguration", method: "PUT", level: bucket, sub: "lifecycle", actions: "PutLifecycleConfiguration"},
	{name: "DeleteBucketLifecycle", method: "DELETE", level: bucket, sub: "lifecycle", actions: "PutLifecycleConfiguration"},
	{name: "GetBucketAcl", method: "GET", level: bucket, sub: "acl", actions: "GetBucketAcl"},
	{name: "PutBucketAcl", method: "PUT", level: bucket, sub: "acl", actions: "PutBucketAcl"},
	{name: "GetBucketEncryption", method: "GET", level: bucket, sub: "encryption", actions: "GetEncryptionConfiguration"},
	{name: "PutBucketEncryption", method: "PUT", level: bucket, sub: "encryption", actions: "PutEncryptionConfiguration"},
	{name: "GetObjectLockConfiguration", method: "GET", level: bucket, sub: "object-lock", actions: "GetBucketObjectLockConfiguration"},
	{name: "PutObjectLockConfiguration", method: "PUT", level: bucket, sub: "object-lock", actions: "PutBucketObjectLockConfiguration"},
	{name: "DeleteObjects", method: "POST", level: bucket, sub: "delete", batch: true},

	{
		name: "GetObject", method: "GET", level: object, params: responseParams + "partNumber versionId",
		actions: "GetObject", versioned: "GetObjectVersion", data: true,
	},
	{
		name: "HeadObject", method: "HEAD", level: object, params: responseParams + "partNumber versionId",
		actions: "GetObject", versioned: "GetObjectVersion",
	},
	{
		name: "GetObjectAttributes", method: "GET", level: object, sub: "attributes", params: "versionId",
		actions: "GetObject GetObjectAttributes", versioned: "GetObjectVersion GetObjectVersionAttributes",
	},
	{name: "GetObjectAcl", method: "GET", level: object, sub: "acl", params: "versionId", actions: "GetObjectAcl", versioned: "GetObjectVersionAcl"},
	{name: "PutObjectAcl", method: "PUT", level: object, sub: "acl", params: "versionId", actions: "PutObjectAcl", versioned: "PutObjectVersionAcl"},
	{
		name: "GetObjectTagging", method: "GET", level: object, sub: "tagging", params: "versionId",
		actions: "GetObjectTagging", versioned: "GetObjectVersionTagging",
	},
	{
		name: "PutObjectTagging", method: "PUT", level: object, sub: "tagging", params: "versionId",
		actions: "PutObjectTagging", versioned: "PutObjectVersionTagging",
	},
	{
		name: "DeleteObjectTagging", method: "DELETE", level: object, sub: "tagging", params: "versionId",
		actions: "DeleteObjectTagging", versioned: "DeleteObjectVersionTagging",
	},
	{name: "GetObjectRetention", method: "GET", level: object, sub: "retention", params: "versionId", actions: "GetObjectRetention"},
	{name: "PutObjectRetention", method: "PUT", level: object, sub: "retention", params: "versionId", actions: "PutObjectRetention"},
	{name: "GetObjectLegalHold", method: "GET", level: object, sub: "legal-hold", params: "versionId", actions: "GetObjectLegalHold"},
	{name: "PutObjectLegalHold", method: "PUT", level: object, sub: "legal-hold", params: "versionId", actions: "PutObjectLegalHold"},
	{name: "PutObject", method: "PUT", level: object, actions: "PutObject", headers: ofObject, copies: true},
	{name: "UploadPart", method: "PUT", level: object, sub: "uploadId", params: "partNumber!", actions: "PutObject", copies: true},
	{name: "CreateMultipartUpload", method: "POST", level: object, sub: "uploads", params: "encoding-type", actions: "PutObject", headers: ofObject},
	{name: "CompleteMultipartUpload", method: "POST", level: object, sub: "uploadId", actions: "PutObject"},
	{
		name: "ListParts", method: "GET", level: object, sub: "uploadId", params: "encoding-type max-parts part-number-marker",
		actions: "ListMultipartUploadParts",
	},
	{name: "AbortMultipartUpload", method: "DELETE", level: object, sub: "uploadId", actions: "AbortMultipartUpload"},
	{
		name: "DeleteObject", method: "DELETE", level: object, params: "versionId",
		actions: "DeleteObject", versioned: "DeleteObjectVersion",
	},
	{name: "RestoreObject", method: "POST", level: object, sub: "restore", params: "versionId", actions: "RestoreObject"},
	{name: "SelectObjectContent", method: "POST", level: object, sub: "select", params: "select-type!", actions: "GetObject", data: true},
}

// selectors are the parameters that select operations.
var selectors = func() map[string]bool {
	all := map[string]bool{}
	for _, op := range operations {
		if op.sub != "" {
			all[op.sub] = true
		}
	}
	return all
}()

// takes reports whether an operation has a parameter, besides the one that selects it.
func (op *operation) takes(name string) bool {
	for param := range strings.FieldsSeq(op.params) {
		if strings.TrimSuffix(param, "!") == name {
			return true
		}
	}
	return false
}

// lacks is a parameter that must be there and is not.
func (op *operation) lacks(has func(name string) bool) string {
	for param := range strings.FieldsSeq(op.params) {
		if name, must := strings.CutSuffix(param, "!"); must && !has(name) {
			return name
		}
	}
	return ""
}

// conditions are the condition keys that headers and parameters give.
var conditions = []struct{ header, param, key string }{
	{param: "prefix", key: "s3:prefix"},
	{param: "delimiter", key: "s3:delimiter"},
	{param: "max-keys", key: "s3:max-keys"},
	{param: "versionId", key: "s3:versionid"},
	{header: "X-Amz-Acl", key: "s3:x-amz-acl"},
	{header: "X-Amz-Grant-Full-Control", key: "s3:x-amz-grant-full-control"},
	{header: "X-Amz-Grant-Read", key: "s3:x-amz-grant-read"},
	{header: "X-Amz-Grant-Read-Acp", key: "s3:x-amz-grant-read-acp"},
	{header: "X-Amz-Grant-Write", key: "s3:x-amz-grant-write"},
	{header: "X-Amz-Grant-Write-Acp", key: "s3:x-amz-grant-write-acp"},
	{header: "X-Amz-Copy-Source", key: "s3:x-amz-copy-source"},
	{header: "X-Amz-Metadata-Directive", key: "s3:x-amz-metadata-directive"},
	{header: "X-Amz-Server-Side-Encryption", key: "s3:x-amz-server-side-encryption"},
	{header: "X-Amz-Server-Side-Encryption-Aws-Kms-Key-Id", key: "s3:x-amz-server-side-encryption-aws-kms-key-id"},
	{header: "X-Amz-Server-Side-Encryption-Customer-Algorithm", key: "s3:x-amz-server-side-encryption-customer-algorithm"},
	{header: "X-Amz-Storage-Class", key: "s3:x-amz-storage-class"},
	{header: "X-Amz-Website-Redirect-Location", key: "s3:x-amz-website-redirect-location"},
	{header: "X-Amz-Object-Ownership", key: "s3:x-amz-object-ownership"},
	{header: "X-Amz-Object-Lock-Mode", key: "s3:object-lock-mode"},
	{header: "X-Amz-Object-Lock-Retain-Until-Date", key: "s3:object-lock-retain-until-date"},
	{header: "X-Amz-Object-Lock-Legal-Hold", key: "s3:object-lock-legal-hold"},
	{header: "If-Match", key: "s3:if-match"},
	{header: "If-None-Match", key: "s3:if-none-match"},
}

package guard

import "encoding/xml"

func xmlUnmarshal(text string, into any) error { return xml.Unmarshal([]byte(text), into) }

// row is a request and what policies are asked for it, without "s3:".
type row struct{ name, method, path, query, header, want string }

// rows are requests of every operation, with the actions that AWS's "Actions, resources, and condition keys for Amazon S3" names.
func rows() []row { return append(bucketRows(), objectRows()...) }

const (
	b = "/photos"
	o = "/photos/k/l"
)

func bucketRows() []row {
	return []row{
		{"ListBuckets", "GET", "/", "", "", "ListAllMyBuckets"},
		{"CreateBucket", "PUT", b, "", "", "CreateBucket"},
		{"CreateBucket", "PUT", b + "/", "", "", "CreateBucket"},
		{"CreateBucket", "PUT", b, "", "X-Amz-Acl private", "CreateBucket PutBucketAcl"},
		{"CreateBucket", "PUT", b, "", "X-Amz-Bucket-Object-Lock-Enabled true", "CreateBucket PutBucketObjectLockConfiguration PutBucketVersioning"},
		{"CreateBucket", "PUT", b, "", "X-Amz-Object-Ownership ObjectWriter", "CreateBucket PutBucketOwnershipControls"},
		{"DeleteBucket", "DELETE", b, "", "", "DeleteBucket"},
		{"HeadBucket", "HEAD", b, "", "", "ListBucket"},
		{"ListObjects", "GET", b, "prefix=a&marker=b", "", "ListBucket"},
		{"ListObjectsV2", "GET", b, "list-type=2&prefix=a", "", "ListBucket"},
		{"ListObjectVersions", "GET", b, "versions", "", "ListBucketVersions"},
		{"ListMultipartUploads", "GET", b, "uploads", "", "ListBucketMultipartUploads"},
		{"GetBucketLocation", "GET", b, "location", "", "GetBucketLocation"},
		{"GetBucketVersioning", "GET", b, "versioning", "", "GetBucketVersioning"},
		{"PutBucketVersioning", "PUT", b, "versioning", "", "PutBucketVersioning"},
		{"GetBucketTagging", "GET", b, "tagging", "", "GetBucketTagging"},
		{"PutBucketTagging", "PUT", b, "tagging", "", "PutBucketTagging"},
		{"DeleteBucketTagging", "DELETE", b, "tagging", "", "PutBucketTagging"},
		{"GetBucketPolicy", "GET", b, "policy", "", "GetBucketPolicy"},
		{"PutBucketPolicy", "PUT", b, "policy", "", "PutBucketPolicy"},
		{"DeleteBucketPolicy", "DELETE", b, "policy", "", "DeleteBucketPolicy"},
		{"GetBucketCors", "GET", b, "cors", "", "GetBucketCORS"},
		{"PutBucketCors", "PUT", b, "cors", "", "PutBucketCORS"},
		{"DeleteBucketCors", "DELETE", b, "cors", "", "PutBucketCORS"},
		{"GetBucketLifecycleConfiguration", "GET", b, "lifecycle", "", "GetLifecycleConfiguration"},
		{"PutBucketLifecycleConfiguration", "PUT", b, "lifecycle", "", "PutLifecycleConfiguration"},
		{"DeleteBucketLifecycle", "DELETE", b, "lifecycle", "", "PutLifecycleConfiguration"},
		{"GetBucketAcl", "GET", b, "acl", "", "GetBucketAcl"},
		{"PutBucketAcl", "PUT", b, "acl", "", "PutBucketAcl"},
		{"GetBucketEncryption", "GET", b, "encryption", "", "GetEncryptionConfiguration"},
		{"PutBucketEncryption", "PUT", b, "encryption", "", "PutEncryptionConfiguration"},
		{"GetObjectLockConfiguration", "GET", b, "object-lock", "", "GetBucketObjectLockConfiguration"},
		{"PutObjectLockConfiguration", "PUT", b, "object-lock", "", "PutBucketObjectLockConfiguration"},
		{"DeleteObjects", "POST", b, "delete", "", "DeleteObject DeleteObjectVersion"},
		{
			"DeleteObjects", "POST", b, "delete", "X-Amz-Bypass-Governance-Retention true",
			"DeleteObject DeleteObjectVersion BypassGovernanceRetention BypassGovernanceRetention",
		},
	}
}

func objectRows() []row {
	return []row{
		{"GetObject", "GET", o, "", "", "GetObject"},
		{"GetObject", "GET", o, "versionId=1&x-id=GetObject", "", "GetObjectVersion"},
		{"HeadObject", "HEAD", o, "partNumber=1", "", "GetObject"},
		{"HeadObject", "HEAD", o, "versionId=1", "", "GetObjectVersion"},
		{"GetObjectAttributes", "GET", o, "attributes", "", "GetObject GetObjectAttributes"},
		{"GetObjectAttributes", "GET", o, "attributes&versionId=1", "", "GetObjectVersion GetObjectVersionAttributes"},
		{"GetObjectAcl", "GET", o, "acl", "", "GetObjectAcl"},
		{"GetObjectAcl", "GET", o, "acl&versionId=1", "", "GetObjectVersionAcl"},
		{"PutObjectAcl", "PUT", o, "acl", "", "PutObjectAcl"},
		{"PutObjectAcl", "PUT", o, "acl&versionId=1", "", "PutObjectVersionAcl"},
		{"GetObjectTagging", "GET", o, "tagging", "", "GetObjectTagging"},
		{"GetObjectTagging", "GET", o, "tagging&versionId=1", "", "GetObjectVersionTagging"},
		{"PutObjectTagging", "PUT", o, "tagging", "", "PutObjectTagging"},
		{"PutObjectTagging", "PUT", o, "tagging&versionId=1", "", "PutObjectVersionTagging"},
		{"DeleteObjectTagging", "DELETE", o, "tagging", "", "DeleteObjectTagging"},
		{"DeleteObjectTagging", "DELETE", o, "tagging&versionId=1", "", "DeleteObjectVersionTagging"},
		{"GetObjectRetention", "GET", o, "retention&versionId=1", "", "GetObjectRetention"},
		{"PutObjectRetention", "PUT", o, "retention", "", "PutObjectRetention"},
		{"PutObjectRetention", "PUT", o, "retention", "X-Amz-Bypass-Governance-Retention true", "PutObjectRetention BypassGovernanceRetention"},
		{"GetObjectLegalHold", "GET", o, "legal-hold", "", "GetObjectLegalHold"},
		{"PutObjectLegalHold", "PUT", o, "legal-hold", "", "PutObjectLegalHold"},
		{"PutObject", "PUT", o, "", "", "PutObject"},
		{"PutObject", "PUT", o, "", "X-Amz-Tagging a=b", "PutObject PutObjectTagging"},
		{"PutObject", "PUT", o, "x-amz-tagging=a%3Db&X-Amz-Acl=private", "", "PutObject PutObjectTagging PutObjectAcl"},
		{"PutObject", "PUT", o, "", "X-Amz-Grant-Read id=1", "PutObject PutObjectAcl"},
		{"PutObject", "PUT", o, "", "X-Amz-Object-Lock-Mode GOVERNANCE", "PutObject PutObjectRetention"},
		{"PutObject", "PUT", o, "", "X-Amz-Object-Lock-Legal-Hold ON", "PutObject PutObjectLegalHold"},
		{"PutObject", "PUT", o, "", "X-Amz-Copy-Source others/from", "PutObject source:GetObject source:GetObjectTagging"},
		{"PutObject", "PUT", o, "", "X-Amz-Copy-Source others/from X-Amz-Tagging-Directive REPLACE", "PutObject source:GetObject"},
		{"PutObject", "PUT", o, "", "X-Amz-Copy-Source others/from?versionId=1", "PutObject source:GetObjectVersion source:GetObjectVersionTagging"},
		{"UploadPart", "PUT", o, "partNumber=1&uploadId=u", "", "PutObject"},
		{"UploadPart", "PUT", o, "partNumber=1&uploadId=u", "X-Amz-Copy-Source others/from", "PutObject source:GetObject"},
		{"CreateMultipartUpload", "POST", o, "uploads", "", "PutObject"},
		{"CreateMultipartUpload", "POST", o, "uploads", "X-Amz-Acl private X-Amz-Tagging a=b", "PutObject PutObjectAcl PutObjectTagging"},
		{"CompleteMultipartUpload", "POST", o, "uploadId=u", "", "PutObject"},
		{"ListParts", "GET", o, "uploadId=u&max-parts=1", "", "ListMultipartUploadParts"},
		{"AbortMultipartUpload", "DELETE", o, "uploadId=u", "", "AbortMultipartUpload"},
		{"DeleteObject", "DELETE", o, "", "", "DeleteObject"},
		{"DeleteObject", "DELETE", o, "versionId=1", "", "DeleteObjectVersion"},
		{"DeleteObject", "DELETE", o, "", "X-Amz-Bypass-Governance-Retention true", "DeleteObject BypassGovernanceRetention"},
		{"RestoreObject", "POST", o, "restore", "", "RestoreObject"},
		{"SelectObjectContent", "POST", o, "select&select-type=2", "", "GetObject"},
	}
}

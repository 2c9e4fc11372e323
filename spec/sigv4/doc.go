// Package sigv4 verifies AWS Signature Version 4 on HTTP requests, in the header form and in the presigned (query) form,
// and makes it in the header form.
//
// Parse reads the signature of a request without checking it; Verify checks it; Sign signs a request. They do so as services
// other than S3 do: the path is encoded twice, and the body is always part of what is signed. ParseS3, VerifyS3, SignS3 and
// SignS3Stream do so as S3 does: the path is encoded once, and the signature says itself how it covers the body, which a Payload
// verifies while it is read. The caller finds the key and renders the errors.
//
// Documents: "AWS Signature Version 4 for API requests" in the IAM User Guide; "Authenticating Requests (AWS Signature Version 4)"
// in the API reference of Amazon S3.
package sigv4

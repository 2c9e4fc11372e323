// Package sigv4 verifies AWS Signature Version 4 on HTTP requests, in the header form and in the presigned (query) form,
// and makes it in the header form. It does so as services other than S3 do: the path is encoded twice, and the body is
// always part of what is signed.
//
// Document: "AWS Signature Version 4 for API requests" in the IAM User Guide. Parse reads the signature of a request without
// checking it; Verify checks it; Sign signs a request. The caller finds the key and renders the errors.
package sigv4

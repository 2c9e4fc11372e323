// Package sigv4 verifies AWS Signature Version 4 on HTTP requests, in the header form and in the presigned (query) form,
// and makes it in the header form. It does so as services other than S3 do: the path is encoded twice, and the body is
// always part of what is signed.
//
// Document: "AWS Signature Version 4 for API requests" in the IAM User Guide. Parse takes the claim off a request without
// believing it; Verify believes it or says why not; Sign signs a request. Whose key it is, and what the errors look like to
// a client, is left to the caller.
package sigv4

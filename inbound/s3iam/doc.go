// Package s3iam answers versitygw, a gateway that serves S3, by the protocol with which it asks an IAM service of its own: who an
// access key belongs to, which key signs a request, and what policies allow. Cardea is that service.
//
// Each question is a JSON document that the gateway POSTs, signed with its own key for the service iam. It comes over a Unix socket
// only. The protocol is versitygw 1.8's; see docs/cognito/credentials.md, "S3".
package s3iam

// Package function runs functions that were written for AWS Lambda as processes of this machine.
//
// It speaks the Lambda Runtime API (https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html) to them, so that
// executables for provided.al2, such as those made with aws-lambda-go, run unchanged. Handlers in Python and Node.js run
// by two small bootstraps that are part of this package. A process serves one invocation at a time, is started when it is
// needed, and is kept for the next one; the package bounds how many there are, what they may use and how long they take.
//
// A function is trusted code: it runs as an ordinary process, not in a sandbox. Which function an ARN means, retries and
// what a failure means to a caller are left to others.
package function

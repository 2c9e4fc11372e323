// Package awscred finds the credentials that the server signs its own calls to AWS with: given in the configuration, in the
// environment, in a profile of the shared credentials file, or served by the container's or the machine's endpoint.
//
// Temporary keys are fetched anew five minutes before they expire, by one caller at a time; while the former still hold the
// others go on with them. Documents: "Standardized credential providers" in the AWS SDKs and Tools Reference Guide.
package awscred

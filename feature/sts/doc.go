// Package sts is AWS Security Token Service as far as it is built: GetCallerIdentity, by which clients find out whose
// access key they hold. The operation needs no permission.
package sts

// Package sts is AWS Security Token Service as far as it is built: GetCallerIdentity, by which clients find out which
// account their access key belongs to. The operation needs no permission.
package sts

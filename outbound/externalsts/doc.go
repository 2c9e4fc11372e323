// Package externalsts asks another security token service for temporary credentials with a token of ours: AWS itself, Ceph's RADOS
// Gateway, MinIO, or another server of this kind.
//
// It calls AssumeRoleWithWebIdentity, which is unsigned: the token proves everything. Which service is asked for which role, and
// whether the answer is kept, is left to the caller.
//
// Document: the AWS Security Token Service API reference, 2011-06-15, AssumeRoleWithWebIdentity.
package externalsts

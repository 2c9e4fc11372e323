// Package device is what sign-in and the operations on devices share: whether a pool tracks devices and what for, the
// naming of a new device, the secret by which it is known again, and which devices may prove anything.
//
// A device proves its secret by SRP, as users prove passwords, with its group key and its key in the places of the pool
// and the user name. The verifier is sealed under the pool's key and bound to the device's row, so that a stolen database
// alone is not enough to act as a device. See "Working with user devices in your user pool" in the Amazon Cognito Developer
// Guide. When a device is asked to prove itself is decided by feature/signin.
package device

// Package device remembers the devices that users sign in on.
//
// Sign-in names a device, its app confirms it with a secret of its own, and the user may have it remembered or not. A
// device that is not confirmed is kept for a while, since its app may yet do so, but List does not show it and nothing
// can be proven by it. engine/device makes and seals the secret.
package device

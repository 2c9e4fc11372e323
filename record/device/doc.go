// Package device remembers the devices that users sign in on.
//
// Sign-in issues a device, its app confirms it with a secret, and the user may have it remembered or not. A device that is
// not confirmed is kept for a while, since its app may still confirm it, but List does not show it and it proves nothing.
// engine/device makes and seals the secret.
package device

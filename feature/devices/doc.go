// Package devices answers the operations by which apps confirm the devices that users sign in on, and by which users and
// administrators see them, have them remembered, and forget them.
//
// Users see the devices that are remembered; administrators see all that are confirmed. engine/device names
// devices, and feature/signin lets them prove themselves. See "Working with user devices in your user pool" in the
// Amazon Cognito Developer Guide.
package devices

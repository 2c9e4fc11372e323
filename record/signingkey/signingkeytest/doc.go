// Package signingkeytest gives RSA keys to tests, which would otherwise take most of their time to make them.
package signingkeytest

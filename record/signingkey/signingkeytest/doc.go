// Package signingkeytest hands out RSA keys to tests, which would spend most of their time on making them otherwise.
package signingkeytest

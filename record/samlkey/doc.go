// Package samlkey stores the keys by which pools sign what they send to SAML providers.
package samlkey

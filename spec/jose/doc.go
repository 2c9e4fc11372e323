// Package jose signs and verifies JSON Web Tokens in the compact form, as far as Cardea's own tokens need it: only
// RS256, RS512 and ES384. It follows RFC 7515 (JWS), RFC 7517 (JWK), RFC 7518 §3.3, RFC 7518 §3.4 and RFC 7638 (thumbprints), and RFC 8725 where those
// leave room: the algorithm is the key's, and a header that claims another is refused. Tokens of clients, by which they prove
// that they have a key, bring it with them; they may be in other algorithms of RFC 7518, RFC 8037 and RFC 9864.
//
// Parsing is strict where the standards allow it: no padding, no unused bits, no line breaks, no duplicate members, no
// critical extensions. The caller judges the claims. Tokens of other issuers, in other algorithms or encrypted, are
// not read here.
package jose

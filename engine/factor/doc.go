// Package factor knows what proves who someone is: which first factors a user may begin with, which second factor is still
// due, and when nothing is missing any more.
//
// It only decides. The challenges are asked and judged by feature/signin, which goes wherever Next points; engine/token
// asks Satisfied once more, in the transaction that makes a session, and gives no tokens otherwise. The rules are those of
// 02-auth-flows §3 and §6.
package factor

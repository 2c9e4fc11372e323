// Command bench measures what served flows cost beside the arithmetic that they cannot do without.
//
// In one run it starts the real binary, drives each flow over eight connections, measures before and after each of them
// the primitives (an RS256 signature, an SRP exchange, a password checked against its verifier) on all cores, and prints
// the server's CPU time per flow and its ratio to the bound: 1.00 would mean that HTTP, JSON, storage and rules cost
// nothing. Built with the tag openssl, it does the same with the binary that computes by OpenSSL, beside OpenSSL's primitives: signatures by
// the program openssl, if there is one (openssl speed), and powers by calls from here, which cost some hundredths more than in C; openssl
// speed has none of a 256-bit exponent. A second bound of each flow has powers of g by OpenSSL's constant-time exponentiation alone, without
// the table of powers that the server keeps, which the first bound takes for granted.
//
// A second table says what a software token adds to a sign-in, beside the same without, and what a passkey adds to the signatures of the
// tokens. Others say what a function of PreTokenGeneration adds to a sign-in, and how long a call
// takes of a function that runs here, is warm and does nothing; and what documents and the sign-in page cost, how long their first
// byte takes, and how large they are; and what credentials of an identity pool cost. It also loads pools of 1,000 and 200,000 users through the
// store and compares their sign-in rates, and prints how fast the server is ready and how much memory it holds when idle.
//
// Three tables have databases of their own. -users 10000000 loads ten million users into SQLite, then into PostgreSQL, and compares what
// requests cost in their pool and in one of 10,000 in the same database. -tables engines compares what requests cost the server on the one
// and on the other. -tables soak -users 10000 -duration 1h drives the server at half of what it can serve, and shows each twelfth of the time
// apart. For the first and the last of them -engine names the databases, and -data a folder that keeps what was loaded for the next run.
//
// The flag -tables chooses among the others: go run ./cmd/bench -tables served -users 1000 takes half a minute.
//
// CPU time and memory are read from /proc, so it runs on Linux. Absolute figures mean little; ratios do.
package main

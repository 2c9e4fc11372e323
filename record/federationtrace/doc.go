// Package federationtrace stores what happened in sign-ins through identity providers, for operators to see. feature/federation
// decides what is written into a trace, and how many a pool keeps.
package federationtrace

// Package quota counts how often something was done within a time: codes asked for by a user, messages to an address.
//
// engine/verification and engine/message decide what is counted under which name, and the limits.
package quota

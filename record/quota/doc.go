// Package quota counts how often something was done within a time: codes asked for by a user, messages to an address.
//
// What is counted under which name, and how much is too much, is the business of engine/verification and engine/message.
package quota

// Package server builds the server: it opens the database, fills every feature's needs in one literal, opens the listeners,
// and runs the schedule of background jobs until it is told to stop.
//
// [New] builds a server from a [Config] without opening a socket, so that tests start the real program; [Server.Listen]
// opens the sockets and [Server.Run] serves until its context ends, then drains. It decides nothing about a request.
package server

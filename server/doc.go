// Package server builds the house: it opens the ground, fills every feature's needs in one literal, opens the ways in,
// and runs the timetable of background jobs until it is told to stop.
//
// [New] builds a server from a [Config] without opening a socket, so that tests start the real program; [House.Listen]
// opens the sockets and [House.Run] serves until its context ends, then drains. It decides nothing that a request asks.
package server

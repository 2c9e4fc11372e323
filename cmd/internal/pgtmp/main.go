package main

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"os/signal"

	"cardea/platform/db/dbtest"
)

func main() {
	durable := flag.Bool("durable", false, "sync every commit to the disk")
	flag.Parse()
	if flag.NArg() == 0 {
		fmt.Fprintln(os.Stderr, "usage: pgtmp [-durable] -- command [argument …]")
		os.Exit(2)
	}
	os.Exit(run(*durable, flag.Args()))
}

func run(durable bool, command []string) int {
	// An interrupt is for the command; this program waits for it and cleans up.
	signal.Notify(make(chan os.Signal, 1), os.Interrupt)

	url, stop, err := dbtest.StartPostgres("", durable)
	if err != nil {
		fmt.Fprintln(os.Stderr, "pgtmp:", err)
		return 1
	}
	defer stop()

	cmd := exec.Command(command[0], command[1:]...)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = os.Stdin, os.Stdout, os.Stderr
	cmd.Env = append(os.Environ(), dbtest.Variable+"="+url)
	err = cmd.Run()
	if exit, ok := errors.AsType[*exec.ExitError](err); ok {
		return exit.ExitCode()
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "pgtmp:", err)
		return 1
	}
	return 0
}

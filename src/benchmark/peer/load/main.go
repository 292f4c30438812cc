// What the benchmark measures with: see the commands. Each prints its figures as NAME=VALUE on one line.
package main

import (
	"fmt"
	"os"
	"strings"
)

var commands = map[string]func(arguments []string) error{
	"seed":   seed,
	"create": create,
	"ask":    ask,
	"equal":  equal,
}

func main() {
	if len(os.Args) > 1 {
		if command, found := commands[os.Args[1]]; found {
			if err := command(os.Args[2:]); err != nil {
				fmt.Fprintf(os.Stderr, "load %s: %v\n", os.Args[1], err)
				os.Exit(1)
			}
			return
		}
	}
	fmt.Fprintln(os.Stderr, "usage: load seed|create|ask|equal [-help]: got "+strings.Join(os.Args[1:], " "))
	os.Exit(64)
}

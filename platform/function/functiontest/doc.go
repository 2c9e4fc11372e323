// Package functiontest gives tests functions to run: an executable made with aws-lambda-go, and files of handlers.
package functiontest

// Golambda is a function made with aws-lambda-go. Its event says what it does.
package main

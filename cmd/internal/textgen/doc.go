// Textgen writes, in inbound/login/text, a method for each English text of the pages.
package main

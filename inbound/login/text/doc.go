// Package text is what the pages say, in every language.
//
// There is one file of texts for each language. English is the reference: from it a method of Texts is generated for each
// text, with a parameter for each place in it, so that a page which uses a text that is not there does not compile. The
// other files must have the same keys and places; a file that has not is an error when it is read, and so fails every test.
//
// A number chooses its form by the plural rules of the Unicode CLDR.
package text

//go:generate go run cardea/cmd/internal/textgen

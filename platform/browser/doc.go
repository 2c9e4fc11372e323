// Package browser holds what a site with pages needs of its visitors' browsers: the headers of every answer, a
// Content-Security-Policy for each page, and the refusal of requests that another site's page or a prefetch has made.
package browser

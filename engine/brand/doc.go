// Package brand makes harmless what operators upload for their pages' looks (docs/cognito/branding.md): the settings of a
// managed login style, images, and the style sheet of the classic customization.
//
// Nothing is served as it came. Style sheets are read token by token and written anew from an allow-list, SVG images element by
// element; other images are decoded and encoded again.
package brand

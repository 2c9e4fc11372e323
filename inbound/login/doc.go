// Package login shows the pages of a user pool's domain.
//
// Every page is a Card: one question, one primary button, and quiet links. A card is made of texts in the visitor's language
// (inbound/login/text) by a function of its own in cards*.go; card.html draws all of them, and frame.html what stands around.
// Pages work without JavaScript, but for passkeys.
//
// Pages for accounts call the operations of the API (feature/signup, feature/passwords) on behalf of the app whose authorization
// request is in the address, and check the form of what they ask as the API does. Nothing that was typed as a password is kept
// between pages: whoever has made an account, or a new password, signs in with it (docs/cognito/accounts.md, "Pages").
//
// Below /account are the user's own pages. They act for whoever is signed in to the browser, without an access token, on behalf of
// the app that the address names (decision 19).
//
// /oauth2/idpresponse and /saml2/idpresponse are where identity providers send visitors back. Their trip is sealed in a cookie; without
// it nothing is looked up. Forms that another site's page has posted come without cookies, and are posted once more by a page of this
// site (docs/cognito/federation.md, "Sign-in").
//
// /confirmUser is where the links of CONFIRM_WITH_LINK lead. Opening it changes nothing, since programs that scan mail open
// links, too: the page has a button, and what the button posts confirms the account. What it says of a link that is not good
// tells nothing about the user (docs/cognito/messages.md, "Links"). For pools without a domain it is served on the server's
// own host.
package login

package login

import (
	"cardea/engine/brand"
	"cardea/feature/branding"
)

// ofStyles are pages with identity providers, and in styles; name asks for the user's name.
func ofStyles(t cards, name Field) []sample {
	return []sample{
		{name: "sign-in-providers", card: withProviders(t, t.withSignUp(t.identify(sampleApp, name, false)))},
		{name: "sign-in-provider", card: t.withProviders(t.withSignUp(t.identify(sampleApp, name, true)), sampleForm(), "Google")},
		{name: "sign-in-six-providers", card: t.withProviders(t.withSignUp(t.identify(sampleApp, name, true)), sampleForm(), sampleProviders(6)...)},
		{name: "sign-in-many-providers", card: t.withProviders(t.withSignUp(t.identify(sampleApp, name, true)), sampleForm(), sampleProviders(30)...)},
		{name: "sign-in-elsewhere", card: t.withProviders(t.elsewhere(sampleApp, false), sampleForm(), sampleProviders(5)...)},
		{name: "sign-in-elsewhere-one", card: t.withProviders(t.elsewhere(sampleApp, false), sampleForm(), "Acme")},
		{name: "sign-in-domain", card: t.withProviders(t.elsewhere(sampleApp, true), sampleForm(), "Google")},
		{name: "sign-in-domain-wrong", card: blame(filled(t.elsewhere(sampleApp, true), sampleName), 0, t.SentenceDomain())},
		{name: "sign-in-provider-failed", card: alert(t.withProviders(t.elsewhere(sampleApp, false), sampleForm(), "Google"), t.SentenceProviderFailed())},
		{name: "sign-in-style", card: withProviders(t, t.withSignUp(t.identify(sampleApp, name, true))), look: sampleLook()},
		{name: "sign-in-style-start", card: withProviders(t, t.withSignUp(t.identify(sampleApp, name, false))), look: startLook()},
		{name: "sign-in-classic", card: withProviders(t, t.withSignUp(t.identify(sampleApp, name, true))), look: classicLook()},
		{name: "code-style", card: blame(t.enterCode(sampleName, sampleMail, 3), 0, t.SentenceCodeWrong()), look: sampleLook()},
	}
}

// withProviders adds identity providers of every kind.
func withProviders(t cards, c Card) Card {
	return t.withProviders(c, sampleForm(), "Google", "SignInWithApple", "Acme")
}

// sampleForm is that of an authorization request of usual length.
func sampleForm() Providers {
	return Providers{Action: "/", Hidden: []Pair{
		{"client_id", "1example23456789"}, {"response_type", "code"}, {"redirect_uri", "https://www.example.com/callback"},
		{"scope", "openid email profile aws.cognito.signin.user.admin"}, {"state", "3f8c1de7c0d94a9a8f3b5c9e1a7d2b46"},
		{"code_challenge", "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"}, {"code_challenge_method", "S256"},
	}}
}

// sampleProviders are the names of providers: the social ones, and organisations' own.
func sampleProviders(n int) []string {
	names := []string{"Google", "Facebook", "LoginWithAmazon", "SignInWithApple"}
	for _, place := range []string{
		"Aachen", "Bilbao", "Casablanca", "Dakar", "Edinburgh", "Fukuoka", "Gothenburg", "Helsinki", "Istanbul", "Jakarta", "Kampala",
		"Llanfairpwllgwyngyllgogerych", "Montevideo", "Nairobi", "Osaka", "Porto", "Quito", "Rotterdam", "São-Paulo", "Tromsø", "Utrecht", "Vilnius",
		"Windhoek", "Xiamen", "Yerevan", "Zürich",
	} {
		names = append(names, "Acme-"+place)
	}
	return names[:n]
}

// sampleImages are the images of the sample styles, by their paths.
var sampleImages = map[string]string{
	"/assets/logo.svg":  `<svg xmlns="http://www.w3.org/2000/svg" width="132" height="36" viewBox="0 0 132 36"><path d="M18 3 33 33H3z" fill="#db2777"/><text x="42" y="26" font-family="sans-serif" font-size="24" font-weight="700" fill="#6d28d9">Acme</text></svg>`,
	"/assets/night.svg": `<svg xmlns="http://www.w3.org/2000/svg" width="132" height="36" viewBox="0 0 132 36"><path d="M18 3 33 33H3z" fill="#f9a8d4"/><text x="42" y="26" font-family="sans-serif" font-size="24" font-weight="700" fill="#c4b5fd">Acme</text></svg>`,
	"/assets/page.svg":  `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 16 10" preserveAspectRatio="none"><linearGradient id="a" x2="1" y2="1"><stop stop-color="#7c3aed"/><stop offset="1" stop-color="#f59e0b"/></linearGradient><path fill="url(#a)" d="M0 0h16v10H0z"/></svg>`,
}

// sampleLogo is the logo of the sample styles.
var sampleLogo = branding.Picture{Path: "/assets/logo.svg", Dark: "/assets/night.svg"}

// sampleSettings is a style far from Cardea's own: violet, round, with bars at the top and the bottom. Its button's text cannot be
// read as it is set.
const sampleSettings = `{
	"components": {
		"primaryButton": {
			"lightMode": {"defaults": {"backgroundColor": "6d28d9ff", "textColor": "7c3aedff"}, "hover": {"backgroundColor": "5b21b6ff", "textColor": "ffffffff"}},
			"darkMode": {"defaults": {"backgroundColor": "c4b5fdff", "textColor": "2e1065ff"}}
		},
		"pageHeader": {"lightMode": {"background": {"color": "faf5ffff"}}, "darkMode": {"background": {"color": "1e1033ff"}}},
		"pageFooter": {"lightMode": {"background": {"color": "2e1065ff"}}, "darkMode": {"background": {"color": "1e1033ff"}}},
		"form": {"borderRadius": 24}
	},
	"componentClasses": {
		"buttons": {"borderRadius": 24}, "input": {"borderRadius": 24},
		"link": {"lightMode": {"defaults": {"textColor": "6d28d9ff"}}, "darkMode": {"defaults": {"textColor": "c4b5fdff"}}},
		"focusState": {"lightMode": {"borderColor": "db2777ff"}, "darkMode": {"borderColor": "f9a8d4ff"}}
	}
}`

// sampleLook has bars, and an image behind the page.
func sampleLook() branding.Look {
	look := branding.Look{Style: sampleStyle(sampleSettings), Classes: "page-image x-center y-center"}
	look.Style += `:root{--page-image:url(/assets/page.svg)}`
	look.Header, look.Footer = &branding.Bar{Logo: sampleLogo, Location: "start"}, &branding.Bar{Location: "center"}
	look.Providers = brand.Providers{Order: []string{"Acme"}, Icons: true, Last: true}
	return look
}

// startLook has the form at the start of the page, compact, with a logo and an image of its own, and its providers in a menu.
func startLook() branding.Look {
	look := branding.Look{Style: sampleStyle(sampleSettings), Classes: "form-image x-start y-end compact"}
	look.Style += `:root{--veil:85%;--form-image:url(/assets/page.svg)}`
	look.Logo = branding.Logo{Picture: sampleLogo, Location: "center"}
	look.Providers = brand.Providers{Menu: true}
	return look
}

// classicLook is a page of version 1, with a style sheet of an operator.
func classicLook() branding.Look {
	look := branding.Look{Classic: true, Providers: brand.Own.Providers, Style: brand.Own.Style + `:root{color-scheme:light}
.banner-customizable{background-color:#1f2937;color:#fff;padding:20px}
.submitButton-customizable{background-color:#b45309;color:#fff}`}
	look.Logo = branding.Logo{Picture: branding.Picture{Path: "/assets/night.svg"}}
	return look
}

func sampleStyle(settings string) string {
	look, err := brand.Theme([]byte(settings))
	if err != nil {
		panic(err) // they are part of the program
	}
	return look.Style
}

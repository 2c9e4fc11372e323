package login

import (
	"net/http"
	"slices"
	"strings"
	"time"

	"cardea/platform/browser"
	"cardea/spec/awsjson"
	"cardea/spec/cognitoidp"
)

// removable is a row of a thing that can be removed, by its name for programs.
func (t cards) removable(label, since, name string, at time.Time) Row {
	return Row{Label: label, Since: since, At: at, Buttons: []Button{
		{Name: "remove", Value: name, Label: t.AccountRemove(), About: t.AccountRemoveNamed(label), Sure: t.AccountRemoveSure()},
	}}
}

// isGone tells whether an operation was refused because what it was to remove is not there any more.
func isGone(fault error) bool { return awsjson.IsFault(fault, "ResourceNotFoundException") }

func (o *ownVisit) devicesCard() (Card, error) {
	out, err := o.API.Devices.ListDevices(o.ctx(), &cognitoidp.ListDevicesRequest{})
	if err != nil {
		return Card{}, err
	}
	t := o.cards()
	var rows []Row
	for _, d := range out.Devices {
		label := t.AccountSessionsUnknown()
		for _, a := range d.DeviceAttributes {
			if a.Name == "device_name" {
				label = a.Value
			}
		}
		rows = append(rows, t.removable(label, t.AccountAdded(), d.DeviceKey, d.DeviceCreateDate.Time))
	}
	return t.devices(rows), nil
}

// devices lists the devices that the account remembers.
func (t cards) devices(rows []Row) Card {
	c := Card{Page: "devices", Heading: t.AccountDevices(), Lead: []string{t.AccountDevicesLead()}, Rows: rows}
	if len(rows) == 0 {
		c.Lead = []string{t.AccountDevicesNone()}
	}
	return c
}

func (o *ownVisit) forgetDevice() error {
	in := &cognitoidp.ForgetDeviceRequest{DeviceKey: o.typed("remove")}
	if err := o.check("ForgetDevice", &in.AccessToken, in); err != nil {
		return err
	}
	if err := o.API.Devices.ForgetDevice(o.ctx(), in); err != nil && !isGone(o.Word(err)) {
		return err
	}
	o.done("device gone", devicesPath)
	return nil
}

// maxSessions is how many sessions the page reads at most. Those beyond it end with all others.
const maxSessions = 500

// sessions are the visitor's, the most recently used first.
func (o *ownVisit) sessions() (list []cognitoidp.SessionDescriptionType, err error) {
	in := &cognitoidp.ListUserSessionsRequest{}
	for len(list) < maxSessions {
		out, err := o.API.Sessions.ListUserSessions(o.ctx(), in)
		if err != nil {
			return nil, err
		}
		list = append(list, out.Sessions...)
		if in.NextToken = out.NextToken; in.NextToken == "" {
			break
		}
	}
	return list, nil
}

// signedIn is a place where the user is signed in: a browser at the pages with the apps that it has been taken to, or an app.
type signedIn struct {
	cognitoidp.SessionDescriptionType
	apps []string
}

// places puts sessions together with the sign-in at the pages that they have come from.
func (o *ownVisit) places(list []cognitoidp.SessionDescriptionType) (places []*signedIn, err error) {
	browsers := map[string]*signedIn{}
	for _, s := range list {
		if s.SessionType == cognitoidp.SessionTypeTypeSso {
			browsers[s.SessionId] = &signedIn{SessionDescriptionType: s}
		}
	}
	names := map[string]string{}
	for _, s := range list {
		if b := browsers[s.SessionId]; b != nil {
			places = append(places, b)
			continue
		}
		if _, known := names[s.ClientId]; !known {
			if names[s.ClientId], err = o.Hosted.AppName(o.ctx(), o.site.Pool, s.ClientId); err != nil {
				return nil, err
			}
		}
		if b := browsers[s.OriginSessionId]; b != nil {
			b.add(names[s.ClientId])
			continue
		}
		places = append(places, &signedIn{s, []string{names[s.ClientId]}})
	}
	return places, nil
}

// add names an app once.
func (p *signedIn) add(app string) {
	if app != "" && !slices.Contains(p.apps, app) {
		p.apps = append(p.apps, app)
	}
}

func (o *ownVisit) sessionsCard() (Card, error) {
	list, err := o.sessions()
	if err != nil {
		return Card{}, err
	}
	places, err := o.places(list)
	if err != nil {
		return Card{}, err
	}
	return o.cards().signedInAt(places), nil
}

// signedInAt lists where the user is signed in.
func (t cards) signedInAt(places []*signedIn) Card {
	c := Card{Page: "sessions", Heading: t.AccountSessions()}
	for _, p := range places {
		r := Row{Label: p.DeviceType, Value: strings.Join(p.about(), " · "), Since: t.AccountSessionsSince(), At: p.CreateDate.Time}
		if r.Label == "unknown" {
			r.Label = t.AccountSessionsUnknown()
		}
		if p.IsCurrentSession {
			r.Mark, r.Good = t.AccountSessionsThis(), true
		} else {
			r.Buttons = []Button{{Name: "end", Value: p.SessionId, Label: t.AccountSignOut(), About: r.Label + ": " + t.AccountSignOut()}}
		}
		c.Rows = append(c.Rows, r)
	}
	c.Rows = append(c.Rows, Row{Label: t.AccountSessionsEverywhere(), Value: t.AccountSessionsEverywhereLead(), Buttons: []Button{
		{Name: "everywhere", Value: "yes", Label: t.AccountSessionsEverywhere(), Sure: t.AccountSessionsEverywhereSure()},
	}})
	return c
}

// about are the apps of a place and where it is, as far as that is known.
func (p *signedIn) about() []string {
	all := slices.Clone(p.apps)
	if at := p.LastLocation; at != nil && at.Country != "unknown" {
		all = append(all, strings.TrimPrefix(at.City+", "+at.Country, ", "))
	}
	if p.LastIPAddress != "" {
		all = append(all, p.LastIPAddress)
	}
	return all
}

// endSession ends another of the visitor's sessions with all that came of it, or every one.
func (o *ownVisit) endSession() error {
	if o.typed("everywhere") != "" {
		if err := o.Sessions.SignOutEverywhere(o.ctx()); err != nil {
			return err
		}
		o.bye()
		return nil
	}
	in := &cognitoidp.RevokeUserSessionRequest{
		SessionId: o.typed("end"), RevokeAssociatedSessions: cognitoidp.RevokeAssociatedSessionsTypeLinked,
	}
	if err := o.check("RevokeUserSession", &in.AccessToken, in); err != nil {
		return err
	}
	if _, err := o.Sessions.RevokeUserSession(o.ctx(), in); err != nil && !isGone(o.Word(err)) {
		return err
	}
	o.done("signed out", sessionsPath)
	return nil
}

// signOut ends the session of the visitor's browser.
func (o *ownVisit) signOut() error {
	if _, err := o.Hosted.SignOut(o.ctx(), o.site.Pool, o.browser()); err != nil {
		return err
	}
	o.bye()
	return nil
}

// bye says that the visitor is signed out here.
func (o *ownVisit) bye() {
	o.forget()
	o.set(o.cookie(browser.SSO), "", -1)
	o.once = true
	o.respond(http.StatusOK, o.cards().signedOut())
}

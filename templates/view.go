package templates

import "strings"

// View is what the layout shows around a page. Every text in it is ready to be read: translated, but not escaped.
type View struct {
	Path   string // path and query of the request, to come back to after a change of language, and for pages of a list
	User   *User  // nil when nobody is signed in
	CSRF   string // value of the hidden field "csrf" which every form that posts carries
	Nav    []Link
	Flash  *Flash // what the last action changed, or nil
	Errors Errors // what is wrong with the form that was sent; the layout lists them above the page
	Page   any    // the page's own struct
	Demo   bool   // everything is made up and anybody may come in, which every page says
}

// User is who is signed in.
type User struct {
	Name string
	Role string // in words
	// Workshops are those she may change to, nil when there is no choice; Workshop is the value of the one she is in.
	Workshops []Option
	Workshop  string
	Bench     bool // she counts at the bench and sees nothing else
}

// Link is an entry of the navigation.
type Link struct {
	Label   string
	Href    string
	Current bool // the page shown belongs to it
	Count   int  // how many things wait there, 0 for none
}

// Kinds of state. A [Flash] is one of the first three.
const (
	Done = "done" // it happened
	Wait = "wait" // it needs a person next
	Bad  = "bad"  // it was refused, or went wrong
	Live = "live" // it is going on
)

// Flash says once, on top of the next page, what an action did.
type Flash struct {
	Kind string // Done, Wait or Bad
	Text string
	Undo string // path that undoes it when posted to; "" when there is none
}

// FieldError is what is wrong with one field of a form.
type FieldError struct {
	Field string // name of the input
	Label string // what a person calls the field; "" takes the label that the page gives it, or else [Label] of Field
	Text  string
}

// Errors are the wrong fields of a form, in the order in which they are told.
type Errors []FieldError

// Of is what is wrong with the field, or "".
func (e Errors) Of(field string) string {
	for _, f := range e {
		if f.Field == field {
			return f.Text
		}
	}
	return ""
}

// Option is one choice of a select.
type Option struct {
	Value string
	Text  string
}

// Label is what a person calls the field or column of that name: "share_weight" is "Share weight", translated.
func Label(lang, field string) string {
	if field == "" {
		return ""
	}
	words := strings.ReplaceAll(field, "_", " ")
	return Translate(lang, strings.ToUpper(words[:1])+words[1:])
}

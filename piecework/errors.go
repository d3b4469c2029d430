package piecework

import (
	"errors"
	"fmt"
	"strings"
)

// The four kinds of failure a caller can meet. Everything else is ours, is logged, and is never shown to a person.
var (
	// ErrNotFound: the thing asked for does not exist, or not for this person.
	ErrNotFound = errors.New("not found")
	// ErrInvalid: what was entered is wrong; see [Invalid] for the fields.
	ErrInvalid = errors.New("invalid")
	// ErrConflict: what was asked is right in itself, but not in the state things are in now.
	ErrConflict = errors.New("conflict")
	// ErrForbidden: this person may not do this.
	ErrForbidden = errors.New("forbidden")
)

// Message is a sentence for a person. Format is its English wording with fmt verbs and at the same time the key under
// which a translation is found; Args fill the verbs and may hold further messages.
type Message struct {
	Format string
	Args   []any
}

// Msg makes a message.
func Msg(format string, args ...any) *Message { return &Message{format, args} }

// String is the message in English.
func (m Message) String() string { return fmt.Sprintf(m.Format, m.Args...) }

// Problem is a failure of one of the kinds not found, conflict and forbidden, with the sentence that explains it.
type Problem struct {
	Kind error
	Message
}

// Error is the sentence in English.
func (p *Problem) Error() string { return p.Message.String() }

// Unwrap makes errors.Is(err, ErrConflict) and its like work.
func (p *Problem) Unwrap() error { return p.Kind }

// NotFound is an error of kind ErrNotFound.
func NotFound(format string, args ...any) error {
	return &Problem{ErrNotFound, Message{format, args}}
}

// Conflict is an error of kind ErrConflict.
func Conflict(format string, args ...any) error {
	return &Problem{ErrConflict, Message{format, args}}
}

// Forbidden is an error of kind ErrForbidden.
func Forbidden(format string, args ...any) error {
	return &Problem{ErrForbidden, Message{format, args}}
}

// FieldError is one wrong field: its name as the form or file has it, and what is wrong.
type FieldError struct {
	Field string
	Message
}

// Invalid collects every wrong field of one input, so that a person mends all of them at once.
type Invalid struct{ Fields []FieldError }

// Add notes one wrong field.
func (v *Invalid) Add(field, format string, args ...any) {
	v.Fields = append(v.Fields, FieldError{field, Message{format, args}})
}

// AddMsg notes one wrong field if msg is not nil.
func (v *Invalid) AddMsg(field string, msg *Message) {
	if msg != nil {
		v.Fields = append(v.Fields, FieldError{field, *msg})
	}
}

// Err is nil when nothing was noted, else v.
func (v *Invalid) Err() error {
	if len(v.Fields) == 0 {
		return nil
	}
	return v
}

// Error lists the fields in English.
func (v *Invalid) Error() string {
	parts := make([]string, len(v.Fields))
	for i, f := range v.Fields {
		parts[i] = f.Field + ": " + f.Message.String()
	}
	return strings.Join(parts, "; ")
}

// Is makes errors.Is(err, ErrInvalid) work.
func (v *Invalid) Is(target error) bool { return target == ErrInvalid }

// InvalidField is an [Invalid] with one field.
func InvalidField(field, format string, args ...any) error {
	v := &Invalid{}
	v.Add(field, format, args...)
	return v
}

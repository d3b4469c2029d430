package handlers

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"reflect"
	"slices"
	"strconv"
	"unicode/utf8"

	"github.com/danielgtaylor/huma/v2"
	"github.com/labstack/echo/v4"

	"jijian/piecework"
)

// maxTallies is how many tallies one call may carry.
const maxTallies = 1000

// apiTally describes a tally as it is sent. What arrives is read by [readTally], field by field, so that a wrong one spoils
// nothing but its own tally.
type apiTally struct {
	UID              string     `json:"uid" maxLength:"64" doc:"made by whoever counted, best a UUIDv7; the same uid again is answered duplicate"`
	Session          string     `json:"session" doc:"code of the work session"`
	Worker           string     `json:"worker" doc:"code, or the code of a badge"`
	Order            string     `json:"order" doc:"code"`
	Operation        string     `json:"operation" doc:"code, of the order's product"`
	Ticket           string     `json:"ticket,omitempty" doc:"code of the bundle ticket; it credits an operation once"`
	Good             int64      `json:"good" minimum:"0" doc:"good pieces"`
	Rework           int64      `json:"rework,omitempty" minimum:"0" doc:"pieces handed back to be done again"`
	ScrapWorkmanship int64      `json:"scrap_workmanship,omitempty" minimum:"0" doc:"pieces spoilt by the work"`
	ScrapMaterial    int64      `json:"scrap_material,omitempty" minimum:"0" doc:"pieces spoilt by the material"`
	Weight           *apiWeight `json:"weight,omitempty" doc:"how the good pieces were weighed; good must be (gross − tare) ÷ unit, rounded half up"`
	RecordedAt       string     `json:"recorded_at,omitempty" format:"date-time" doc:"when it was counted; now, if absent"`
	Reverses         string     `json:"reverses,omitempty" doc:"uid of the tally this one strikes, whole: it repeats worker, order, operation and counts"`
	Reason           string     `json:"reason,omitempty" doc:"why it is struck"`
}

type apiTallies struct {
	Tallies []apiTally `json:"tallies" maxItems:"1000"`
	Hold    bool       `json:"hold,omitempty" doc:"keep what is rejected in the review queue, so that a person can put it right"`
	Undo    bool       `json:"undo,omitempty" doc:"tallies that strike others undo them: one's own within 30 minutes, an administrator any until a pay run has claimed it"`
	Clock   int64      `json:"clock,omitempty" doc:"what the clock of the device shows at sending, in milliseconds since 1970"`
}

type talliesInput struct {
	Workshop string `query:"workshop" doc:"code of the workshop they were counted for; a sign-in that may not record for it is refused as a whole (403)"`
	RawBody  []byte `contentType:"application/json"`
}

type apiResult struct {
	UID    string                `json:"uid"`
	Status piecework.TallyStatus `json:"status" enum:"accepted,duplicate,rejected"`
	Reason string                `json:"reason,omitempty" doc:"why it was rejected"`
	// Sentences for the person who counts.
	Warnings []string `json:"warnings,omitempty" doc:"what is odd about it; it counts all the same"`
	Held     bool     `json:"held,omitempty" doc:"it was rejected and waits in the review queue: it need not be sent again"`
}

type talliesOutput struct {
	Body struct {
		Results []apiResult `json:"results" doc:"one for each tally, in the order sent"`
	}
}

// describeTallies puts the true shape of the body into the description.
func describeTallies(doc *huma.OpenAPI) {
	body := doc.Paths[tallyPath].Post.RequestBody
	body.Content["application/json"].Schema = doc.Components.Schemas.Schema(reflect.TypeFor[apiTallies](), true, "Tallies")
	doc.Paths[tallyPath].Post.Description = "At most 1000 tallies a call. Each is accepted, known already, or rejected with the reason; " +
		"one bad tally never fails the others. What is accepted is on disk when the answer comes. Send again whatever was not answered: the uid makes sure that nothing counts twice."
}

// maxClock is a moment so late that no clock shows it, in milliseconds.
const maxClock = 1 << 50

const tallyPath = "/api/v1/tallies"

// apiRecord records tallies for a program or a signed-in browser.
func (s *Server) apiRecord(ctx context.Context, in *talliesInput) (*talliesOutput, error) {
	v := visitIn(ctx)
	if err := s.recordsFor(ctx, in.Workshop); err != nil {
		return nil, err
	}
	batch, err := readBatch(in.RawBody)
	if err != nil {
		return nil, err
	}
	batch.By = v.who.Actor()
	out := new(talliesOutput)
	out.Body.Results = make([]apiResult, len(batch.Items))
	if len(batch.Items) == 0 {
		return out, nil
	}
	results, err := s.recorder.RecordBatch(ctx, *batch)
	if err != nil {
		return nil, err
	}
	for i := range results {
		out.Body.Results[i] = v.result(&results[i])
	}
	return out, nil
}

// result is what became of a tally, in the words of the visitor.
func (v *visit) result(r *piecework.TallyResult) apiResult {
	result := apiResult{UID: r.UID, Status: r.Status, Held: r.Held}
	if r.Reason != nil {
		result.Reason = inWords(v.lang, r.Reason)
	}
	for _, warning := range r.Warnings {
		result.Warnings = append(result.Warnings, inWords(v.lang, warning))
	}
	return result
}

// recordsFor refuses who may not record for the workshop with that code; "" asks nothing. A device keeps tallies of the workshop it
// counted for, and whoever signs in on it next must not send them as hers.
func (s *Server) recordsFor(ctx context.Context, workshop string) error {
	if workshop == "" {
		return nil
	}
	own := visitIn(ctx).who.WorkshopID
	w, err := piecework.WorkshopByCode(ctx, s.DB, printable(workshop))
	if errors.Is(err, piecework.ErrNotFound) || err == nil && own != 0 && own != w.ID {
		return piecework.Forbidden("These tallies are of workshop %s. Somebody of that workshop must sign in to send them.", printable(workshop))
	}
	return err
}

// readBatch reads a body. What is wrong with a tally is noted there and fails no other.
func readBatch(body []byte) (*piecework.Batch, error) {
	raw, batch, err := splitTallies(body)
	if err != nil {
		return nil, err
	}
	batch.Items = make([]piecework.NewTally, len(raw))
	for i, data := range raw {
		item, msg := readTally(data)
		if msg != nil {
			item.Wrong = piecework.Msg("%s: %s", fmt.Sprintf("tallies[%d]", i), msg)
		}
		if batch.Undo && item.Reverses != "" && item.Reason == "" {
			item.Reason = piecework.UndoReason
		}
		if batch.Hold {
			item.Sent = string(data)
		}
		batch.Items[i] = item
	}
	return batch, nil
}

// splitTallies takes the body apart into its tallies and what it says about all of them. What is wrong with the body as a whole
// fails the call.
func splitTallies(body []byte) ([]json.RawMessage, *piecework.Batch, error) {
	if !utf8.Valid(body) {
		return nil, nil, piecework.InvalidField("body", "is not UTF-8 text")
	}
	var syntax *json.SyntaxError
	var top map[string]json.RawMessage
	if err := json.Unmarshal(body, &top); errors.As(err, &syntax) {
		return nil, nil, echo.NewHTTPError(http.StatusBadRequest).SetInternal(err)
	} else if err != nil || top == nil {
		return nil, nil, piecework.InvalidField("body", `must be an object such as {"tallies": [...]}`)
	}
	v, batch := &piecework.Invalid{}, new(piecework.Batch)
	var list []json.RawMessage
	for name, data := range top {
		switch name {
		case "tallies":
			if err := json.Unmarshal(data, &list); err != nil {
				list = nil
			}
		case "hold":
			v.AddMsg(name, readBool(data, &batch.Hold))
		case "undo":
			v.AddMsg(name, readBool(data, &batch.Undo))
		case "clock":
			v.AddMsg(name, readCount(data, (*int64)(&batch.Clock), false))
			if batch.Clock < 0 || batch.Clock > maxClock {
				v.Add(name, "is out of range")
			}
		default:
			v.Add(name, "is not a field")
		}
	}
	if list == nil {
		v.Add("tallies", "must be a list of tallies")
	}
	if len(list) > maxTallies {
		v.Add("tallies", "holds %d tallies; one call carries at most %d", len(list), maxTallies)
	}
	return list, batch, v.Err()
}

func readBool(data json.RawMessage, into *bool) *piecework.Message {
	if json.Unmarshal(data, into) != nil {
		return piecework.Msg("must be true or false")
	}
	return nil
}

// readTally reads one tally strictly: no unknown field, no text where a number belongs, no number that is not whole. The
// message names the field. The uid is filled whenever it can be read.
func readTally(data json.RawMessage) (t piecework.NewTally, wrong *piecework.Message) {
	var fields map[string]json.RawMessage
	if err := json.Unmarshal(data, &fields); err != nil || fields == nil {
		return t, piecework.Msg("must be an object with the fields of a tally")
	}
	blame := func(field string, msg *piecework.Message) {
		if wrong == nil && msg != nil {
			wrong = piecework.Msg("%s: %s", field, msg)
		}
	}
	var recordedAt string
	texts := []struct {
		name     string
		into     *string
		required bool
	}{{"uid", &t.UID, true}, {"session", &t.Session, true}, {"worker", &t.Worker, true}, {"order", &t.Order, true}, {"operation", &t.Operation, true},
		{"ticket", &t.Ticket, false}, {"recorded_at", &recordedAt, false}, {"reverses", &t.Reverses, false}, {"reason", &t.Reason, false}}
	counts := []struct {
		name     string
		into     *int64
		required bool
	}{{"good", &t.Good, true}, {"rework", &t.Rework, false}, {"scrap_workmanship", &t.ScrapWorkmanship, false}, {"scrap_material", &t.ScrapMaterial, false}}
	known := map[string]bool{}
	for _, f := range texts {
		known[f.name] = true
		blame(f.name, readText(fields[f.name], f.into, f.required))
	}
	for _, f := range counts {
		known[f.name] = true
		blame(f.name, readCount(fields[f.name], f.into, f.required))
	}
	known["weight"] = true
	blame("weight", readWeight(fields["weight"], &t.Weight))
	names := make([]string, 0, len(fields))
	for name := range fields {
		names = append(names, name)
	}
	slices.Sort(names) // so that the same mistake gets the same answer
	for _, name := range names {
		if !known[name] {
			blame(fmt.Sprintf("%.40q", name), piecework.Msg("is not a field"))
		}
	}
	if recordedAt != "" {
		var msg *piecework.Message
		t.RecordedAt, msg = piecework.ParseInstant(recordedAt)
		blame("recorded_at", msg)
	}
	return t, wrong
}

// absent says whether a field is missing or null.
func absent(data json.RawMessage) bool { return len(data) == 0 || string(data) == "null" }

func readText(data json.RawMessage, into *string, required bool) *piecework.Message {
	if !absent(data) && json.Unmarshal(data, into) != nil {
		return piecework.Msg("must be a text")
	}
	if required && *into == "" {
		return piecework.Msg("is required")
	}
	return piecework.CheckText(*into, piecework.MaxNote) // before it reaches a query: no control characters
}

func readCount(data json.RawMessage, into *int64, required bool) *piecework.Message {
	if absent(data) {
		if required {
			return piecework.Msg("is required")
		}
		return nil
	}
	n, err := strconv.ParseInt(string(bytes.TrimSpace(data)), 10, 64)
	if errors.Is(err, strconv.ErrRange) {
		return piecework.Msg("is out of range")
	}
	if err != nil {
		return piecework.Msg("must be a whole number")
	}
	*into = n
	return nil
}

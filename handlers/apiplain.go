package handlers

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"strings"

	"github.com/labstack/echo/v4"

	"jijian/piecework"
)

// Nearly every call that records tallies is as plain as JSON can be: known fields, each once, short printable texts without escapes,
// whole numbers. Such calls take the short way through this file, which reads a body in one pass and says nothing about what is wrong
// with it: whatever is not plain goes the careful way ([readTally]), which means the same by what is plain.

// maxPlain bounds the body of a plain call, in bytes.
const maxPlain = 1 << 20

// recordPlain answers a plain call. It is false, and nothing has happened, if the call is not plain.
func (s *Server) recordPlain(c echo.Context) (done bool, err error) {
	r := c.Request()
	if r.ContentLength <= 0 || r.ContentLength > maxPlain || r.URL.RawQuery != "" {
		return false, nil
	}
	body := make([]byte, r.ContentLength)
	n, err := io.ReadFull(r.Body, body)
	p := plainCall{text: string(body)}
	if err != nil || !p.batch() {
		r.Body = struct {
			io.Reader
			io.Closer
		}{io.MultiReader(bytes.NewReader(body[:n]), r.Body), r.Body}
		return false, nil
	}
	v := visitOf(c)
	p.Batch.By = v.who.Actor()
	results, err := s.recorder.RecordBatch(r.Context(), p.Batch)
	if err != nil {
		return true, err
	}
	h := c.Response().Header()
	h.Set(echo.HeaderContentType, echo.MIMEApplicationJSON)
	c.Response().WriteHeader(http.StatusOK)
	_, err = c.Response().Write(v.appendResults(body[:0], results))
	return true, err
}

// appendResults appends the answer about tallies that came in a plain call.
func (v *visit) appendResults(b []byte, results []piecework.TallyResult) []byte {
	b = append(b, `{"results":[`...)
	for i := range results {
		r := &results[i]
		if i > 0 {
			b = append(b, ',')
		}
		if r.Reason != nil || len(r.Warnings) > 0 || r.Held {
			var odd bytes.Buffer
			e := json.NewEncoder(&odd)
			e.SetEscapeHTML(false)
			_ = e.Encode(v.result(r)) // texts and truths: it never fails
			b = append(b, bytes.TrimSuffix(odd.Bytes(), []byte("\n"))...)
			continue
		}
		b = append(b, `{"uid":"`...)
		b = append(b, r.UID...)
		b = append(b, `","status":"`...)
		b = append(b, r.Status...)
		b = append(b, `"}`...)
	}
	return append(b, "]}\n"...)
}

// plainCall reads a plain body.
type plainCall struct {
	piecework.Batch
	text string
	at   int // how much of text has been read
}

// skip reads a character that must come next, after any white space.
func (p *plainCall) skip(c byte) bool {
	if p.space() == c {
		p.at++
		return true
	}
	return false
}

// space reads white space and returns the character after it; 0 at the end.
func (p *plainCall) space() byte {
	for ; p.at < len(p.text); p.at++ {
		switch c := p.text[p.at]; c {
		case ' ', '\n', '\r', '\t':
		default:
			return c
		}
	}
	return 0
}

// string reads a short text without escapes.
func (p *plainCall) string() (string, bool) {
	if !p.skip('"') {
		return "", false
	}
	const long = 100
	for i := p.at; i < len(p.text) && i-p.at < long; i++ {
		switch c := p.text[i]; {
		case c == '"':
			s := p.text[p.at:i]
			p.at = i + 1
			return s, true
		case c < ' ' || c > '~' || c == '\\':
			return "", false
		}
	}
	return "", false
}

// number reads a whole number that is not negative.
func (p *plainCall) number() (int64, bool) {
	p.space()
	n, from := int64(0), p.at
	const digits = 15
	for ; p.at < len(p.text) && p.at-from <= digits; p.at++ {
		c := p.text[p.at]
		if c < '0' || c > '9' {
			break
		}
		n = 10*n + int64(c-'0')
	}
	length := p.at - from
	return n, length > 0 && length <= digits && (length == 1 || p.text[from] != '0')
}

// truth reads true or false.
func (p *plainCall) truth() (value, ok bool) {
	p.space()
	for _, word := range []string{"false", "true"} {
		if strings.HasPrefix(p.text[p.at:], word) {
			p.at += len(word)
			return word == "true", true
		}
	}
	return false, false
}

// object reads an object of fields of which each comes at most once; field reads the value of the one with that name.
func (p *plainCall) object(names []string, field func(i int) bool) (seen uint, ok bool) {
	if !p.skip('{') {
		return 0, false
	}
	for {
		name, ok := p.string()
		if !ok || !p.skip(':') {
			return 0, false
		}
		i := 0
		for i < len(names) && names[i] != name {
			i++
		}
		if i == len(names) || seen&(1<<i) != 0 || !field(i) {
			return 0, false
		}
		seen |= 1 << i
		switch p.space() {
		case ',':
			p.at++
		case '}':
			p.at++
			return seen, true
		default:
			return 0, false
		}
	}
}

var batchFields = []string{"tallies", "hold", "undo", "clock"}

// batch reads the whole body.
func (p *plainCall) batch() bool {
	var starts []int // of each tally, and of what comes after it
	seen, ok := p.object(batchFields, func(i int) (ok bool) {
		switch i {
		case 0:
			starts, ok = p.tallies()
		case 1:
			p.Hold, ok = p.truth()
		case 2:
			p.Undo, ok = p.truth()
		case 3:
			var clock int64
			clock, ok = p.number()
			p.Clock, ok = piecework.Instant(clock), ok && clock <= maxClock
		}
		return ok
	})
	if !ok || seen&1 == 0 || p.space() != 0 || p.at != len(p.text) {
		return false
	}
	for i := range p.Items {
		t := &p.Items[i]
		if p.Undo && t.Reverses != "" && t.Reason == "" {
			t.Reason = piecework.UndoReason
		}
		if p.Hold {
			t.Sent = p.text[starts[2*i]:starts[2*i+1]]
		}
	}
	return true
}

// tallies reads the list of tallies and returns where each begins and ends.
func (p *plainCall) tallies() (ends []int, ok bool) {
	if !p.skip('[') {
		return nil, false
	}
	p.Items = make([]piecework.NewTally, 0, 1+len(p.text)/256)
	for len(p.Items) < maxTallies {
		p.space()
		begin := p.at
		p.Items = append(p.Items, piecework.NewTally{})
		if !p.tally(&p.Items[len(p.Items)-1]) {
			return nil, false
		}
		ends = append(ends, begin, p.at)
		switch p.space() {
		case ',':
			p.at++
		case ']':
			p.at++
			return ends, true
		default:
			return nil, false
		}
	}
	return nil, false
}

// The fields of a tally; the first of them are required.
var tallyFields = []string{"uid", "session", "worker", "order", "operation", "good", "ticket", "recorded_at", "reverses", "reason",
	"rework", "scrap_workmanship", "scrap_material"}

const tallyRequired = 1<<6 - 1

// tally reads one tally.
func (p *plainCall) tally(t *piecework.NewTally) bool {
	texts := [...]*string{0: &t.UID, 1: &t.Session, 2: &t.Worker, 3: &t.Order, 4: &t.Operation, 6: &t.Ticket, 8: &t.Reverses, 9: &t.Reason}
	counts := [...]*int64{5: &t.Good, 10: &t.Rework, 11: &t.ScrapWorkmanship, 12: &t.ScrapMaterial}
	seen, ok := p.object(tallyFields, func(i int) (ok bool) {
		switch {
		case i == 7:
			var moment string
			if moment, ok = p.string(); !ok || moment == "" {
				return false
			}
			var wrong *piecework.Message
			t.RecordedAt, wrong = piecework.ParseInstant(moment)
			return wrong == nil
		case i < len(texts) && texts[i] != nil:
			*texts[i], ok = p.string()
			return ok && (*texts[i] != "" || i > 5)
		default:
			*counts[i], ok = p.number()
			return ok
		}
	})
	return ok && seen&tallyRequired == tallyRequired
}

package handlers

import (
	"context"
	"crypto/rand"
	"net/http"
	"sync"
	"time"

	"github.com/labstack/echo/v4"

	"jijian/payroll"
	"jijian/piecework"
)

// computing is a run that is being computed beside the requests, so that somebody can watch it, or go away and come back.
type computing struct {
	by     int64  // the person who began it
	format string // what she is told at the end
	done   chan struct{}

	mu  sync.Mutex
	at  payroll.Progress
	run int64 // when it is done
	err error
}

func (k *computing) tell(p payroll.Progress) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.at = p
}

// Patience is how long an answer waits for a computation; what takes longer is shown with its progress.
const Patience = 2 * time.Second

// keepComputed is how long the result of a computation waits for whoever began it.
const keepComputed = time.Hour

// compute computes a run and goes there, or, when that takes long, to a page that shows how far it is.
func (s *Server) compute(c echo.Context, f func(context.Context) (int64, error), failed func(error) error, format string) error {
	k, code := &computing{by: visitOf(c).who.UserID, format: format, done: make(chan struct{})}, rand.Text()
	s.computings.Store(code, k)
	s.begin(func() {
		run, err := f(payroll.WithProgress(s.life, k.tell))
		k.mu.Lock()
		k.run, k.err = run, err
		k.mu.Unlock()
		close(k.done)
		time.AfterFunc(keepComputed, func() { s.computings.Delete(code) })
	})
	select {
	case <-k.done:
		s.computings.Delete(code)
		if k.err != nil {
			return failed(k.err)
		}
		return s.done(c, runPath(k.run), k.format)
	case <-time.After(s.patience):
		return c.Redirect(http.StatusSeeOther, "/runs/computing/"+code)
	}
}

type computingPage struct {
	Steps []computingStep
}

// computingStep is one step of a computation: past, present or still to come.
type computingStep struct {
	Label       string
	Past, Now   bool
	Done, Total int
}

// runComputing shows how far a computation has come, and goes to the run when it is done.
func (s *Server) runComputing(c echo.Context) error {
	found, ok := s.computings.Load(c.Param("code"))
	if !ok {
		return piecework.NotFound("Nothing is being computed here. If it is done, the draft is in the list of pay runs.")
	}
	k := found.(*computing)
	if k.by != visitOf(c).who.UserID {
		return piecework.NotFound("Nothing is being computed here. If it is done, the draft is in the list of pay runs.")
	}
	select {
	case <-k.done:
		s.computings.Delete(c.Param("code"))
		if k.err != nil {
			return k.err
		}
		return s.done(c, runPath(k.run), k.format)
	default:
	}
	k.mu.Lock()
	at := k.at
	k.mu.Unlock()
	v := visitOf(c)
	p := computingPage{Steps: []computingStep{{Label: v.says("Adding up what was counted, by session")}, {Label: v.says("Working out the slips")},
		{Label: v.says("Claiming the tallies, by session")}, {Label: v.says("Writing the slips")}}}
	now := 0
	for i, step := range []payroll.Step{payroll.Adding, payroll.Pricing, payroll.Holding, payroll.Writing} {
		if step == at.Step {
			now = i
		}
	}
	for i := range p.Steps {
		p.Steps[i].Past, p.Steps[i].Now = i < now, i == now
	}
	p.Steps[now].Done, p.Steps[now].Total = at.Done, at.Total
	return s.page(c, "runs/computing", p)
}

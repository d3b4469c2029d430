package handlers

import (
	"fmt"

	"github.com/labstack/echo/v4"

	"jijian/payroll"
)

func slipPath(id int64) string { return fmt.Sprintf("/slips/%d", id) }

// MaySpeak says whether the person may confirm or dispute the slip: it is her own, issued, and the newest version.
func (p *slipPage) MaySpeak() bool { return p.Own && p.Slip.IssuedAt != 0 && !p.Slip.Superseded }

// TalliesPath is the list of the worker's tallies in the period of the slip.
func (p *slipPage) TalliesPath() string {
	return fmt.Sprintf("/tallies?worker=%d&from=%s&to=%s", p.Slip.WorkerID, p.Slip.Run.PeriodFrom, p.Slip.Run.PeriodTo)
}

// slipConfirm notes that the worker finds her slip right, with the signature that she drew, if she did.
func (s *Server) slipConfirm(c echo.Context) error {
	slip, err := s.slip(c)
	if err != nil {
		return err
	}
	who := visitOf(c).who
	if err := payroll.Sign(c.Request().Context(), s.DB, slip.ID, who.WorkerID, readForm(c).text("signature"), who.Name); err != nil {
		p, shown := s.slipPageOf(c, slip)
		if shown != nil {
			return shown
		}
		return s.again(c, err, "slips/show", p)
	}
	return s.done(c, slipPath(slip.ID)+"#say", "You have confirmed this slip. Thank you.")
}

// slipDispute takes down what the worker holds against her slip.
func (s *Server) slipDispute(c echo.Context) error {
	f, who := readForm(c), visitOf(c).who
	p, err := s.slipPage(c)
	if err != nil {
		return err
	}
	photos := f.photos("photos")
	if err = f.and(nil); err == nil {
		_, err = payroll.Raise(c.Request().Context(), s.DB, p.Slip.ID, who.WorkerID, f.text("what_is_wrong"), who.Name, photos...)
	}
	if err != nil {
		p.Form = f.values()
		return s.again(c, err, "slips/show", p)
	}
	return s.done(c, slipPath(p.Slip.ID)+"#say", "What you wrote is recorded. The office answers here.")
}

// disputeAnswer answers a worker; to correct her slip before payment issues it again.
func (s *Server) disputeAnswer(c echo.Context) error {
	f, ctx, id := readForm(c), c.Request().Context(), paramID(c, "dispute")
	d, err := payroll.Answer(ctx, s.DB, id, payroll.Outcome(f.text("outcome")), f.text("answer"), visitOf(c).who.Name)
	if err != nil {
		return s.answerAgain(c, err, f, id)
	}
	switch {
	case d.CorrectedSlipID != 0:
		return s.done(c, slipPath(d.CorrectedSlipID)+"#say", "The slip is issued again, and the worker is answered.")
	case d.Outcome == payroll.Corrected:
		return s.done(c, slipPath(d.SlipID)+"#say", "The worker is answered. Now strike or record the tallies, so that the next run corrects them.")
	}
	return s.done(c, slipPath(d.SlipID)+"#say", "The worker is answered.")
}

// answerAgain shows the slip of a dispute with what is wrong in the answer.
func (s *Server) answerAgain(c echo.Context, wrong error, f *form, disputeID int64) error {
	slip, err := payroll.SlipOfDispute(c.Request().Context(), s.DB, disputeID)
	if err != nil {
		return err
	}
	p, err := s.slipPageOf(c, slip)
	if err != nil {
		return err
	}
	p.Form = f.values()
	return s.again(c, wrong, "slips/show", p)
}

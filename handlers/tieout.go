package handlers

import (
	"fmt"

	"github.com/labstack/echo/v4"

	"jijian/payroll"
	"jijian/piecework"
)

// gapNames are the differences of a tie-out in words, and what each means.
var gapNames = map[payroll.GapKind][2]*piecework.Message{
	payroll.GapAccepted:         {piecework.Msg("Accepted"), piecework.Msg("The contractor owes the fee for them.")},
	payroll.GapUndecided:        {piecework.Msg("With the contractor"), piecework.Msg("Delivered; he has not decided yet.")},
	payroll.GapRejected:         {piecework.Msg("Rejected"), piecework.Msg("He keeps them and does not pay.")},
	payroll.GapStock:            {piecework.Msg("In stock"), piecework.Msg("Finished and not delivered, or between two operations.")},
	payroll.GapNotBegun:         {piecework.Msg("Not begun"), piecework.Msg("Nothing was counted of them yet.")},
	payroll.GapEnded:            {piecework.Msg("Ended early"), piecework.Msg("Never begun: the order was given up before.")},
	payroll.GapRework:           {piecework.Msg("In rework"), piecework.Msg("Handed back or returned, and not good again.")},
	payroll.GapScrapWorkmanship: {piecework.Msg("Work scrap"), piecework.Msg("Spoilt by the work.")},
	payroll.GapScrapMaterial:    {piecework.Msg("Material scrap"), piecework.Msg("Spoilt by the material.")},
	payroll.GapBesides:          {piecework.Msg("Begun besides"), piecework.Msg("More than was ordered, to make up for scrap.")},
	payroll.GapTwice:            {piecework.Msg("Counted twice"), piecework.Msg("More was counted than came in: twice here, or missed at the operation before.")},
	payroll.GapUncounted:        {piecework.Msg("Not counted"), piecework.Msg("Delivered, but never counted as finished.")},
}

// lossNames say which records do not add up.
var lossNames = map[payroll.LossKind]*piecework.Message{
	payroll.LossTallies: piecework.Msg("Tallies"), payroll.LossDelivered: piecework.Msg("Delivered"), payroll.LossAccepted: piecework.Msg("Accepted"),
	payroll.LossRejected: piecework.Msg("Rejected"), payroll.LossReturned: piecework.Msg("Returned"), payroll.LossCharged: piecework.Msg("Charged back"),
	payroll.LossPaid: piecework.Msg("Paid to workers"), payroll.LossReceived: piecework.Msg("Received from the contractor"),
	payroll.LossMoved: piecework.Msg("Material moved"), payroll.LossTickets: piecework.Msg("On bundle tickets"),
	payroll.LossCarried: piecework.Msg("Delivered in named bundles"), payroll.LossJudged: piecework.Msg("Decided about bundle by bundle"),
}

type tieOutPage struct {
	*payroll.TieOut
	Back, BackText string
	Picture        picture
	Places         []place
	Lost           []lostRow
	MaterialFor    int64 // so many pieces the material suffices for, if Material
	Material       bool
}

// place is where some of the pieces are.
type place struct {
	Kind, Name, Means string
	Pieces            int64
	Share             bar
}

// lostRow is a loss in words.
type lostRow struct {
	Name, Operation, Worker, Difference, Found, Kept string
	Twice                                            bool
}

// lossFigure is how so much of a loss is written.
func lossFigure(v *visit, kind payroll.LossKind, n int64) string {
	switch kind {
	case payroll.LossCharged, payroll.LossReceived:
		return piecework.Fen(n).String()
	case payroll.LossMoved:
		return piecework.Measure(n).String()
	}
	return v.says("%d pcs", n)
}

// tieOutOrder ties out an order.
func (s *Server) tieOutOrder(c echo.Context) error {
	t, err := payroll.TieOutOf(c.Request().Context(), s.DB, paramID(c, "order"))
	if err != nil {
		return err
	}
	return s.showTieOut(c, t, orderPath(t.Order.ID), t.Order.Code)
}

// tieOutTicket ties out one bundle.
func (s *Server) tieOutTicket(c echo.Context) error {
	t, err := payroll.TieOutTicket(c.Request().Context(), s.DB, paramID(c, "ticket"))
	if err != nil {
		return err
	}
	return s.showTieOut(c, t, fmt.Sprintf("/tickets/%d", t.Ticket.ID), t.Ticket.Code().String())
}

// placeColours are the colours of the parts of bars and of the picture.
var placeColours = map[payroll.GapKind]string{payroll.GapAccepted: "good", payroll.GapUndecided: "wait", payroll.GapRejected: "scrap", payroll.GapStock: "stock",
	payroll.GapNotBegun: "rest", payroll.GapEnded: "rest", payroll.GapRework: "rework", payroll.GapScrapWorkmanship: "scrap", payroll.GapScrapMaterial: "scrap",
	payroll.GapBesides: "over", payroll.GapTwice: "over", payroll.GapUncounted: "over"}

func (s *Server) showTieOut(c echo.Context, t *payroll.TieOut, back, text string) error {
	v := visitOf(c)
	p := tieOutPage{TieOut: t, Back: back, BackText: text, Picture: flowPicture(t, v.says)}
	if t.Ticket == nil {
		uses, err := piecework.MaterialUse(c.Request().Context(), s.DB, t.Order)
		if err != nil {
			return err
		}
		p.MaterialFor, p.Material = piecework.MaterialFor(uses)
	}
	for _, g := range t.Gaps {
		names, colour := gapNames[g.Kind], placeColours[g.Kind]
		p.Places = append(p.Places, place{colour, inWords(v.lang, names[0]), inWords(v.lang, names[1]), g.Pieces,
			newBar(t.Ordered, part{colour, max(g.Pieces, -g.Pieces)})})
	}
	for _, l := range t.Losses {
		n := l.Difference()
		row := lostRow{inWords(v.lang, lossNames[l.Kind]), l.Operation, l.Worker, lossFigure(v, l.Kind, max(n, -n)), lossFigure(v, l.Kind, l.Found), lossFigure(v, l.Kind, l.Kept), n > 0}
		p.Lost = append(p.Lost, row)
	}
	return s.page(c, "tieout/show", p)
}

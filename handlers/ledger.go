package handlers

import (
	"bytes"
	"fmt"

	"github.com/labstack/echo/v4"

	"jijian/payroll"
	"jijian/payroll/exchange"
	"jijian/payroll/ledgerpdf"
	"jijian/piecework"
)

// ledgerPage is the wage ledger of a run: what it holds, and what is missing in it.
type ledgerPage struct {
	Ledger   *payroll.Ledger
	Books    bool // the person may see identity numbers, and hand them out
	Numbered int  // rows with an identity number
	Signed   int  // rows that the worker has confirmed
	Without  []piecework.Worker
	Silent   []payroll.Slip
}

// ledgerOf is the ledger of the run in the path; without identity numbers for those who may not see them.
func (s *Server) ledgerOf(c echo.Context, ids payroll.LedgerIDs) (*payroll.Ledger, error) {
	if mayOf[visitOf(c).who.Role]&books == 0 {
		ids = payroll.NoIDs
	}
	return payroll.LedgerOf(c.Request().Context(), s.DB, s.Keys, paramID(c, "run"), ids)
}

// ledgerShow says what the ledger of a run holds and what is missing in it.
func (s *Server) ledgerShow(c echo.Context) error {
	l, err := s.ledgerOf(c, payroll.MaskedIDs)
	if err != nil {
		return err
	}
	p := ledgerPage{Ledger: l, Books: mayOf[visitOf(c).who.Role]&books != 0}
	for _, r := range l.Rows {
		if r.IDNumber != "" {
			p.Numbered++
		} else {
			p.Without = append(p.Without, *r.Slip.Worker)
		}
		if r.Slip.Acknowledgement != nil {
			p.Signed++
		} else {
			p.Silent = append(p.Silent, r.Slip)
		}
	}
	return s.page(c, "runs/ledger", p)
}

// ledgerDownload hands out the ledger of a run with masked identity numbers: ?format=pdf, xlsx or csv.
func (s *Server) ledgerDownload(c echo.Context) error {
	l, err := s.ledgerOf(c, payroll.MaskedIDs)
	if err != nil {
		return err
	}
	return s.ledgerFile(c, l, c.QueryParam("format"))
}

// ledgerWhole hands it out with whole identity numbers, which each worker can read in her log.
func (s *Server) ledgerWhole(c echo.Context) error {
	l, err := s.ledgerOf(c, payroll.WholeIDs)
	if err != nil {
		return err
	}
	if err := l.Note(c.Request().Context(), s.DB, visitOf(c).who.Name); err != nil {
		return err
	}
	return s.ledgerFile(c, l, readForm(c).text("format"))
}

func (s *Server) ledgerFile(c echo.Context, l *payroll.Ledger, format string) error {
	var whole bytes.Buffer
	name := fmt.Sprintf("run-%d-ledger", l.Run.ID)
	if format != "pdf" {
		f, err := exchange.ParseFormat(format)
		if err != nil {
			return err
		}
		if err := exchange.WriteLedger(&whole, f, l); err != nil {
			return err
		}
		return download(c, name+"."+string(f), mediaType(f), whole.Bytes())
	}
	fonts, err := Fonts()
	if err != nil {
		return err
	}
	warnings, err := ledgerpdf.Write(&whole, fonts, visitOf(c).lang, l)
	if err != nil {
		return err
	}
	for _, w := range warnings {
		s.Logger.Warn("ledger printed with a loss", "run", l.Run.ID, "what", w.String())
	}
	return download(c, name+".pdf", "application/pdf", whole.Bytes())
}

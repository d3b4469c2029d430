package handlers

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"jijian/payroll"
	"jijian/piecework"
	"jijian/piecework/account"
)

// What the audit trail says about coming and going.
var (
	signedInNow = piecework.Msg("signed in")
	signedOut   = piecework.Msg("signed out")
	otherwise   = piecework.Msg("made a change")
	linkedNow   = piecework.Msg("linked an account elsewhere")
	wrongCode   = piecework.Msg("was refused at the second step")
	wrongName   = piecework.Msg("was refused at the door")
)

// audited are the changes of the table that the audit trail records, in its words. Work itself, such as tallies, has books of its own.
var audited = map[string]*piecework.Message{
	"POST /setup/:code":                       piecework.Msg("made the first administrator"),
	"POST /invite/:code":                      piecework.Msg("chose a password by a link"),
	"POST /users":                             piecework.Msg("added a user"),
	"POST /users/:user/password":              piecework.Msg("set a user's password"),
	"POST /users/:user/disable":               piecework.Msg("shut a user out"),
	"POST /users/:user/enable":                piecework.Msg("let a user in again"),
	"POST /users/:user/role":                  piecework.Msg("changed a user's role"),
	"POST /users/:user/workshops":             piecework.Msg("gave a user a workshop"),
	"POST /users/:user/workshops/take":        piecework.Msg("took a workshop from a user"),
	"POST /users/:user/invite":                piecework.Msg("made a link for a user"),
	"POST /users/:user/signout":               piecework.Msg("signed a user out everywhere"),
	"POST /users/:user/second/off":            piecework.Msg("turned a user's second step off"),
	"POST /account/second/confirm":            piecework.Msg("turned her second step on"),
	"POST /account/second/off":                piecework.Msg("turned her second step off"),
	"POST /account/unlink/:provider":          piecework.Msg("unlinked an account elsewhere"),
	"POST /account/password":                  piecework.Msg("changed her own password"),
	"POST " + pinPath:                         piecework.Msg("chose her own PIN"),
	"POST /account/sessions/end":              piecework.Msg("ended a sign-in of her own"),
	"POST /workers":                           piecework.Msg("added a worker"),
	"POST /workers/:worker":                   piecework.Msg("changed a worker"),
	"POST /workers/:worker/pin":               piecework.Msg("gave a worker a PIN"),
	"POST /workers/:worker/badge":             piecework.Msg("replaced a badge"),
	"POST /workers/badges.pdf":                piecework.Msg("printed badges"),
	"POST /workers/:worker/tax":               piecework.Msg("changed a worker's income type"),
	"POST /workers/:worker/grades":            piecework.Msg("changed a worker's grade"),
	"POST /workshops":                         piecework.Msg("added a workshop"),
	"POST /workshops/:workshop":               piecework.Msg("changed a workshop"),
	"POST /rates":                             piecework.Msg("agreed a rate"),
	"POST /rates/:rate/withdraw":              piecework.Msg("withdrew a rate"),
	"POST /tax-tables":                        piecework.Msg("added a tax table"),
	"POST /tax-tables/:taxtable/remove":       piecework.Msg("removed a tax table"),
	"POST /minimum-wages":                     piecework.Msg("added a minimum wage"),
	"POST /minimum-wages/:minimumwage/remove": piecework.Msg("removed a minimum wage"),
	"POST /adjustments":                       piecework.Msg("entered an adjustment"),
	"POST /adjustments/:adjustment/withdraw":  piecework.Msg("withdrew an adjustment"),
	"POST /adjustments/:adjustment/approve":   piecework.Msg("approved an adjustment"),
	"POST /adjustments/:adjustment/postpone":  piecework.Msg("postponed an adjustment"),
	"POST /runs":                              piecework.Msg("computed a pay run"),
	"POST /runs/:run/recompute":               piecework.Msg("computed a pay run again"),
	"POST /runs/:run/discard":                 piecework.Msg("discarded a pay run"),
	"POST /runs/:run/approve":                 payroll.Seen,
	"POST /runs/:run/paid":                    piecework.Msg("marked a pay run as paid"),
	"POST /slips/:slip/reissue":               piecework.Msg("issued a slip anew"),
	"POST /slips/:slip/paid":                  piecework.Msg("marked a slip as paid"),
	"POST /slips/:slip/confirm":               piecework.Msg("confirmed a slip"),
	"POST /slips/:slip/dispute":               piecework.Msg("disputed a slip"),
	"POST /disputes/:dispute/answer":          piecework.Msg("answered a dispute"),
	"POST /tallies/:tally/strike":             piecework.Msg("struck a tally"),
	"POST /review/tallies/:tally/strike":      piecework.Msg("struck a tally"),
	"POST /deliveries/:delivery":              piecework.Msg("decided about a delivery"),
	"POST /orders/:order/end":                 piecework.Msg("ended an order early"),
	"POST /orders/:order/close":               piecework.Msg("closed an order"),
	"POST /orders/:order/reopen":              piecework.Msg("reopened an order"),
	"POST /workers/:worker/personal":          piecework.Msg("changed sealed personal data"),
	"POST /workers/:worker/personal/show":     piecework.Msg("looked at sealed personal data"),
	"POST /bank-layouts":                      piecework.Msg("added a bank's layout"),
	"POST /bank-layouts/:banklayout":          piecework.Msg("changed a bank's layout"),
	"POST /runs/:run/bank":                    piecework.Msg("made a bank file"),
	"POST /runs/:run/bank/paid":               piecework.Msg("marked a pay run as paid"),
	"POST /orders/:order/links":               piecework.Msg("made a link for a contractor"),
	"POST /links/:link/revoke":                piecework.Msg("revoked a contractor's link"),
	"POST /rates/:rate/arrears":               piecework.Msg("paid the arrears of a rate"),
	"POST /statements/:statement/confirm":     piecework.Msg("confirmed a statement"),
	"GET /runs/:run/export":                   piecework.Msg("took out a pay run"),
	"GET /statements/:statement/export":       piecework.Msg("took out a statement"),
}

// ownBooks begin the paths of changes that are written down elsewhere, with who and when, or that change nothing for anybody else. Every other
// change by somebody who is signed in is in the audit trail, if only by its path.
var ownBooks = []string{"/signin", "/signout", "/lang", "/workshop", "/notices", "/scan", "/sessions", "/takehomes", "/tallies/:tally/undo", "/api/", "/account/second", "/account/link/"}

// trail notes a request that did what the table says and the audit trail is about.
func (s *Server) trail(c echo.Context, r route) {
	if c.Response().Status >= 400 {
		return
	}
	action, ok := audited[r.method+" "+r.path]
	if !ok {
		if r.method != post || !visitOf(c).signedIn() || slices.ContainsFunc(ownBooks, func(path string) bool { return strings.HasPrefix(r.path+"/", strings.TrimSuffix(path, "/")+"/") }) {
			return
		}
		action = otherwise
		if v := visitOf(c); v.detail == "" {
			v.detail = r.path
		}
	}
	if v := visitOf(c); v.action != nil {
		action = v.action
	}
	kind, id := "", int64(0)
	for _, name := range c.ParamNames() {
		if !freeParams[name] {
			kind, id = name, paramID(c, name)
		}
	}
	s.note(c, action, kind, id, visitOf(c).detail)
}

// note writes a line of the audit trail about who asks. What was done stays done even when the line cannot be written; the log says so then.
func (s *Server) note(c echo.Context, action *piecework.Message, kind string, id int64, detail string) {
	who := visitOf(c).who
	err := account.Note(c.Request().Context(), s.DB, account.Entry{UserID: who.UserID, DoneBy: who.Name, Role: who.Role, Action: action.Format, Kind: kind, ThingID: id,
		Detail: detail, WorkshopID: who.WorkshopID, Address: network(c.RealIP()), RequestID: requestID(c)})
	if err != nil {
		s.Logger.Error("audit trail", "id", requestID(c), "err", err)
		return
	}
	s.Logger.Info("audit", "id", requestID(c), "user", who.UserID, "role", who.Role, "action", action.Format, "kind", kind, "thing", id)
}

type auditPage struct {
	Query, From, To string
	Zone            *time.Location
	List            piecework.Page[account.Entry]
	lang            string
}

// audit shows who did what, the latest first.
func (s *Server) audit(c echo.Context) error {
	f := s.filter(c)
	f.WorkerID, f.ContractorID = 0, 0
	list, err := account.Entries(c.Request().Context(), s.DB, f)
	if err != nil {
		return err
	}
	return s.pageOfDays(c, "audit/list", &auditPage{f.Query, c.QueryParam("from"), c.QueryParam("to"), s.zone(c), list, visitOf(c).lang})
}

// Did is what an entry says was done, in the visitor's language.
func (p *auditPage) Did(e account.Entry) string {
	return inWords(p.lang, &piecework.Message{Format: e.Action})
}

// Href leads to the thing of an entry, "" when it has no page.
func (p *auditPage) Href(e account.Entry) string {
	switch e.Kind {
	case "user", "worker", "workshop", "rate", "run", "slip", "order":
		return fmt.Sprintf("/%ss/%d", e.Kind, e.ThingID)
	case "delivery":
		return deliveryPath(e.ThingID)
	case "tally":
		return fmt.Sprintf("/tallies/%d", e.ThingID)
	}
	return ""
}

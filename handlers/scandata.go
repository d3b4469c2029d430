package handlers

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"net/http"
	"strings"

	"github.com/labstack/echo/v4"

	"jijian/piecework"
	"jijian/templates"
)

// scanCopy is what a device keeps to count without a network. Codes name things as in the interface for programs.
type scanCopy struct {
	Session   string         `json:"session"` // to count in; "" when none is open
	Today     piecework.Date `json:"today"`   // its day, which the totals are of
	Workshop  scanWorkshop   `json:"workshop"`
	Workshops []scanNamed    `json:"workshops,omitempty"` // to choose from, for those who see several
	Now       string         `json:"now"`
	Recorder  string         `json:"recorder"`
	Sessions  []scanSession  `json:"sessions"`
	Workers   []scanWorker   `json:"workers"`
	Orders    []scanOrder    `json:"orders"`
	Tickets   []scanTicket   `json:"tickets"`
	Split     []string       `json:"split,omitempty"` // codes of tickets that newer ones took the place of
	TakeHomes []scanTakeHome `json:"takehomes"`
}

type scanNamed struct {
	Code string `json:"code"`
	Name string `json:"name"`
}

type scanWorkshop struct {
	scanNamed
	RepeatSeconds int `json:"repeat_seconds"`
	RepeatMinutes int `json:"repeat_minutes"`
}

type scanSession struct {
	ID       int64          `json:"id"` // for the addresses of its pages
	Code     string         `json:"code"`
	Date     piecework.Date `json:"date"`
	StartsAt string         `json:"starts_at"`
	EndsAt   string         `json:"ends_at"`
	Open     bool           `json:"open"`
	Badge    string         `json:"badge,omitempty"` // the code on its sheet
}

type scanWorker struct {
	scanNamed
	Initials string   `json:"initials"` // see templates.Initials
	Badges   []string `json:"badges"`
	Replaced []string `json:"replaced,omitempty"` // badges that a newer one took the place of
	Team     bool     `json:"team,omitempty"`
	Members  []string `json:"members,omitempty"` // of a team, their codes
	Share    string   `json:"share_weight"`      // in a team, unless said otherwise
	Today    scanSum  `json:"today"`
}

type scanSum struct {
	Pieces int64 `json:"pieces"` // good ones
}

type scanOrder struct {
	Code       string          `json:"code"`
	Product    string          `json:"product"` // its name
	Quantity   int64           `json:"quantity"`
	Operations []scanOperation `json:"operations"`
}

type scanOperation struct {
	scanNamed
	Seq    int   `json:"seq"`
	Done   int64 `json:"done"`              // good pieces
	UnitUG int64 `json:"unit_ug,omitempty"` // weight of a piece in micrograms
}

type scanTicket struct {
	Code       string   `json:"code"`
	Order      string   `json:"order"`
	Number     int64    `json:"number"` // in the order
	Quantity   int64    `json:"quantity"`
	Operations []string `json:"operations"` // covered
	Credited   []string `json:"credited"`
}

type scanTakeHome struct {
	Code      string         `json:"code"` // "" when no slip was printed
	Worker    string         `json:"worker"`
	Order     string         `json:"order"`
	Operation string         `json:"operation"`
	Quantity  int64          `json:"quantity"`
	Returned  int64          `json:"returned"`
	DueOn     piecework.Date `json:"due_on"`
}

// scanData answers the copy for the device. It is kept only where the scan page puts it, so that signing out can remove it; the
// tag is of the content without the moment, so that a copy that is still right costs nothing.
func (s *Server) scanData(c echo.Context) error {
	ctx, v := c.Request().Context(), visitOf(c)
	list, err := piecework.Workshops(ctx, s.DB, v.who.WorkshopID)
	if err != nil {
		return err
	}
	if v.workshops != nil {
		list = v.workshops
	}
	w := chosenWorkshop(list, c.QueryParam("workshop"))
	if c.QueryParam("workshop") == "" && v.workshops != nil {
		w, err = piecework.WorkshopByID(ctx, s.DB, v.who.WorkshopID)
		if err != nil {
			return err
		}
	}
	if w == nil {
		return piecework.NotFound("There is no workshop %q.", printable(c.QueryParam("workshop")))
	}
	b, err := piecework.BenchOf(ctx, s.DB, w.ID, printable(c.QueryParam("session")))
	if err != nil {
		return err
	}
	data := copyOf(b)
	data.Recorder = v.who.Name
	if len(list) > 1 {
		for _, w := range list {
			data.Workshops = append(data.Workshops, scanNamed{w.Code, w.Name})
		}
	}
	body, err := json.Marshal(data)
	if err != nil {
		return err
	}
	sum := sha256.Sum256(body)
	tag := `"` + hex.EncodeToString(sum[:12]) + `"`
	h := c.Response().Header()
	h.Set("Cache-Control", "no-store")
	h.Set("ETag", tag)
	if strings.Contains(c.Request().Header.Get("If-None-Match"), tag) {
		return c.NoContent(http.StatusNotModified)
	}
	data.Now = piecework.Now().String()
	return c.JSON(http.StatusOK, data)
}

// chosenWorkshop is the workshop with that code, or the first one when the code is "".
func chosenWorkshop(list []piecework.Workshop, code string) *piecework.Workshop {
	for i := range list {
		if code == "" || list[i].Code == code {
			return &list[i]
		}
	}
	return nil
}

// copyOf puts a bench into the words of the interface. Lists are never null.
func copyOf(b *piecework.Bench) *scanCopy {
	d := &scanCopy{Workshop: scanWorkshop{scanNamed{b.Workshop.Code, b.Workshop.Name}, b.Workshop.RepeatSeconds, b.Workshop.RepeatMinutes},
		Sessions: []scanSession{}, Workers: []scanWorker{}, TakeHomes: []scanTakeHome{}}
	if b.Session != nil {
		d.Session, d.Today = b.Session.Code, b.Session.WorkDate
	}
	valid, replaced := map[thing][]string{}, map[thing][]string{}
	for _, c := range b.Codes {
		into := valid
		if c.Replaced() {
			into = replaced
		}
		of := thing{c.Kind, c.TargetID}
		into[of] = append(into[of], c.Code().String())
	}
	for _, ws := range b.Sessions {
		row := scanSession{ID: ws.ID, Code: ws.Code, Date: ws.WorkDate, StartsAt: ws.StartsAt, EndsAt: ws.EndsAt, Open: ws.Open()}
		if codes := valid[thing{piecework.SessionCode, ws.ID}]; len(codes) > 0 {
			row.Badge = codes[0]
		}
		d.Sessions = append(d.Sessions, row)
	}
	today := map[int64]int64{}
	for _, e := range b.Today {
		today[e.WorkerID] = e.Good
	}
	for _, w := range b.Crew {
		badge := thing{piecework.WorkerBadge, w.ID}
		if w.Team {
			badge.kind = piecework.TeamBadge
		}
		row := scanWorker{scanNamed: scanNamed{w.Code, w.Name}, Initials: templates.Initials(w.Name), Badges: append([]string{}, valid[badge]...),
			Replaced: replaced[badge], Team: w.Team, Share: piecework.Millionths(w.ShareWeight).Decimal().String(), Today: scanSum{today[w.ID]}}
		for _, m := range b.Members[w.ID] {
			row.Members = append(row.Members, m.Worker.Code)
		}
		d.Workers = append(d.Workers, row)
	}
	d.Orders, d.Tickets = copyOfOrders(b)
	for _, t := range b.Split {
		d.Split = append(d.Split, t.Code().String())
	}
	for _, th := range b.TakeHomes {
		row := scanTakeHome{Worker: th.Worker.Code, Order: th.Order.Code, Operation: th.Operation.Code, Quantity: th.Quantity, Returned: th.CameIn, DueOn: th.DueOn}
		if codes := valid[thing{piecework.TakeHomeCode, th.ID}]; len(codes) > 0 {
			row.Code = codes[0]
		}
		d.TakeHomes = append(d.TakeHomes, row)
	}
	return d
}

// thing is what a code was given to.
type thing struct {
	kind piecework.CodeKind
	id   int64
}

// copyOfOrders are the open orders with what is done of them, and their tickets.
func copyOfOrders(b *piecework.Bench) (orders []scanOrder, tickets []scanTicket) {
	orders, tickets = []scanOrder{}, []scanTicket{}
	type place struct{ order, operation int64 }
	done, credited := map[place]int64{}, map[string][]int64{}
	for _, p := range b.Progress {
		done[place{p.OrderID, p.OperationID}] = p.Good
	}
	for _, c := range b.Credits {
		credited[c.Ticket] = append(credited[c.Ticket], c.OperationID)
	}
	byID, codes := map[int64]*piecework.ProcessingOrder{}, map[int64]string{}
	for i, o := range b.Orders {
		byID[o.ID] = &b.Orders[i]
		order := scanOrder{Code: o.Code, Product: o.Product.Name, Quantity: o.Quantity, Operations: []scanOperation{}}
		for _, op := range o.Product.Operations {
			codes[op.ID] = op.Code
			order.Operations = append(order.Operations, scanOperation{scanNamed{op.Code, op.Name}, op.Seq, done[place{o.ID, op.ID}], op.UnitUG})
		}
		orders = append(orders, order)
	}
	for _, t := range b.Tickets {
		of := byID[t.OrderID]
		row := scanTicket{Code: t.Code().String(), Order: of.Code, Number: t.Number, Quantity: t.Quantity, Operations: []string{}, Credited: []string{}}
		for _, op := range t.CoveredOf(of.Product.Operations) {
			row.Operations = append(row.Operations, op.Code)
		}
		for _, id := range credited[row.Code] {
			row.Credited = append(row.Credited, codes[id])
		}
		tickets = append(tickets, row)
	}
	return orders, tickets
}

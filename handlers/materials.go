package handlers

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/labstack/echo/v4"

	"jijian/piecework"
	"jijian/templates"
)

type orderMaterials struct {
	Order      *piecework.ProcessingOrder
	Uses       []piecework.Use
	List       piecework.Page[piecework.Movement]
	Form       values
	Need       bool // the form that failed is the one for what a piece needs
	Materials  []templates.Option
	Operations []templates.Option
	Kinds      []templates.Option
	Places     []templates.Option
	Workers    []templates.Option
	Charges    []materialCharge
	Names      map[piecework.MovementKind]string // kinds in words
}

// movementNames are the kinds of movements in words.
var movementNames = map[piecework.MovementKind]*piecework.Message{
	piecework.Receipt: piecework.Msg("Material received"), piecework.SentBack: piecework.Msg("Material sent back"), piecework.Issue: piecework.Msg("Material issued"),
	piecework.BroughtBack: piecework.Msg("Material brought back"), piecework.Stocktake: piecework.Msg("Stock counted"),
}

// materialsShow shows what material of an order is here, used and lost, and what happened to it.
func (s *Server) materialsShow(c echo.Context) error {
	return s.showMaterials(c, nil, values{"date": string(s.today(c)), "kind": string(piecework.Receipt)}, false)
}

func (s *Server) showMaterials(c echo.Context, wrong error, typed values, need bool) error {
	ctx, v := c.Request().Context(), visitOf(c)
	o, err := piecework.OrderByID(ctx, s.DB, paramID(c, "order"))
	if err != nil {
		return err
	}
	p := orderMaterials{Order: o, Form: typed, Need: need}
	if p.Uses, err = piecework.MaterialUse(ctx, s.DB, o); err != nil {
		return err
	}
	f := s.filter(c)
	f.OrderID, f.WorkshopID = o.ID, 0
	if p.List, err = piecework.Movements(ctx, s.DB, f); err != nil {
		return err
	}
	if p.Materials, err = s.choices(ctx, (*piecework.Material)(nil)); err != nil {
		return err
	}
	p.Operations = operationChoices(o.Product)
	p.Names = map[piecework.MovementKind]string{}
	for _, k := range piecework.MovementKinds {
		p.Names[k] = inWords(v.lang, movementNames[k])
		p.Kinds = append(p.Kinds, templates.Option{Value: string(k), Text: p.Names[k]})
	}
	if err := s.materialPlaces(c, &p); err != nil {
		return err
	}
	if p.Charges, err = s.materialCharges(c, o); err != nil {
		return err
	}
	if wrong != nil {
		return s.again(c, wrong, "orders/materials", p)
	}
	return s.page(c, "orders/materials", p)
}

func operationChoices(p *piecework.Product) []templates.Option {
	options := make([]templates.Option, len(p.Operations))
	for i, op := range p.Operations {
		options[i] = option(op.ID, op.Name)
	}
	return options
}

// materialPlaces fills in where material can be issued to: open sessions, lots that are at home, and places that have some already.
func (s *Server) materialPlaces(c echo.Context, p *orderMaterials) error {
	ctx, v, today := c.Request().Context(), visitOf(c), s.today(c)
	sessions, err := piecework.Sessions(ctx, s.DB, piecework.Filter{WorkshopID: p.Order.WorkshopID, Status: "open"})
	if err != nil {
		return err
	}
	add := func(value, text string) {
		if !slices.ContainsFunc(p.Places, func(o templates.Option) bool { return o.Value == value }) {
			p.Places = append(p.Places, templates.Option{Value: value, Text: text})
		}
	}
	for _, at := range sessions.Items {
		add(fmt.Sprintf("s%d", at.ID), v.says("Session %s", at.Code))
	}
	lots, err := piecework.TakeHomes(ctx, s.DB, piecework.Filter{OrderID: p.Order.ID, Status: "out"}, today)
	if err != nil {
		return err
	}
	for _, th := range lots.Items {
		add(fmt.Sprintf("h%d", th.ID), v.says("At home with %s: %d × %s", th.Worker.Name, th.Quantity, th.Operation.Name))
	}
	for _, u := range p.Uses {
		for _, at := range u.Places {
			switch {
			case at.TakeHomeID != 0 && at.Worker != nil:
				add(fmt.Sprintf("h%d", at.TakeHomeID), v.says("Lot %v, with %s", at.TakeHomeID, at.Worker.Name))
			case at.Session != nil:
				add(fmt.Sprintf("s%d", at.SessionID), v.says("Session %s", at.Session.Code))
			}
		}
	}
	crew, err := piecework.Crew(ctx, s.DB, p.Order.WorkshopID)
	for _, w := range crew {
		if !w.Team {
			p.Workers = append(p.Workers, option(w.ID, w.Name+" · "+w.Code))
		}
	}
	return err
}

// measure is a quantity of material; an empty field is wrong.
func (f *form) measure(field string) piecework.Measure {
	m, msg := piecework.ParseMeasure(f.text(field))
	f.need(field, msg)
	return m
}

// materialMove records that material was received, issued, brought back, counted or sent back.
func (s *Server) materialMove(c echo.Context) error {
	f, id := readForm(c), paramID(c, "order")
	m := &piecework.Movement{OrderID: id, MaterialID: f.number("material"), Kind: piecework.MovementKind(f.text("kind")), MovedOn: f.date("date"),
		Document: f.text("document"), Note: f.text("note"), RecordedBy: visitOf(c).who.Name}
	m.Quantity = f.measure("quantity")
	if f.has("unit_cost") {
		m.UnitCost = f.rate("unit_cost")
	}
	if m.Kind == piecework.Stocktake {
		m.Counted, m.Quantity = m.Quantity, 0
	}
	if m.Kind == piecework.Issue || m.Kind == piecework.BroughtBack {
		f.place(s, m)
	}
	err := f.and(nil)
	if err == nil {
		err = piecework.Move(c.Request().Context(), s.DB, m)
	}
	if err != nil {
		return s.showMaterials(c, err, f.values(), false)
	}
	return s.doneUndo(c, materialsPath(id), fmt.Sprintf("%s/%d/strike", materialsPath(id), m.ID), "It is in the books: %s.", movementNames[m.Kind])
}

// place reads where material is issued to or comes from, which the person must see.
func (f *form) place(s *Server, m *piecework.Movement) {
	to := f.text("to")
	kind, at := "", &m.SessionID
	switch {
	case strings.HasPrefix(to, "s"):
		kind = "session"
	case strings.HasPrefix(to, "h"):
		kind, at = "takehome", &m.TakeHomeID
	default:
		f.invalid.Add("to", "choose one session or one lot of take-home work")
		return
	}
	id, err := strconv.ParseInt(to[1:], 10, 64)
	if err != nil || visitOf(f.c).who.May(f.c.Request().Context(), s.DB, kind, id) != nil {
		f.invalid.Add("to", "choose one session or one lot of take-home work")
		return
	}
	*at = id
	if kind == "session" {
		m.WorkerID = f.id(s, "worker", "worker")
	}
}

func materialsPath(order int64) string { return orderPath(order) + "/materials" }

// movementStrike strikes a movement of material.
func (s *Server) movementStrike(c echo.Context) error {
	f, id := readForm(c), paramID(c, "order")
	reason := f.text("reason")
	if reason == "" {
		reason = visitOf(c).says("Undone at once")
	}
	if err := piecework.ReverseMovement(c.Request().Context(), s.DB, paramID(c, "movement"), reason, visitOf(c).who.Name); err != nil {
		return err
	}
	return s.done(c, materialsPath(id), "The movement is struck: it counts no more.")
}

// readNeed reads what a piece needs of a material, which may be a new one.
func (s *Server) readNeed(f *form) (piecework.Need, error) {
	n := piecework.Need{MaterialID: f.number("material"), OperationID: f.number("operation"), Own: f.text("supplied") == "own"}
	if f.text("per_piece") != "0" {
		n.PerPiece = f.measure("per_piece")
	}
	if f.text("unit_cost") != "" {
		n.UnitCost = f.rate("unit_cost")
	}
	if f.text("new_name") == "" || n.MaterialID != 0 || len(f.invalid.Fields) > 0 {
		return n, f.and(nil)
	}
	ctx := f.c.Request().Context()
	code, err := piecework.NextCode(ctx, s.DB, (*piecework.Material)(nil), 0, "M-001")
	m := &piecework.Material{Code: code, Name: f.text("new_name"), Unit: f.text("unit")}
	if err == nil {
		err = piecework.SaveMaterial(ctx, s.DB, m)
	}
	n.MaterialID = m.ID
	return n, f.and(err)
}

// orderNeedSet says what a piece of an order needs of a material; 0 takes the material off.
func (s *Server) orderNeedSet(c echo.Context) error {
	f, id := readForm(c), paramID(c, "order")
	n, err := s.readNeed(f)
	if err == nil {
		err = piecework.SetOrderMaterial(c.Request().Context(), s.DB, id, n)
	}
	if err != nil {
		return s.showMaterials(c, err, f.values(), true)
	}
	return s.done(c, materialsPath(id), "What a piece needs is saved.")
}

type productMaterials struct {
	Product    *piecework.Product
	List       []piecework.ProductMaterial
	Form       values
	Materials  []templates.Option
	Operations []templates.Option
}

// productMaterialsShow shows what a piece of a product needs; every order of it starts with that.
func (s *Server) productMaterialsShow(c echo.Context) error {
	return s.showProductMaterials(c, nil, values{})
}

func (s *Server) showProductMaterials(c echo.Context, wrong error, typed values) error {
	ctx := c.Request().Context()
	product, err := piecework.ProductByID(ctx, s.DB, paramID(c, "product"))
	if err != nil {
		return err
	}
	p := productMaterials{Product: product, Form: typed, Operations: operationChoices(product)}
	if p.List, err = piecework.ProductMaterials(ctx, s.DB, product.ID); err != nil {
		return err
	}
	if p.Materials, err = s.choices(ctx, (*piecework.Material)(nil)); err != nil {
		return err
	}
	if wrong != nil {
		return s.again(c, wrong, "products/materials", p)
	}
	return s.page(c, "products/materials", p)
}

// productNeedSet says what a piece of a product needs of a material; 0 takes the material off.
func (s *Server) productNeedSet(c echo.Context) error {
	f, id := readForm(c), paramID(c, "product")
	n, err := s.readNeed(f)
	if err == nil {
		err = piecework.SetProductMaterial(c.Request().Context(), s.DB, id, n)
	}
	if err != nil {
		return s.showProductMaterials(c, err, f.values())
	}
	return s.done(c, fmt.Sprintf("/products/%d/materials", id), "What a piece needs is saved.")
}

package handlers

import (
	"fmt"
	"strconv"

	"github.com/labstack/echo/v4"

	"jijian/piecework"
	"jijian/templates"
)

type productList struct {
	Query  string
	List   piecework.Page[piecework.Product]
	Crafts map[string]string // in words
}

// products lists products with their routings.
func (s *Server) products(c echo.Context) error {
	f := s.filter(c)
	list, err := piecework.Products(c.Request().Context(), s.DB, f)
	if err != nil {
		return err
	}
	p := productList{f.Query, list, map[string]string{}}
	for craft, name := range craftNames {
		p.Crafts[craft] = inWords(visitOf(c).lang, name)
	}
	return s.page(c, "products/list", p)
}

type productForm struct {
	ID     int64 // 0: a new one
	Form   values
	Crafts []templates.Option
}

// craftNames are the crafts in words, by [piecework.Crafts].
var craftNames = map[string]*piecework.Message{
	"artificial_flower": piecework.Msg("Artificial flowers"), "eyelash": piecework.Msg("Eyelashes"), "earring": piecework.Msg("Earrings"),
	"peachwood": piecework.Msg("Peachwood"), "other": piecework.Msg("Other"),
}

// productForm shows the form of a product, with what is wrong in it if wrong is not nil.
func (s *Server) productForm(c echo.Context, wrong error, id int64, typed values) error {
	p := productForm{ID: id, Form: typed}
	for _, craft := range piecework.Crafts {
		p.Crafts = append(p.Crafts, templates.Option{Value: craft, Text: inWords(visitOf(c).lang, craftNames[craft])})
	}
	if wrong != nil {
		return s.again(c, wrong, "products/form", p)
	}
	return s.page(c, "products/form", p)
}

// productNew asks for a new product.
func (s *Server) productNew(c echo.Context) error {
	code, err := piecework.NextCode(c.Request().Context(), s.DB, (*piecework.Product)(nil), 0, "P-001")
	if err != nil {
		return err
	}
	return s.productForm(c, nil, 0, values{"code": code})
}

// productCreate adds a product and goes on to its routing.
func (s *Server) productCreate(c echo.Context) error {
	f := readForm(c)
	p := &piecework.Product{Code: f.text("code"), Name: f.text("name"), Craft: f.text("craft")}
	if err := piecework.SaveProduct(c.Request().Context(), s.DB, p); err != nil {
		return s.productForm(c, err, 0, f.values())
	}
	return s.done(c, productPath(p.ID), "Product %s was added. Next come its operations.", p.Name)
}

func productPath(id int64) string { return fmt.Sprintf("/products/%d", id) }

type productShow struct {
	Product *piecework.Product
	Craft   string // in words
	Routing []routingStep
	Form    values // of the operation to be added
}

// routingStep is an operation with the rate for every order that applies today.
type routingStep struct {
	piecework.Operation
	Rate    piecework.Rate
	HasRate bool
}

// productShow shows a product and its routing, and asks for one more operation.
func (s *Server) productShow(c echo.Context) error {
	return s.showProduct(c, nil, nil)
}

// showProduct shows the product in the path. Without typed values it suggests those of the next operation.
func (s *Server) showProduct(c echo.Context, wrong error, typed values) error {
	ctx := c.Request().Context()
	p := productShow{Form: typed}
	var err error
	if p.Product, err = piecework.ProductByID(ctx, s.DB, paramID(c, "product")); err != nil {
		return err
	}
	p.Craft = inWords(visitOf(c).lang, craftNames[p.Product.Craft])
	rates, err := piecework.LoadRates(ctx, s.DB, visitOf(c).who.WorkshopID)
	if err != nil {
		return err
	}
	next, today := 10, s.today(c) // tens leave room for what is put between later
	for _, op := range p.Product.Operations {
		step := routingStep{Operation: op}
		step.Rate, step.HasRate = rates.On(0, op.ID, today)
		p.Routing = append(p.Routing, step)
		next = op.Seq/10*10 + 10
	}
	if typed == nil {
		p.Form = values{"seq": strconv.Itoa(next)}
	}
	if wrong != nil {
		return s.again(c, wrong, "products/show", p)
	}
	return s.page(c, "products/show", p)
}

// productEdit shows name and craft of a product to be changed.
func (s *Server) productEdit(c echo.Context) error {
	p, err := piecework.ProductByID(c.Request().Context(), s.DB, paramID(c, "product"))
	if err != nil {
		return err
	}
	return s.productForm(c, nil, p.ID, values{"code": p.Code, "name": p.Name, "craft": p.Craft})
}

// productSave changes name and craft of a product; the code stays.
func (s *Server) productSave(c echo.Context) error {
	ctx := c.Request().Context()
	p, err := piecework.ProductByID(ctx, s.DB, paramID(c, "product"))
	if err != nil {
		return err
	}
	f := readForm(c)
	p.Name, p.Craft = f.text("name"), f.text("craft")
	if err := piecework.SaveProduct(ctx, s.DB, p); err != nil {
		typed := f.values()
		typed["code"] = p.Code
		return s.productForm(c, err, p.ID, typed)
	}
	return s.done(c, productPath(p.ID), "What you changed about %s is saved.", p.Name)
}

// operationCreate adds an operation to the routing of a product.
func (s *Server) operationCreate(c echo.Context) error {
	f := readForm(c)
	o := &piecework.Operation{ProductID: paramID(c, "product"), Code: f.text("code"), Name: f.text("name"), Seq: int(f.number("seq"))}
	err := f.and(o.Validate())
	if err == nil {
		err = piecework.SaveOperation(c.Request().Context(), s.DB, o)
	}
	if err != nil {
		return s.showProduct(c, err, f.values())
	}
	return s.done(c, productPath(o.ProductID), "Operation %s was added.", o.Name)
}

type operationForm struct {
	Operation *piecework.Operation
	Form      values
}

// operationEdit shows name, place and believable speed of an operation to be changed.
func (s *Server) operationEdit(c echo.Context) error {
	o, err := piecework.OperationByID(c.Request().Context(), s.DB, paramID(c, "operation"))
	if err != nil {
		return err
	}
	typed := values{"name": o.Name, "seq": strconv.Itoa(o.Seq), "unit_weight": unitWeight(o)}
	if o.MaxPerHour != 0 {
		typed["max_per_hour"] = strconv.FormatInt(o.MaxPerHour, 10)
	}
	return s.page(c, "operations/form", operationForm{o, typed})
}

// unitWeight is the weight of one piece as the form shows it, "" when it is not set.
func unitWeight(o *piecework.Operation) string {
	if o.UnitUG == 0 {
		return ""
	}
	return piecework.Weighing{UnitUG: o.UnitUG}.Unit()
}

// operationSave changes name, place, believable speed and unit weight of an operation; the code stays.
func (s *Server) operationSave(c echo.Context) error {
	ctx := c.Request().Context()
	o, err := piecework.OperationByID(ctx, s.DB, paramID(c, "operation"))
	if err != nil {
		return err
	}
	f := readForm(c)
	o.Name, o.Seq, o.MaxPerHour, o.UnitUG = f.text("name"), int(f.number("seq")), f.number("max_per_hour"), 0
	if unit := f.text("unit_weight"); unit != "" {
		o.UnitUG = f.grams("unit_weight", unit, 6)
	}
	if err = f.and(o.Validate()); err == nil {
		err = piecework.SaveOperation(ctx, s.DB, o)
	}
	if err != nil {
		return s.again(c, err, "operations/form", operationForm{o, f.values()})
	}
	return s.done(c, productPath(o.ProductID), "What you changed about %s is saved.", o.Name)
}

package handlers

import (
	"errors"
	"time"

	"github.com/labstack/echo/v4"

	"jijian/piecework"
	"jijian/templates"
)

// robotNames are whose groups robots speak in, in words.
var robotNames = map[piecework.RobotKind]*piecework.Message{
	piecework.WeCom: piecework.Msg("WeCom"), piecework.DingTalk: piecework.Msg("DingTalk"), piecework.Feishu: piecework.Msg("Feishu"),
}

// robotPage lists the robots of chat groups and asks for another.
type robotPage struct {
	List      []piecework.Robot
	Kinds     map[piecework.RobotKind]string
	Choices   []templates.Option
	Workshops []templates.Option
	Langs     []templates.Option
	Form      values
	Zone      *time.Location
	Locked    string // why addresses cannot be read, "" when they can
	lang      string
}

// Wrong is why a message did not arrive, in the visitor's language.
func (p *robotPage) Wrong(sent *piecework.Parcel) string { return inWords(p.lang, sent.Problem()) }

// robots lists the robots of chat groups.
func (s *Server) robots(c echo.Context) error { return s.robotPage(c, nil, values{}) }

func (s *Server) robotPage(c echo.Context, wrong error, typed values) error {
	v := visitOf(c)
	p := &robotPage{lang: v.lang, Form: typed, Zone: s.zone(c), Kinds: map[piecework.RobotKind]string{}, Langs: []templates.Option{{Value: "zh", Text: "中文"}, {Value: "en", Text: "English"}}}
	for _, kind := range piecework.RobotKinds {
		p.Kinds[kind] = inWords(v.lang, robotNames[kind])
		p.Choices = append(p.Choices, templates.Option{Value: string(kind), Text: p.Kinds[kind]})
	}
	var err error
	if p.List, err = piecework.Robots(c.Request().Context(), s.DB, v.who.WorkshopID); err != nil {
		return err
	}
	for i := range p.List {
		var problem *piecework.Problem
		if err := p.List[i].Open(s.Keys); errors.As(err, &problem) {
			p.Locked = inWords(v.lang, &problem.Message)
		} else if err != nil {
			return err
		}
	}
	if !s.Keys.Usable() {
		p.Locked = inWords(v.lang, piecework.NoKey)
	}
	if p.Workshops, err = s.workshops(c); err != nil {
		return err
	}
	if wrong != nil {
		return s.again(c, wrong, "robots/list", p)
	}
	return s.page(c, "robots/list", p)
}

// robotCreate adds a robot.
func (s *Server) robotCreate(c echo.Context) error {
	f, v := readForm(c), visitOf(c)
	r := &piecework.Robot{Name: f.text("name"), Kind: piecework.RobotKind(f.text("kind")), URL: f.text("url"), Secret: f.text("secret"), Lang: templates.Known(f.text("lang")),
		AddedBy: v.who.Name, WorkshopID: v.who.WorkshopID}
	if f.text("workshop") != "" {
		r.WorkshopID = f.id(s, "workshop", "workshop")
	}
	f.invalid.AddMsg("url", s.courier.Allow.Check(r.URL))
	err := f.and(r.Validate())
	if err == nil {
		err = piecework.AddRobot(c.Request().Context(), s.DB, s.Keys, r)
	}
	if err != nil {
		return s.robotPage(c, err, f.values())
	}
	return s.done(c, "/robots", "%s is added. Send a test message now.", r.Name)
}

// robotTry sends a message through a robot to see whether it arrives.
func (s *Server) robotTry(c echo.Context) error {
	r, err := piecework.RobotByID(c.Request().Context(), s.DB, paramID(c, "robot"))
	if err != nil {
		return err
	}
	text := inWords(r.Lang, piecework.Msg("This is a test message. Sessions, slips and answers will be told here."))
	if problem := s.courier.Try(c.Request().Context(), r, text); problem != nil {
		return s.robotPage(c, piecework.Conflict("The message through %s did not arrive: %s. Compare address and secret with what the group shows.", r.Name, problem), values{})
	}
	return s.done(c, "/robots", "The message through %s has arrived. Look into the group.", r.Name)
}

// robotRemove ends messages through a robot.
func (s *Server) robotRemove(c echo.Context) error {
	if err := piecework.RemoveRobot(c.Request().Context(), s.DB, paramID(c, "robot")); err != nil {
		return err
	}
	return s.done(c, "/robots", "The robot is removed. Its group is told nothing more.")
}

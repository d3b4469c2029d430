package handlers

import (
	"fmt"
	"time"

	"github.com/labstack/echo/v4"

	"jijian/piecework"
	"jijian/piecework/account"
)

type questionList struct {
	Status, Query string
	Own           bool // the person is the contractor
	Zone          *time.Location
	Order         *piecework.ProcessingOrder // about which a question can be put here; nil: none was chosen
	Form          values
	Open          int64 // the question whose answer was wrong
	List          piecework.Page[piecework.Question]
}

// questions lists what contractors asked, those that wait first.
func (s *Server) questions(c echo.Context) error {
	return s.showQuestions(c, nil, questionList{Form: values{}})
}

func (s *Server) showQuestions(c echo.Context, wrong error, p questionList) error {
	ctx, f := c.Request().Context(), s.filter(c)
	p.Status, p.Query, p.Own, p.Zone = f.Status, f.Query, visitOf(c).who.Role == account.Contractor, s.zone(c)
	var err error
	if p.Order == nil {
		if p.Order, err = s.onlyOrder(c, f); err != nil {
			return err
		}
	}
	if p.Order != nil {
		f.OrderID = p.Order.ID
	}
	if p.List, err = piecework.Questions(ctx, s.DB, f); err != nil {
		return err
	}
	if wrong != nil {
		return s.again(c, wrong, "questions/list", p)
	}
	return s.page(c, "questions/list", p)
}

// questionAsk puts a question of the contractor about an order.
func (s *Server) questionAsk(c echo.Context) error {
	ctx, f := c.Request().Context(), readForm(c)
	q := &piecework.Question{OrderID: paramID(c, "order"), Question: f.text("question"), AskedBy: visitOf(c).who.Name}
	if err := piecework.Ask(ctx, s.DB, q); err != nil {
		o, missing := piecework.OrderByID(ctx, s.DB, q.OrderID)
		if missing != nil {
			return missing
		}
		return s.showQuestions(c, err, questionList{Order: o, Form: f.values()})
	}
	return s.done(c, fmt.Sprintf("/questions?order=%d", q.OrderID), "Your question is with the workshop. The answer will stand here.")
}

// questionAnswer answers a question.
func (s *Server) questionAnswer(c echo.Context) error {
	ctx, f, id := c.Request().Context(), readForm(c), paramID(c, "question")
	q, err := piecework.QuestionByID(ctx, s.DB, id)
	if err != nil {
		return err
	}
	if err := piecework.AnswerQuestion(ctx, s.DB, id, f.text("answer"), visitOf(c).who.Name); err != nil {
		return s.showQuestions(c, err, questionList{Form: f.values(), Open: id})
	}
	return s.done(c, fmt.Sprintf("/questions?order=%d", q.OrderID), "The question about order %s is answered.", q.Order.Code)
}

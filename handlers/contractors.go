package handlers

import (
	"github.com/labstack/echo/v4"

	"jijian/piecework"
)

type contractorList struct {
	Query string
	List  piecework.Page[piecework.Contractor]
}

// contractors lists contractors.
func (s *Server) contractors(c echo.Context) error {
	f := s.filter(c)
	list, err := piecework.Contractors(c.Request().Context(), s.DB, f)
	if err != nil {
		return err
	}
	return s.page(c, "contractors/list", contractorList{f.Query, list})
}

type contractorForm struct {
	ID   int64 // 0: a new one
	Form values
}

// contractorNew asks for a new contractor.
func (s *Server) contractorNew(c echo.Context) error {
	return s.page(c, "contractors/form", contractorForm{Form: values{}})
}

// contractorCreate adds a contractor.
func (s *Server) contractorCreate(c echo.Context) error {
	f := readForm(c)
	k := &piecework.Contractor{Code: f.text("code"), Name: f.text("name"), Phone: f.text("phone")}
	if err := piecework.SaveContractor(c.Request().Context(), s.DB, k); err != nil {
		return s.again(c, err, "contractors/form", contractorForm{Form: f.values()})
	}
	return s.done(c, "/contractors", "Contractor %s was added.", k.Name)
}

// contractorEdit shows a contractor to be changed.
func (s *Server) contractorEdit(c echo.Context) error {
	k, err := piecework.ContractorByID(c.Request().Context(), s.DB, paramID(c, "contractor"))
	if err != nil {
		return err
	}
	return s.page(c, "contractors/form", contractorForm{k.ID, values{"code": k.Code, "name": k.Name, "phone": k.Phone}})
}

// contractorSave changes name and phone of a contractor; the code stays.
func (s *Server) contractorSave(c echo.Context) error {
	ctx := c.Request().Context()
	k, err := piecework.ContractorByID(ctx, s.DB, paramID(c, "contractor"))
	if err != nil {
		return err
	}
	f := readForm(c)
	k.Name, k.Phone = f.text("name"), f.text("phone")
	if err := piecework.SaveContractor(ctx, s.DB, k); err != nil {
		return s.again(c, err, "contractors/form", contractorForm{k.ID, f.values()})
	}
	return s.done(c, "/contractors", "What you changed about %s is saved.", k.Name)
}

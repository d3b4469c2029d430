package handlers

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"strings"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humaecho"
	"github.com/labstack/echo/v4"

	"jijian/payroll"
	"jijian/piecework"
)

// operation is one call of the JSON interface.
type operation struct {
	register func(huma.API)
	// quick, where there is one, answers what it can before the operation is asked: it is false for what it leaves to it.
	quick func(echo.Context) (bool, error)
}

// call makes the line of the table for an operation of the JSON interface: f takes what huma reads into I and answers what it
// writes from O. A path names its parameters as pages do. The format is the sentence that describes the operation.
func call[I, O any](s *Server, method, path string, who may, format string, f func(context.Context, *I) (*O, error)) route {
	register := func(api huma.API) {
		op := huma.Operation{Method: method, Path: bracePath(path), OperationID: operationID(method, path), Summary: format,
			MaxBodyBytes: apiLimit, BodyReadTimeout: -1, SkipValidateBody: true,
			Security: []map[string][]string{{"token": {}}, {"session": {}}}, Errors: []int{401, 403, 422}}
		huma.Register(api, op, func(ctx context.Context, in *I) (*O, error) {
			out, err := f(ctx, in)
			if errors.Is(err, context.Canceled) && ctx.Err() != nil {
				err = echo.NewHTTPError(http.StatusRequestTimeout) // nobody waits for the answer any more: no fault of ours
			}
			if err != nil {
				return nil, &apiError{err}
			}
			return out, nil
		})
	}
	return route{method, path, who, nil, &operation{register: register}}
}

// quickly puts a shorter way before an operation.
func (r route) quickly(f func(echo.Context) (bool, error)) route {
	r.api.quick = f
	return r
}

// bracePath writes /runs/:run as /runs/{run}.
func bracePath(path string) string {
	parts := strings.Split(path, "/")
	for i, part := range parts {
		if name, ok := strings.CutPrefix(part, ":"); ok {
			parts[i] = "{" + name + "}"
		}
	}
	return strings.Join(parts, "/")
}

func operationID(method, path string) string {
	return strings.ToLower(method) + strings.NewReplacer("/api/v1", "", "/:", "-by-", "/", "-").Replace(path)
}

// apiError carries an error through huma to apiFault, which writes it as every other error is written.
type apiError struct{ error }

// GetStatus is the HTTP status.
func (e *apiError) GetStatus() int { return statusOf(e.error) }

// Unwrap is the error itself.
func (e *apiError) Unwrap() error { return e.error }

// ContentType is that of a problem document.
func (e *apiError) ContentType(string) string { return "application/problem+json" }

// What huma itself calls a fault of ours is a body that cannot be read to its end: our own faults come as an apiError.
func init() {
	usual := huma.NewErrorWithContext
	huma.NewErrorWithContext = func(ctx huma.Context, status int, msg string, errs ...error) huma.StatusError {
		if status == http.StatusInternalServerError {
			return &apiError{echo.NewHTTPError(http.StatusBadRequest).SetInternal(errors.Join(errs...))}
		}
		return usual(ctx, status, msg, errs...)
	}
}

// apiFault turns errors of operations into problem documents in the visitor's language.
func (s *Server) apiFault(ctx huma.Context, _ string, body any) (any, error) {
	e, ok := body.(*apiError)
	if !ok {
		return body, nil
	}
	c := humaecho.Unwrap(ctx)
	f := describe(c, e.error)
	if f.Status >= 500 {
		s.Logger.Error("request failed", "id", requestID(c), "err", e.error)
	}
	return problemOf(c, f, e.error), nil
}

// registerAPI puts the operations of the table into the router and describes them.
func (s *Server) registerAPI() error {
	config := huma.Config{OpenAPI: &huma.OpenAPI{OpenAPI: "3.1.0", Info: &huma.Info{Title: "Jijian", Version: s.Version, Description: apiAbout},
		Components: &huma.Components{Schemas: huma.NewMapRegistry("#/components/schemas/", huma.DefaultSchemaNamer),
			SecuritySchemes: map[string]*huma.SecurityScheme{
				"token":   {Type: "http", Scheme: "bearer", Description: "made by: jijian token --role lead --workshop CODE"},
				"session": {Type: "apiKey", In: "cookie", Name: sessionCookie, Description: "the signed-in browser, from our own pages"},
			}}},
		Formats: huma.DefaultFormats, DefaultFormat: "application/json", Transformers: []huma.Transformer{s.apiFault}}
	api := humaecho.New(s.echo, config)
	for _, r := range s.routes() {
		if r.api != nil {
			r.api.register(api)
		}
	}
	describeTallies(api.OpenAPI())
	data, err := json.MarshalIndent(api.OpenAPI(), "", "  ")
	if err != nil {
		return err
	}
	s.openAPI, s.docs = data, docsOf(api.OpenAPI())
	return nil
}

const apiAbout = "Counting pieces from other programs, and reading what was counted and paid. Amounts and rates are texts with all their digits, " +
	"never floating-point numbers; counts are whole numbers; dates are 2026-10-31; moments are RFC 3339. Errors are problem documents (RFC 9457)."

// openAPIShow is the description of the interface for programs, as OpenAPI 3.1.
func (s *Server) openAPIShow(c echo.Context) error {
	return c.Blob(http.StatusOK, "application/openapi+json", s.openAPI)
}

// listInput is how a list is narrowed.
type listInput struct {
	Query  string `query:"q" doc:"words to find in codes and names"`
	Page   int    `query:"page" minimum:"1" maximum:"1000000" default:"1" doc:"50 entries a page"`
	From   string `query:"from" format:"date" doc:"first date"`
	To     string `query:"to" format:"date" doc:"last date"`
	Status string `query:"status" doc:"narrows to one state, such as open"`
}

func (in *listInput) filter(ctx context.Context) piecework.Filter {
	return visitIn(ctx).who.Scope(piecework.Filter{Query: printable(in.Query), Page: in.Page,
		From: piecework.Date(in.From), To: piecework.Date(in.To), Status: printable(in.Status)})
}

// listOutput is one page of a list.
type listOutput[T any] struct {
	Body struct {
		Items []T `json:"items"`
		Total int `json:"total" doc:"entries on all pages"`
		Page  int `json:"page"`
		Pages int `json:"pages"`
	}
}

// answerList turns a page of the domain into an answer. A page after the last is empty, so that a program that asks for one after the
// other comes to an end.
func answerList[T, U any](asked int, page piecework.Page[T], err error, convert func(*T) U) (*listOutput[U], error) {
	if err != nil {
		return nil, err
	}
	if asked > page.Number {
		page.Number, page.Items = asked, nil
	}
	out := new(listOutput[U])
	out.Body.Items = make([]U, len(page.Items))
	for i := range page.Items {
		out.Body.Items[i] = convert(&page.Items[i])
	}
	out.Body.Total, out.Body.Page, out.Body.Pages = page.Total, page.Number, page.Pages()
	return out, nil
}

type apiSession struct {
	Code     string         `json:"code"`
	Workshop string         `json:"workshop"`
	Date     piecework.Date `json:"date"`
	StartsAt string         `json:"starts_at,omitempty" doc:"HH:MM"`
	EndsAt   string         `json:"ends_at,omitempty" doc:"HH:MM"`
	Open     bool           `json:"open" doc:"takes tallies"`
}

func (s *Server) apiSessions(ctx context.Context, in *listInput) (*listOutput[apiSession], error) {
	page, err := piecework.Sessions(ctx, s.DB, in.filter(ctx))
	return answerList(in.Page, page, err, func(w *piecework.WorkSession) apiSession {
		return apiSession{w.Code, w.Workshop.Code, w.WorkDate, w.StartsAt, w.EndsAt, w.Open()}
	})
}

type apiOrder struct {
	Code       string         `json:"code"`
	Workshop   string         `json:"workshop"`
	Contractor string         `json:"contractor"`
	Product    string         `json:"product"`
	Quantity   int64          `json:"quantity"`
	UnitFee    string         `json:"unit_fee" doc:"what the contractor pays for one accepted piece" example:"0.085"`
	OrderedOn  piecework.Date `json:"ordered_on"`
	DueOn      piecework.Date `json:"due_on,omitempty"`
	Open       bool           `json:"open"`
}

func (s *Server) apiOrders(ctx context.Context, in *listInput) (*listOutput[apiOrder], error) {
	page, err := piecework.Orders(ctx, s.DB, in.filter(ctx))
	return answerList(in.Page, page, err, func(o *piecework.ProcessingOrder) apiOrder {
		return apiOrder{o.Code, o.Workshop.Code, o.Contractor.Code, o.Product.Code, o.Quantity, o.UnitFee.String(), o.OrderedOn, o.DueOn, !o.Closed()}
	})
}

type apiWorker struct {
	Code     string `json:"code"`
	Name     string `json:"name"`
	Workshop string `json:"workshop"`
	Active   bool   `json:"active"`
}

func (s *Server) apiWorkers(ctx context.Context, in *listInput) (*listOutput[apiWorker], error) {
	page, err := piecework.Workers(ctx, s.DB, in.filter(ctx))
	return answerList(in.Page, page, err, func(w *piecework.Worker) apiWorker {
		return apiWorker{w.Code, w.Name, w.Workshop.Code, w.Active}
	})
}

type apiRun struct {
	ID       int64             `json:"id"`
	Workshop string            `json:"workshop"`
	From     piecework.Date    `json:"from"`
	To       piecework.Date    `json:"to"`
	Order    string            `json:"order,omitempty" doc:"the only order it settles; absent: every order"`
	Status   payroll.RunStatus `json:"status" enum:"draft,approved,paid,discarded"`
}

func (s *Server) apiRuns(ctx context.Context, in *listInput) (*listOutput[apiRun], error) {
	page, err := payroll.Runs(ctx, s.DB, in.filter(ctx))
	return answerList(in.Page, page, err, func(r *payroll.PayRun) apiRun {
		run := apiRun{ID: r.ID, Workshop: r.Workshop.Code, From: r.PeriodFrom, To: r.PeriodTo, Status: r.Status}
		if r.Order != nil {
			run.Order = r.Order.Code
		}
		return run
	})
}

type slipsInput struct {
	Run  int64 `path:"run"`
	Page int   `query:"page" minimum:"1" maximum:"1000000" default:"1" doc:"50 entries a page"`
}

type apiSlip struct {
	Worker         string `json:"worker"`
	Name           string `json:"name"`
	Version        int    `json:"version"`
	Gross          string `json:"gross" example:"92.94"`
	Deductions     string `json:"deductions"`
	Tax            string `json:"tax"`
	Net            string `json:"net"`
	CarriedForward string `json:"carried_forward" doc:"what did not fit and waits for the next run"`
}

func (s *Server) apiSlips(ctx context.Context, in *slipsInput) (*listOutput[apiSlip], error) {
	page, err := payroll.Slips(ctx, s.DB, in.Run, visitIn(ctx).who.Scope(piecework.Filter{Page: in.Page}))
	return answerList(in.Page, page, err, func(p *payroll.Slip) apiSlip {
		return apiSlip{p.Worker.Code, p.Worker.Name, p.Version, p.Gross.String(), p.Deductions.String(), p.Tax.String(), p.Net.String(), p.CarriedForward.String()}
	})
}

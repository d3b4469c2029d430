package handlers_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"testing"
	"time"

	"github.com/uptrace/bun"

	"jijian/payroll/demo"
	"jijian/piecework"
	"jijian/piecework/pieceworktest"
)

// sent is a page that only a form leads to: where the form is sent and its fields.
type sent struct {
	path  string
	pairs []string
}

// mirror is the site at origin, and besides it the answers to forms, each at "/sent/" and its name, as the user gets them.
func mirror(t testing.TB, db *bun.DB, origin, username string, forms map[string]sent) string {
	t.Helper()
	target, err := url.Parse(origin)
	if err != nil {
		t.Fatal(err)
	}
	b := (&site{World: &pieceworktest.World{TB: t, Ctx: t.Context(), DB: db}, URL: origin}).visitor()
	b.get("/signin")
	b.post("/signin", "name", username, "password", demo.Password)
	mux := http.NewServeMux()
	proxy := httputil.NewSingleHostReverseProxy(target)
	proxy.ModifyResponse = func(r *http.Response) error {
		if r.StatusCode >= 400 && r.Request.URL.Path != "/favicon.ico" {
			t.Errorf("%s: %s", r.Request.URL, r.Status) // an error page would look fine too
		}
		return nil
	}
	mux.Handle("/", proxy)
	mux.HandleFunc("/sent/{name}", func(w http.ResponseWriter, r *http.Request) {
		form := forms[r.PathValue("name")]
		b.get(form.path) // for the secret of the form
		a := b.post(form.path+"?"+r.URL.RawQuery, form.pairs...)
		if a.status != http.StatusOK && a.status != http.StatusUnprocessableEntity {
			t.Errorf("%s: %d", r.URL, a.status)
		}
		for _, name := range []string{"Content-Security-Policy", "Content-Type"} {
			w.Header().Set(name, a.header.Get(name))
		}
		w.WriteHeader(a.status)
		fmt.Fprint(w, a.body)
	})
	web := httptest.NewServer(mux)
	t.Cleanup(web.Close)
	return web.URL
}

// TestLookBooks looks at orders, deliveries, rates, products, workers and workshops with the data of a month.
func TestLookBooks(t *testing.T) {
	t.Parallel()
	db, origin := demoSite(t)
	ctx := t.Context()
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	mine := piecework.Filter{WorkshopID: 1}
	waiting, err := piecework.Deliveries(ctx, db, piecework.Filter{WorkshopID: 1, Status: "waiting", Query: "ROSE"})
	must(err)
	order := waiting.Items[0].Order
	workers, err := piecework.Workers(ctx, db, mine)
	must(err)
	rates, err := piecework.Rates(ctx, db, piecework.Filter{Query: "ROSE"})
	must(err)
	product, err := piecework.ProductByID(ctx, db, order.ProductID)
	must(err)
	operation := fmt.Sprint(product.Operations[2].ID)
	first, _ := piecework.DateOf(time.Now()).Month()
	look := func(username string, forms map[string]sent, pages map[string]string) {
		for name := range forms {
			pages[name] = "/sent/" + name
		}
		lookAs(t, db, origin, username, forms, pages)
	}
	delivery := fmt.Sprintf("/deliveries/%d", waiting.Items[0].ID)
	full, err := piecework.OrderByID(ctx, db, order.ID)
	must(err)
	ready, err := piecework.ReadyBundles(ctx, db, full)
	must(err)
	part := ready[0].Code().String() // of which the demo delivered a part
	look("lead", map[string]sent{
		"deliveries-form-wrong": {orderAt(order.ID) + "/deliveries", []string{"code", "D 1", "quantity", "", "bundle", part, "pieces-" + part, "30"}},
		"rates-preview":         {"/rates", []string{"operation", operation, "effective_from", string(first), "rate", "0.0925", "order", fmt.Sprint(order.ID)}},
		"rates-tiers": {"/rates", []string{"operation", operation, "effective_from", string(first), "rate", "0.09", "order", fmt.Sprint(order.ID), "tier_mode", "whole",
			"tier_span", "day", "quota", "480", "tier_1_how", "above", "tier_1_at", "83", "tier_1_rate", "0.099", "tier_2_how", "above", "tier_2_at", "100", "tier_2_rate", "0.108"}},
		"rates-tiers-wrong": {"/rates", []string{"operation", operation, "effective_from", string(first), "rate", "0.09", "tier_mode", "marginal", "tier_span", "day", "tier_1_at", "x"}},
		"rates-wrong":       {"/rates", []string{"operation", operation, "effective_from", "morgen", "rate", "1,5"}},
		"deliveries-wrong":  {delivery, []string{"accepted", "999999", "rejected", "-1", "returned", "x"}},
		"orders-form-wrong": {"/orders", []string{"code", "O 1", "quantity", "viele", "unit_fee", ""}},
	}, map[string]string{
		"orders-list": "/orders", "orders-none": "/orders?q=zzz", "orders-new": "/orders/new", "orders-show": orderAt(order.ID), "orders-edit": orderAt(order.ID) + "/edit",
		"orders-materials": orderAt(order.ID) + "/materials", "orders-fees": orderAt(order.ID) + "/fees", "orders-photos": orderAt(order.ID) + "/photos", "orders-margins": "/margins",
		"deliveries-list": "/deliveries", "deliveries-show": delivery, "deliveries-new": orderAt(order.ID) + "/deliveries/new",
		"products-list": "/products", "products-show": fmt.Sprintf("/products/%d", product.ID), "products-new": "/products/new", "operations-edit": "/operations/" + operation,
		"workers-list": "/workers", "workers-show": fmt.Sprintf("/workers/%d", workers.Items[0].ID), "workers-edit": fmt.Sprintf("/workers/%d/edit", workers.Items[0].ID),
		"workers-grades": fmt.Sprintf("/workers/%d/grades", workers.Items[0].ID),
		"rates-list":     "/rates", "rates-show": fmt.Sprintf("/rates/%d", rates.Items[0].ID), "rates-new": "/rates/new",
	})
	personal := fmt.Sprintf("/workers/%d/personal", workers.Items[0].ID)
	look("bookkeeper", map[string]sent{
		"personal-shown": {personal + "/show", []string{"reason", "银行退回，核对账号"}},
		"personal-wrong": {personal, []string{"id_number", "370999196201010001"}},
	}, map[string]string{
		"personal":       personal,
		"workshops-list": "/workshops", "bank-layouts": "/bank-layouts", "bank-layout": "/bank-layouts/2", "workshops-edit": "/workshops/1", "orders-all": "/orders", "workers-all": "/workers", "workers-new": "/workers/new",
		"workers-grades-books": fmt.Sprintf("/workers/%d/grades", workers.Items[0].ID),
	})
	struck, err := piecework.OrderByID(ctx, db, 1)
	must(err)
	note, err := piecework.NoteLink(ctx, db, order.ID, "test")
	must(err)
	token, err := piecework.LinkToken(ctx, db, note)
	must(err)
	charges, err := piecework.Chargebacks(ctx, db, piecework.Filter{})
	must(err)
	statements, err := piecework.Statements(ctx, db, piecework.Filter{})
	must(err)
	statement := fmt.Sprintf("/statements/%d", statements.Items[0].ID)
	contractor := fmt.Sprintf("/contractors/%d/account", order.ContractorID)
	look("bookkeeper", map[string]sent{
		"chargebacks-wrong": {orderAt(order.ID) + "/chargebacks", []string{"fault", "material", "bearer", "worker", "ticket", "x"}},
	}, map[string]string{
		"tieout": orderAt(order.ID) + "/tieout", "tieout-struck": orderAt(struck.ID) + "/tieout", "links": orderAt(order.ID) + "/links", "questions": "/questions",
		"chargebacks-list": "/chargebacks", "chargebacks-new": orderAt(order.ID) + "/chargebacks/new", "chargebacks-show": fmt.Sprintf("/chargebacks/%d", charges.Items[0].ID),
		"statements-list": "/statements", "statements-new": "/statements/new", "statements-show": statement, "account": contractor,
		"link": "/d/" + token, "link-delivery": "/d/" + token + delivery,
	})
	look("contractor", nil, map[string]string{
		"contractor-home": "/", "contractor-orders": "/orders", "contractor-order": orderAt(order.ID), "contractor-deliveries": "/deliveries?status=waiting", "contractor-delivery": delivery,
		"contractor-statements": "/statements", "contractor-account": contractor, "contractor-questions": fmt.Sprintf("/questions?order=%d", order.ID),
	})
}

func orderAt(id int64) string { return fmt.Sprintf("/orders/%d", id) }

package handlers_test

import (
	"context"
	"flag"
	"fmt"
	"log/slog"
	"maps"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/uptrace/bun"

	"jijian/handlers"
	"jijian/payroll"
	"jijian/payroll/demo"
	"jijian/payroll/demo/demotest"
	"jijian/piecework"
	"jijian/templates"
	"jijian/templates/browsertest"
)

// demoSite serves a believable month.
func demoSite(t testing.TB) (*bun.DB, string) {
	t.Helper()
	db := demotest.DBOf(t, piecework.DateOf(time.Now()))
	cfg := handlers.Config{DB: db}
	withKeys(t)(&cfg)
	if err := demo.Entrust(t.Context(), db, cfg.Keys); err != nil {
		t.Fatal(err)
	}
	cfg.Logger = slog.New(slog.NewTextHandler(t.Output(), &slog.HandlerOptions{Level: slog.LevelWarn}))
	server, err := handlers.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(server.Close)
	remember(server)
	web := httptest.NewServer(server)
	t.Cleanup(web.Close)
	return db, web.URL
}

// browserAs signs in through the page.
func browserAs(t testing.TB, ctx context.Context, url, username, password string) {
	t.Helper()
	err := chromedp.Do(ctx, chromedp.Navigate(url+"/signin"), chromedp.SetValue("#f-name", username),
		chromedp.SetValue("#f-password", password), chromedp.Submit("#f-password"), chromedp.WaitVisible(".menu"))
	if err != nil {
		t.Fatal(err)
	}
}

// TestLookWork looks at the pages of counting and pay with the data of a month.
func TestLookWork(t *testing.T) {
	t.Parallel()
	db, url := demoSite(t)
	ids := demoIDs(t, db)
	orders, err := piecework.OpenOrders(t.Context(), db, 1)
	if err != nil {
		t.Fatal(err)
	}
	refused := sent{fmt.Sprintf("/sessions/%d", ids.open), []string{"good-1", "12x", "good-2", "30", "rework-3", "-1",
		"work", fmt.Sprintf("%d-%d", orders[0].ID, orders[0].Product.Operations[0].ID)}}
	forms := map[string]sent{"refused": refused, "answer": {fmt.Sprintf("/disputes/%d/answer", ids.dispute), []string{"answer", "已看过"}},
		"dispute": {fmt.Sprintf("/slips/%d/dispute", ids.own), []string{"what_is_wrong", ""}}}
	paid, err := payroll.SlipsOf(t.Context(), db, ids.approved, 0)
	if err != nil {
		t.Fatal(err)
	}
	first := paid[0].Lines[0]
	forms["arrears"] = sent{"/rates", []string{"operation", fmt.Sprint(first.OperationID), "order", fmt.Sprint(first.OrderID),
		"effective_from", string(paid[0].Run.PeriodFrom.AddDays(1)), "rate", first.Rate.Sub(piecework.Millionths(-10_000)).String()}}
	look := func(username string, pages map[string]string) { lookAs(t, db, url, username, forms, pages) }
	look("lead", map[string]string{
		"sessions-list": "/sessions", "sessions-new": "/sessions/new", "sessions-open": fmt.Sprintf("/sessions/%d", ids.open), "sessions-refused": "/sent/refused", "sessions-closed": fmt.Sprintf("/sessions/%d", ids.closed),
		"tallies-list": "/tallies", "tallies-show": fmt.Sprintf("/tallies/%d", ids.tally), "tallies-struck": fmt.Sprintf("/tallies/%d", ids.struck),
		"adjustments-list": "/adjustments", "adjustments-new": "/adjustments/new",
	})
	look("bookkeeper", map[string]string{
		"rates-arrears": "/sent/arrears", "rates-agreed": fmt.Sprintf("/rates/%d/arrears", ids.backdated), "runs-list": "/runs", "runs-new": "/runs/new", "runs-draft": fmt.Sprintf("/runs/%d", ids.draft), "runs-approved": fmt.Sprintf("/runs/%d", ids.approved), "runs-bank": fmt.Sprintf("/runs/%d/bank", ids.approved), "runs-ledger": fmt.Sprintf("/runs/%d/ledger", ids.approved),
		"slips-disputed": fmt.Sprintf("/slips/%d", ids.disputed), "slips-corrected": fmt.Sprintf("/slips/%d", ids.corrected), "slips-answer": "/sent/answer", "home-disputes": "/",
		"slips-draft": fmt.Sprintf("/slips/%d", ids.draftSlip), "slips-issued": fmt.Sprintf("/slips/%d?line=1", ids.carriedSlip), "slips-arrears": fmt.Sprintf("/slips/%d?line=2", ids.backPaid),
	})
	look("worker", map[string]string{"me": "/me", "me-why": "/me?line=1", "notices-own": "/notices", "personal-own": "/me/personal", "slips-own": fmt.Sprintf("/slips/%d", ids.own), "slips-dispute": "/sent/dispute"})
	reflows(t, url, map[string]string{"me": "/me", "slips-own": fmt.Sprintf("/slips/%d", ids.own)})
}

// reflows looks at what a worker reads on the smallest phone, with letters as they are and twice as large.
func reflows(t *testing.T, origin string, pages map[string]string) {
	t.Helper()
	for size, options := range map[string][]chromedp.ExecAllocatorOption{"small": nil, "large": {browsertest.Large}} {
		window := browsertest.Open(t, options...)
		browserAs(t, window, origin, "worker", demo.Password)
		for name, path := range pages {
			for _, lang := range templates.Languages {
				t.Run(name+"-"+size+"-"+lang, func(t *testing.T) {
					browsertest.Reflows(t, window, name+"-"+size+"-"+lang, origin+path+"?lang="+lang)
				})
			}
		}
	}
}

// lookAs looks at pages in both languages as one person sees them; /sent/NAME is the answer to a form of forms.
func lookAs(t *testing.T, db *bun.DB, origin, username string, forms map[string]sent, pages map[string]string) {
	t.Helper()
	web := mirror(t, db, origin, username, forms)
	window := browsertest.Open(t)
	browserAs(t, window, web, username, demo.Password)
	lookAt(t, window, web, pages)
}

// lookAt looks at pages of the site at origin as the one sees them who is signed in to the window. A page is looked at in every language; when a
// test comes by it again in another state, or by a form's answer, in one, by turns: the words of a page fit in both, or do not, whatever is in it.
// With -shots it is every language, for people.
func lookAt(t *testing.T, window context.Context, origin string, pages map[string]string) {
	t.Helper()
	for _, name := range slices.Sorted(maps.Keys(pages)) {
		path, join := pages[name], "?"
		if strings.Contains(path, "?") {
			join = "&"
		}
		for _, lang := range tongues(t, path) {
			t.Run(name+"-"+lang, func(t *testing.T) { browsertest.Look(t, window, name+"-"+lang, origin+path+join+"lang="+lang) })
		}
	}
}

// lookedAt is how often each test has come by each page, and, as the page "", by a state that is not its first.
var lookedAt struct {
	sync.Mutex
	times map[[2]string]int
}

// tongues is the languages in which a test looks at a path.
func tongues(t testing.TB, path string) []string {
	lookedAt.Lock()
	defer lookedAt.Unlock()
	if lookedAt.times == nil {
		lookedAt.times = map[[2]string]int{}
	}
	page, _, _ := strings.Cut(path, "?")
	table.Lock()
	if p := leads(table.lines, page); p != "" {
		page = p
	}
	table.Unlock()
	key := [2]string{t.Name(), page}
	lookedAt.times[key]++
	if flag.Lookup("shots").Value.String() != "" || lookedAt.times[key] == 1 && !strings.HasPrefix(page, "/sent/") {
		return templates.Languages
	}
	turns := [2]string{t.Name(), ""}
	lookedAt.times[turns]++
	i := lookedAt.times[turns] % len(templates.Languages)
	return templates.Languages[i : i+1]
}

type demoThings struct {
	open, closed, tally, struck, draft, approved, draftSlip, carriedSlip, own, disputed, dispute, corrected, backdated, backPaid int64
}

// demoIDs finds things worth looking at.
func demoIDs(t testing.TB, db *bun.DB) demoThings {
	t.Helper()
	ctx := t.Context()
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	var ids demoThings
	for status, into := range map[string]*int64{"open": &ids.open, "closed": &ids.closed} {
		list, err := piecework.Sessions(ctx, db, piecework.Filter{WorkshopID: 1, Status: status})
		must(err)
		*into = list.Items[0].ID
	}
	for status, into := range map[string]*int64{"open": &ids.tally, "struck": &ids.struck} {
		list, err := piecework.Tallies(ctx, db, piecework.Filter{WorkshopID: 1, Status: status})
		must(err)
		for _, x := range list.Items {
			if status == "struck" || x.ReversesID == 0 && !x.Struck() {
				*into = x.ID
				break
			}
		}
	}
	for status, into := range map[string]*int64{"draft": &ids.draft, "approved": &ids.approved} {
		list, err := payroll.Runs(ctx, db, piecework.Filter{WorkshopID: 1, Status: status})
		must(err)
		*into = list.Items[0].ID
	}
	slips, err := payroll.Slips(ctx, db, ids.draft, piecework.Filter{})
	must(err)
	ids.draftSlip = slips.Items[0].ID
	slips, err = payroll.Slips(ctx, db, ids.approved, piecework.Filter{})
	must(err)
	ids.carriedSlip = slips.Items[0].ID
	ids.own = slips.Items[0].ID
	must(db.NewRaw("SELECT MAX(piece_rate_id) FROM arrears").Scan(ctx, &ids.backdated))
	must(db.NewRaw("SELECT MIN(slip_id) FROM slip_lines WHERE kind = ?", payroll.BackPay).Scan(ctx, &ids.backPaid))
	open, err := payroll.OpenDisputes(ctx, db, ids.approved, piecework.Filter{})
	must(err)
	ids.disputed, ids.dispute = open.Items[0].SlipID, open.Items[0].ID
	for _, s := range slips.Items {
		if s.Version > 1 {
			ids.corrected = s.ID
		}
		if s.CarriedForward.Sign() > 0 {
			ids.carriedSlip = s.ID
		}
	}
	return ids
}

package handlers_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"jijian/piecework"
	"jijian/templates/browsertest"
)

// judged is what the interface says about one tally.
type judged struct {
	UID, Status, Reason string
	Warnings            []string
	Held                bool
}

func (a answer) judged(t testing.TB) []judged {
	t.Helper()
	var doc struct{ Results []judged }
	if err := json.Unmarshal([]byte(a.body), &doc); err != nil || a.status != http.StatusOK {
		t.Fatalf("%d %.500s", a.status, a.body)
	}
	return doc.Results
}

// scanner is the lead's browser as the scan page uses it: the interface, from our own origin, in English.
func (s *site) scanner(username string) *browser {
	s.Helper()
	b := s.as(username)
	b.header = http.Header{"Origin": {s.URL}, "Accept-Language": {"en"}}
	return b
}

func batch(rest string, tallies ...string) string {
	return `{"tallies":[` + strings.Join(tallies, ",") + `]` + rest + `}`
}

// with puts further fields into a tally.
func with(fields, tally string) string { return strings.Replace(tally, `"good"`, fields+`,"good"`, 1) }

// TestNothingIsDropped sends every kind of item that is refused, with hold, and finds each in the queue: as it was sent, with the
// reason, once however often it is sent.
func TestNothingIsDropped(t *testing.T) {
	s := newSite(t)
	lead := s.scanner("lead")
	cut, err := piecework.CutTickets(s.Ctx, s.DB, piecework.Cut{OrderID: s.Order.ID, Size: 50, Quantity: 100, Operations: []string{"glue"}, By: "test"})
	s.Must(err)
	badges, err := piecework.CodesOf(s.Ctx, s.DB, piecework.WorkerBadge, s.Workshop.ID, "test", s.Workers[0].ID)
	s.Must(err)
	_, err = piecework.ReplaceCode(s.Ctx, s.DB, piecework.WorkerBadge, s.Workers[0].ID, "test", "lost")
	s.Must(err)
	_, err = piecework.SplitTicket(s.Ctx, s.DB, piecework.Split{TicketID: cut[1].ID, Parts: []int64{20, 30}, Reason: "test", By: "test"})
	s.Must(err)
	s.Session("S2", "2026-10-06")
	s.Must(piecework.CloseSession(s.Ctx, s.DB, 2, "test"))
	hourAgo := time.Now().Add(-time.Hour).UTC().Format(time.RFC3339)
	for _, stored := range []string{with(`"ticket":"X1","recorded_at":"`+hourAgo+`"`, tally("old", "1")), tally("struck", "2"), with(`"reverses":"struck"`, tally("gone", "2")),
		strings.Replace(with(`"ticket":"`+cut[0].Code().String()+`"`, tally("glued", "50")), `"cut"`, `"glue"`, 1)} {
		if r := lead.json(talliesPath, batch("", stored)).judged(t); r[0].Status != "accepted" {
			t.Fatalf("%+v", r)
		}
	}
	other := s.scanner("admin")
	refused := map[string]string{
		`null`: "must be an object", `7`: "must be an object", `"b1"`: "must be an object", `[1, {"uid":"x"}]`: "must be an object", `{}`: "uid: is required",
		tally("", "1"): "uid: is required", tally(strings.Repeat("x", 65), "1"): "longer than 64", tally("a b", "1"): "printable ASCII", `{"uid":7,"good":1}`: "must be a text",
		`{"uid":"f1","good":1}`: "session: is required", with(`"extra":1`, tally("f2", "1")): "is not a field", tally("n1", "1.5"): "whole number", tally("n2", "-1"): "between 0 and",
		tally("n3", "0"): "nothing was counted", tally("n4", "99999999999999999999"): "out of range", tally("n5", `"3"`): "whole number",
		with(`"recorded_at":"yesterday"`, tally("t1", "1")): "is not a moment", with(`"ticket":"a b"`, tally("t2", "1")): "may hold only", with(`"reason":"\u0000"`, tally("t3", "1")): "cannot be printed",
		strings.Replace(tally("c1", "1"), "S1", "S9", 1): "no session", strings.Replace(tally("c2", "1"), "A1", "A9", 1): "no worker", strings.Replace(tally("c3", "1"), "O1", "O9", 1): "no order",
		strings.Replace(tally("c4", "1"), "cut", "paint", 1): "no operation", strings.Replace(tally("c5", "1"), "A1", badges[s.Workers[0].ID].String(), 1): "was replaced by a newer one",
		strings.Replace(tally("s1", "1"), "S1", "S2", 1): "is closed", tally("old", "9"): "other content", with(`"ticket":"X1"`, tally("k1", "1")): "already credited",
		strings.Replace(with(`"ticket":"`+cut[0].Code().String()+`"`, tally("k2", "1")), `"cut"`, `"glue"`, 1): "already credited", with(`"ticket":"`+cut[0].Code().String()+`"`, tally("k3", "1")): "does not cover",
		strings.Replace(with(`"ticket":"`+cut[1].Code().String()+`"`, tally("k4", "1")), `"cut"`, `"glue"`, 1): "was split", with(`"weight":{"gross":"10","tare":"1","unit":"1"}`, tally("w1", "8")): "weight",
		with(`"reverses":"nowhere"`, tally("r1", "1")): "no tally", with(`"reverses":"struck"`, tally("r2", "2")): "already reversed", with(`"reverses":"gone"`, tally("r3", "2")): "itself a reversal",
		with(`"reverses":"old"`, tally("r4", "7")): "must repeat", with(`"reverses":"old","ticket":"X1"`, tally("r5", "1")): "more than 30 minutes ago",
	}
	all := slices.Sorted(func(yield func(string) bool) {
		for item := range refused {
			if !yield(item) {
				return
			}
		}
	})
	for round := range 2 {
		results := lead.json(talliesPath, batch(`,"hold":true,"undo":true`, all...)).judged(t)
		for i, r := range results {
			if r.Status != "rejected" || !r.Held || !strings.Contains(r.Reason, refused[all[i]]) {
				t.Errorf("round %d: %s: %+v, want %q", round, all[i], r, refused[all[i]])
			}
		}
	}
	page, err := piecework.HeldTallies(s.Ctx, s.DB, piecework.Filter{WorkshopID: s.Workshop.ID})
	s.Must(err)
	var kept []string
	for _, h := range page.Items {
		kept = append(kept, h.Content)
		if want := refused[h.Content]; !strings.Contains(h.Reason.String(), want) || h.HeldBy != "王组长" {
			t.Errorf("%s: %q by %s, want %q", h.Content, h.Reason.String(), h.HeldBy, want)
		}
		other.get(fmt.Sprintf("/review/held/%d?lang=en", h.ID)).wants(t, 200, "As it was sent", "Count it like this")
		if badge := badges[s.Workers[0].ID].String(); strings.Contains(h.Content, badge) { // replaced, but it says whose it was
			other.get(fmt.Sprintf("/review/held/%d", h.ID)).wants(t, 200, `<option value="A1" selected>`)
		}
	}
	if slices.Sort(kept); !slices.Equal(kept, all) {
		t.Errorf("%d are kept of %d:\n%s\n\n%s", len(kept), len(all), strings.Join(kept, "\n"), strings.Join(all, "\n"))
	}
	// In the queue in Chinese, too; a duplicate is not held, nor what is refused without being asked to.
	other.get("/review?lang=zh").wants(t, 200, "被拒", fmt.Sprintf(`<span class="waits num">%d`, len(all)+1)) // and more were glued than cut
	if r := lead.json(talliesPath, batch(`,"hold":true`, with(`"ticket":"X1","recorded_at":"`+hourAgo+`"`, tally("old", "1")))).judged(t); r[0].Status != "duplicate" || r[0].Held {
		t.Errorf("a duplicate: %+v", r)
	}
	if r := lead.json(talliesPath, batch("", tally("z1", "0"))).judged(t); r[0].Held {
		t.Errorf("not to be held: %+v", r)
	}
}

func TestWarningsAndUndoThroughTheInterface(t *testing.T) {
	s := newSite(t)
	lead := s.scanner("lead")
	now := time.Now().UnixMilli()
	r := lead.json(talliesPath, batch(fmt.Sprintf(`,"clock":%d`, now-600_000), tally("a", "3"), tally("b", "3"), tally("c", "9000"))).judged(t)
	want := []string{"The clock of the device is 10 minutes behind. Set it right."}
	if !slices.Equal(r[0].Warnings, want) || len(r[1].Warnings) != 2 || len(r[2].Warnings) != 3 || r[2].Status != "accepted" {
		t.Errorf("%+v", r)
	}
	lead.header.Set("Accept-Language", "zh-CN")
	undo := with(`"reverses":"c"`, tally("u", "9000"))
	if r := lead.json(talliesPath, batch(`,"undo":true`, undo)).judged(t); r[0].Status != "accepted" {
		t.Errorf("her own: %+v", r)
	}
	if r := lead.json(talliesPath, batch(`,"undo":true`, undo)).judged(t); r[0].Status != "duplicate" {
		t.Errorf("again: %+v", r)
	}
	undo = with(`"reverses":"a"`, tally("u2", "3"))
	if r := s.scanner("bookkeeper").json(talliesPath, batch(`,"undo":true`, undo)).judged(t); r[0].Status != "rejected" || !strings.Contains(r[0].Reason, "王组长") {
		t.Errorf("another's: %+v", r)
	}
	if r := s.scanner("admin").json(talliesPath, batch(`,"undo":true`, undo)).judged(t); r[0].Status != "accepted" {
		t.Errorf("the administrator: %+v", r)
	}
	for body, field := range map[string]string{`,"hold":1`: "hold", `,"undo":"yes"`: "undo", `,"clock":1.5`: "clock", `,"clock":-1`: "clock", `,"clock":99999999999999999`: "clock", `,"clocks":1`: "clocks"} {
		lead.json(talliesPath, batch(body, tally("x", "1"))).wants(t, 422, `"location":"`+field+`"`)
	}
}

// TestReviewQueue decides about flagged and refused tallies on the pages, as one who did not record them.
func TestReviewQueue(t *testing.T) {
	s := newSite(t)
	s.scanner("lead").json(talliesPath, batch(`,"hold":true`, tally("a", "3"), tally("b", "4"), tally("c", "5"), strings.Replace(tally("d", "6"), "A1", "A7", 1),
		strings.Replace(tally("e", "7"), "cut", "paint", 1))).judged(t)
	lead := s.as("lead")
	lead.get("/review").wants(t, 200, "这是您自己登记的", "被拒：", "A7", `<span class="waits num">4`)
	if page := lead.get("/review"); strings.Contains(page.body, `type="checkbox"`) || strings.Contains(page.body, "/review/held/") {
		t.Error("the lead may decide about her own")
	}
	lead.post("/review/right", "tally", "2").wants(t, 403, "须由别人复核")
	lead.post("/review/tallies/2/strike", "reason", "x").wants(t, 403)
	lead.post("/review/held/1/dismiss", "reason", "x").wants(t, 403)

	books := s.as("bookkeeper")
	books.get("/review").wants(t, 200, `name="tally" value="2"`, `name="tally" value="3"`, "/review/held/1")
	books.post("/review/right").wants(t, 422, "请至少选一条")
	books.post("/review/right", "tally", "99").wants(t, 422)
	books.post("/review/right", "tally", "2", "note", "两包一起交").goes(t, "/review")
	books.get("/tallies/2").wants(t, 200, "两包一起交", "孙会计")
	books.post("/review/tallies/3/strike", "reason", "").wants(t, 422, "必须填写")
	books.post("/review/tallies/3/strike", "reason", "扫了两次").goes(t, "/review")
	books.get("/tallies/3").wants(t, 200, "扫了两次", "孙会计")

	books.get("/review").wants(t, 200, ">A7</a></b>", "<p>剪瓣 · ", `>王秀英</a></b> <small class="minor">A1</small>`, `<p><span class="code">paint</span>`)
	books.get("/review/held/1").wants(t, 200, "A7", `value="6"`, `<option value="1-1" selected>`)
	books.post("/review/held/1/accept", "session", "S1", "worker", "", "work", "1-1", "good", "6").wants(t, 422, `aria-invalid="true"`)
	books.post("/review/held/1/accept", "session", "S1", "worker", "A2", "work", "1-1", "good", "6", "note", "工牌看错").goes(t, "/review")
	books.get("/review/held/1").wants(t, 200, "工牌看错", "已计入")
	books.post("/review/held/1/accept", "session", "S1", "worker", "A2", "work", "1-1", "good", "6").wants(t, 409)
	books.post("/review/held/2/dismiss", "reason", "").wants(t, 422, "必须填写")
	books.post("/review/held/2/dismiss", "reason", "没有这道工序").goes(t, "/review")
	books.get("/review/held/2").wants(t, 200, "没有这道工序", "已作废")
	books.get("/review").wants(t, 200, "没有要复核的计件")
	if page := books.get("/review"); strings.Contains(page.body, `class="waits`) {
		t.Error("the menu counts what does not wait")
	}
	counts, err := piecework.CountsOfSession(s.Ctx, s.DB, 1)
	s.Must(err)
	if want := []piecework.SessionCounts{{WorkerID: 1, OrderID: 1, OperationID: 1, Counts: piecework.Counts{Good: 7}}, {WorkerID: 2, OrderID: 1, OperationID: 1, Counts: piecework.Counts{Good: 6}}}; !slices.Equal(counts, want) {
		t.Errorf("%+v, want %+v", counts, want)
	}
}

// TestUndoOnThePage takes back on its page what one has just recorded.
func TestUndoOnThePage(t *testing.T) {
	s := newSite(t)
	old := time.Now().Add(-31 * time.Minute).UTC().Format(time.RFC3339)
	s.scanner("lead").json(talliesPath, batch("", tally("a", "3"), with(`"recorded_at":"`+old+`"`, tally("b", "4")))).judged(t)
	lead, books := s.as("lead"), s.as("bookkeeper")
	for _, c := range []struct {
		b    *browser
		path string
		may  bool
	}{{lead, "/tallies/1", true}, {lead, "/tallies/2", false}, {books, "/tallies/1", false}, {s.as("admin"), "/tallies/2", true}} {
		if page := c.b.get(c.path); strings.Contains(page.body, c.path+"/undo") != c.may {
			t.Errorf("%s offers to undo: %t", c.path, !c.may)
		}
	}
	books.post("/tallies/1/undo").wants(t, 409, "只有本人或管理员可以撤销")
	refused := lead.post("/tallies/2/undo")
	refused.wants(t, 409, "已超过 30 分钟", "冲销这条计件")
	if strings.Contains(refused.body, `name="key" value=""`) {
		t.Error("the form beside it cannot be sent any more")
	}
	lead.post("/tallies/1/undo", "reason", "扫错了").goes(t, "/tallies/1")
	lead.get("/tallies/1").wants(t, 200, "扫错了", "已撤销")
	lead.post("/tallies/1/undo").wants(t, 409)
	s.as("admin").post("/tallies/2/undo").goes(t, "/tallies/2")
}

// TestWhatWaitsIsSaid on the start page and at a draft.
func TestWhatWaitsIsSaid(t *testing.T) {
	s := newSite(t)
	s.Agree(s.Cut, nil, "2026-10-01", "0.35")
	s.scanner("lead").json(talliesPath, batch(`,"hold":true`, tally("a", "3"), tally("b", "3"), strings.Replace(tally("c", "1"), "A1", "A9", 1))).judged(t)
	run := s.settle("2026-10-01", "2026-10-31")
	books := s.as("bookkeeper")
	books.get("/").wants(t, 200, "2 条计件要复核")
	books.get(fmt.Sprintf("/runs/%d", run.ID)).wants(t, 200, "本草稿有 1 条计件可疑", "有 1 条被拒的计件等待更正")
	s.Must(piecework.FindRight(s.Ctx, s.DB, piecework.Actor{Name: "孙会计"}, "", 2))
	s.Must(piecework.DismissHeld(s.Ctx, s.DB, piecework.Actor{Name: "孙会计"}, 1, "没有这个人"))
	for _, path := range []string{"/", fmt.Sprintf("/runs/%d", run.ID)} {
		if page := books.get(path); strings.Contains(page.body, "/review\">去复核") {
			t.Errorf("%s still says that something waits", path)
		}
	}
}

func TestSettingsOfTheGuards(t *testing.T) {
	s := newSite(t)
	books := s.as("bookkeeper")
	books.get("/workshops/1").wants(t, 200, `id="f-repeat_minutes"`, `value="10"`)
	books.post("/workshops/1", "name", "桃木坊", "timezone", "Asia/Shanghai", "damage_cap_percent", "20", "repeat_seconds", "61", "repeat_minutes", "-1").wants(t, 422, `value="61"`, "0 到 60", "0 到 240")
	books.post("/workshops/1", "name", "桃木坊", "timezone", "Asia/Shanghai", "damage_cap_percent", "20", "repeat_seconds", "5", "repeat_minutes", "0").goes(t, "/workshops")
	w, err := piecework.WorkshopByID(s.Ctx, s.DB, 1)
	s.Must(err)
	if w.RepeatSeconds != 5 || w.RepeatMinutes != 0 {
		t.Errorf("%+v", w)
	}
	lead := s.as("lead")
	lead.post("/operations/1", "name", "剪瓣", "seq", "1", "max_per_hour", "-5").wants(t, 422, `value="-5"`)
	lead.post("/operations/1", "name", "剪瓣", "seq", "1", "max_per_hour", "400").goes(t, "/products/1")
	lead.get("/operations/1").wants(t, 200, `value="400"`)
}

// TestLookReview looks at the queue full, empty and as one's own, and at a refused tally.
func TestLookReview(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.scanner("lead").json(talliesPath, batch(`,"hold":true,"clock":1000`, tally("a", "120"), strings.Replace(tally("b", "4999"), "A1", "A2", 1), tally("c", "60"),
		strings.Replace(tally("d", "80"), "A1", "A7", 1), `null`)).judged(t)
	s.scanner("admin").json(talliesPath, batch("", strings.Replace(tally("f", "900"), "A1", "A3", 1)))
	look := func(s *site, user string, pages map[string]string) {
		ctx := browsertest.Open(t)
		browserAs(t, ctx, s.URL, user, password)
		lookAt(t, ctx, s.URL, pages)
	}
	look(s, "bookkeeper", map[string]string{"review": "/review", "review-held": "/review/held/1", "tally-flagged": "/tallies/3", "workshop-guards": "/workshops/1", "operation-guards": "/operations/1"})
	look(s, "lead", map[string]string{"review-own": "/review", "review-held-own": "/review/held/1"})
	look(newSite(t), "bookkeeper", map[string]string{"review-empty": "/review"})
}

package handlers_test

import (
	"fmt"
	"net/url"
	"regexp"
	"testing"

	"jijian/piecework"
)

var gridKey = regexp.MustCompile(`name="key" value="([^"]+)"`)

// grid loads the board and returns the fields every crew grid sends: its key and the operation.
func (b *browser) grid(op piecework.Operation) []string {
	b.Helper()
	m := gridKey.FindStringSubmatch(b.get("/sessions/1").body)
	if m == nil {
		b.Fatal("the board has no grid")
	}
	return []string{"key", m[1], "work", fmt.Sprintf("%d-%d", b.Order.ID, op.ID)}
}

func (s *site) tallies() int {
	s.Helper()
	page, err := piecework.Tallies(s.Ctx, s.DB, piecework.Filter{})
	s.Must(err)
	return page.Total
}

func TestSessions(t *testing.T) {
	s := newSite(t)
	b := s.as("lead")
	b.get("/sessions").wants(t, 200, "S1", "进行中")
	b.get("/sessions?q=zzz").wants(t, 200, "没有符合的场次")
	b.get("/sessions/new").wants(t, 200, `value="W1-`)
	b.post("/sessions", "code", "S 2", "date", "2026-10-06", "starts_at", "8h").wants(t, 422, `value="S 2"`, "不是时间", "只能用字母")
	b.post("/sessions", "code", "S1", "date", "2026-10-06").wants(t, 422, "已被使用")
	a := b.post("/sessions", "date", "2026-10-06", "starts_at", "08:00", "ends_at", "11:30")
	a.wants(t, 303)
	b.get(a.location).wants(t, 200, "W1-20261006-1", "08:00–11:30", "flash done")
	b.post("/sessions", "date", "2026-10-06")
	b.get("/sessions?from=2026-10-06").wants(t, 200, "W1-20261006-1", "W1-20261006-2")
	b.get("/sessions?from=2026-10-06").lacks(t, ">S1<")
	admin := s.as("admin")
	admin.post("/sessions", "date", "2026-10-06", "code", "X1").wants(t, 422, "请选择")
	other := admin.post("/sessions", "date", "2026-10-06", "code", "X1", "workshop", "2")
	other.wants(t, 303)
	admin.get("/sessions").wants(t, 200, ">X1<", "绢花坊", "桃木坊")
	admin.get("/sessions?q=X1").wants(t, 200, ">X1<")
	s.as("lead2").get(other.location).wants(t, 200, "这个微工厂还没有工人")
	b.get("/sessions").lacks(t, ">X1<") // the bare letters stand in a form's random token now and then
}

func TestSessionOfAnotherWorkshop(t *testing.T) {
	s := newSite(t)
	b := s.as("lead2")
	b.get("/sessions/1").wants(t, 404)
	for _, path := range []string{"", "/in", "/out", "/close", "/reopen"} {
		b.post("/sessions/1"+path, "worker", "1").wants(t, 404)
	}
	for _, role := range []string{"worker", "contractor"} {
		s.as(role).get("/sessions/1").wants(t, 403)
	}
}

func TestPresence(t *testing.T) {
	s := newSite(t)
	b := s.as("lead")
	b.get("/sessions/1").wants(t, 200, "0 / 3")
	b.post("/sessions/1/in", "worker", "2").wants(t, 303)
	b.get("/sessions/1").wants(t, 200, "1 / 3", "toggle here")
	b.post("/sessions/1/out", "worker", "2").wants(t, 303)
	b.post("/sessions/1/out", "worker", "2").wants(t, 409, "还没有签到")
	b.post("/sessions/1/out", "worker", "99").wants(t, 422)
	b.post("/sessions/1/in").wants(t, 303) // everybody who has not come
	b.get("/sessions/1").wants(t, 200, "2 / 3")
	b.post("/sessions/1/close").wants(t, 303)
	b.get("/sessions/1").wants(t, 200, "/sessions/1/reopen", "已关闭")
	b.post("/sessions/1/in", "worker", "2").wants(t, 409)
	b.post("/sessions/1/close").wants(t, 409)
	b.post("/sessions/1/reopen").wants(t, 303)
	b.get("/sessions/1").wants(t, 200, "name=\"key\"")
}

func TestCrewGrid(t *testing.T) {
	s := newSite(t)
	b := s.as("lead")
	sent := append(b.grid(s.Cut), "good-1", "120", "good-2", "90", "rework-2", "3", "scrap_workmanship-2", "2", "scrap_material-2", "5")
	a := b.post("/sessions/1", sent...)
	a.wants(t, 303)
	if n := s.tallies(); n != 2 {
		t.Fatalf("%d tallies, want one for each row that was filled", n)
	}
	b.get(a.location).wants(t, 200, "剪瓣", "210", `selected>剪瓣`)
	page, err := piecework.Tallies(s.Ctx, s.DB, piecework.Filter{WorkerID: 2})
	s.Must(err)
	if got, want := page.Items[0].Counts, (piecework.Counts{Good: 90, Rework: 3, ScrapWorkmanship: 2, ScrapMaterial: 5}); got != want || page.Items[0].RecordedBy != "王组长" {
		t.Errorf("%v by %s", got, page.Items[0].RecordedBy)
	}

	// The same form again, as after a double press or the back button: it counts once.
	a = b.post("/sessions/1", sent...)
	a.wants(t, 303)
	b.get(a.location).wants(t, 200, "没有重复计数")
	if n := s.tallies(); n != 2 {
		t.Fatalf("%d tallies after sending the same form twice", n)
	}

	// The same form changed: what differs is refused and kept, what is new is recorded.
	b.post("/sessions/1", append(sent, "good-1", "121", "good-3", "70")...).wants(t, 422, `value="121"`, "uid 相同而内容不同", "未记的仍在表中", "已记录")
	if n := s.tallies(); n != 3 {
		t.Fatalf("%d tallies", n)
	}
}

func TestCrewGridRefusesWhatItCannotRead(t *testing.T) {
	s := newSite(t)
	b := s.as("lead")
	grid := b.grid(s.Glue)
	b.post("/sessions/1", append(grid, "good-1", "12x", "good-2", "7", "rework-3", "-1")...).wants(t, 422,
		`value="12x"`, `value="7"`, `value="-1"`, "#f-good-1", "王秀英 良品", "不是整数", "selected>粘花")
	b.post("/sessions/1", grid...).wants(t, 422, "什么也没有计")
	b.post("/sessions/1", "key", grid[1], "work", "1-99", "good-1", "5").wants(t, 422, "请选择", `value="5"`)
	b.post("/sessions/1", append(grid, "good-99", "5")...).wants(t, 422)
	b.post("/sessions/1", append(grid, "good-1", "99999999")...).wants(t, 422)
	if n := s.tallies(); n != 0 {
		t.Fatalf("%d tallies were recorded from forms that were refused", n)
	}
	s.Must(piecework.EndOrder(s.Ctx, s.DB, s.Order.ID, "客户取消", "test"))
	b.post("/sessions/1", append(grid, "good-1", "5")...).wants(t, 422, "请选择")
	b.get("/sessions/1").wants(t, 200, "没有进行中的加工单可计件")
	s.Must(piecework.CloseOrder(s.Ctx, s.DB, s.Order.ID, true))
	b.post("/sessions/1/close")
	b.post("/sessions/1", append(grid, "good-1", "5")...).wants(t, 422)
	if n := s.tallies(); n != 0 {
		t.Fatalf("%d tallies in a closed session", n)
	}
}

// TestCrewGridRace sends one form many times at once.
func TestCrewGridRace(t *testing.T) {
	s := newSite(t)
	b := s.as("lead")
	form := url.Values{"csrf": {b.csrf}}
	sent := append(b.grid(s.Cut), "good-1", "120", "good-2", "90")
	for i := 0; i < len(sent); i += 2 {
		form.Set(sent[i], sent[i+1])
	}
	done := make(chan int)
	for range 8 {
		go func() {
			res, err := b.client.PostForm(b.URL+"/sessions/1", form)
			if err != nil {
				done <- 0
				return
			}
			res.Body.Close()
			done <- res.StatusCode
		}()
	}
	for range 8 {
		if status := <-done; status != 303 {
			t.Errorf("status %d", status)
		}
	}
	if n := s.tallies(); n != 2 {
		t.Errorf("%d tallies, want 2", n)
	}
}

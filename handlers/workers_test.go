package handlers_test

import (
	"fmt"
	"testing"

	"jijian/payroll"
	"jijian/piecework"
)

func TestWorkers(t *testing.T) {
	s := newSite(t)
	lead := s.as("lead")
	lead.get("/workers").wants(t, 200, "王秀英", "A3", "在岗")
	lead.get("/workers?q=zzz").wants(t, 200, "没有符合的工人")
	lead.get("/workers?status=left").wants(t, 200, "没有符合的工人")
	lead.get("/workers/new").wants(t, 200, `value="A4"`, `value="1"`)
	lead.post("/workers", "code", "A 4", "name", "", "share_weight", "0", "phone", "100-0000").wants(t, 422, `value="A 4"`, `value="100-0000"`, "必须填写", "必须大于 0")
	lead.post("/workers", "code", "A1", "name", "赵桂芳", "share_weight", "1").wants(t, 422, "已被使用")
	a := lead.post("/workers", "code", "A4", "name", "赵桂芳", "share_weight", "1.2", "phone", "100-0000")
	w, err := piecework.WorkerByCode(s.Ctx, s.DB, "A4")
	s.Must(err)
	path := fmt.Sprintf("/workers/%d", w.ID)
	a.goes(t, path)
	if w.WorkshopID != s.Workshop.ID || w.ShareWeight != 1_200_000 || !w.Active {
		t.Errorf("added %+v", w)
	}
	lead.get(path).wants(t, 200, "已添加 赵桂芳，编号 A4", "还没有计件", "1.20")
	lead.get(path+"/edit").wants(t, 200, `value="赵桂芳"`, "checked")
	lead.post(path, "name", "", "share_weight", "2", "phone", "7").wants(t, 422, "修改工人 A4", `value="7"`)
	lead.post(path, "name", "赵桂芳", "share_weight", "1").goes(t, path)
	lead.get(path).wants(t, 200, "赵桂芳 已离岗")
	lead.get("/workers?status=left").wants(t, 200, "A4")
	lead.post(path, "name", "赵桂芳", "share_weight", "1", "active", "on").goes(t, path)
	lead.get(path).wants(t, 200, "赵桂芳 已回到班组")

	other := s.as("lead2")
	other.get("/workers").wants(t, 200, "还没有工人")
	other.get(path).wants(t, 404)
	other.post(path, "name", "X", "share_weight", "1").wants(t, 404)
	b := s.as("worker")
	b.get(fmt.Sprintf("/workers/%d", s.Workers[0].ID)).wants(t, 403)
	b.get("/workers").wants(t, 403)
	bookkeeper := s.as("bookkeeper")
	bookkeeper.get("/workers").wants(t, 200, "桃木坊")
	bookkeeper.post("/workers", "code", "B1", "name", "某人", "share_weight", "1").wants(t, 422, "请选择微工厂")
	bookkeeper.post("/workers", "code", "B1", "name", "某人", "share_weight", "1", "workshop", fmt.Sprint(s.Workshop.ID))
	if w, err := piecework.WorkerByCode(s.Ctx, s.DB, "B1"); err != nil || w.WorkshopID != s.Workshop.ID {
		t.Errorf("added by the bookkeeper: %+v, %v", w, err)
	}
}

func TestAWorkersPage(t *testing.T) {
	s := newSite(t)
	day := s.Workshop.Today()
	s.Agree(s.Glue, nil, "2026-01-01", "0.35")
	s.Session("NOW", day)
	s.Count("NOW", "A1", "glue", 120)
	uid := s.Count("NOW", "A1", "glue", 77)
	s.Record(piecework.NewTally{Session: "NOW", Worker: "A1", Order: "O1", Operation: "glue", Counts: piecework.Counts{Good: 77}, Reverses: uid, Reason: "记错"})
	s.Count("NOW", "A1", "cut", 13)
	s.Must(payroll.Adjust(s.Ctx, s.DB, &payroll.Adjustment{WorkerID: s.Workers[0].ID, WorkDate: day, Kind: payroll.Advance, Amount: piecework.Fen(5000), Note: "看病", RecordedBy: "test"}))
	path := fmt.Sprintf("/workers/%d", s.Workers[0].ID)
	s.as("lead").get(path).wants(t, 200, "¥42.00", "120件", "13 件良品还没有工价", "−¥50.00", "看病", "还没有结算单", `class="struck"`, "−77")
	first, last := day.Month()
	s.settle(first, last)
	s.as("lead").get(path).wants(t, 200, "/slips/", "草稿")
}

func TestWorkshops(t *testing.T) {
	s := newSite(t)
	b := s.as("bookkeeper")
	b.get("/workshops").wants(t, 200, "桃木坊", "绢花坊", "Asia/Shanghai")
	b.get("/workshops/new").wants(t, 200, `value="W3"`, `value="20"`, `name="pay_scrap_material" checked`)
	b.post("/workshops", "code", "W 3", "name", "", "timezone", "Mars", "damage_cap_percent", "120").wants(t, 422, `value="W 3"`, `value="Mars"`, `value="120"`, "必须填写", "不是时区")
	b.post("/workshops", "code", "W3", "name", "耳环坊", "timezone", "Asia/Urumqi", "damage_cap_percent", "15", "pay_rework", "on").goes(t, "/workshops")
	w, err := piecework.WorkshopByCode(s.Ctx, s.DB, "W3")
	s.Must(err)
	if w.PayScrapMaterial || !w.PayRework || w.DamageCapPercent != 15 || w.Timezone != "Asia/Urumqi" || w.Currency != "CNY" {
		t.Errorf("added %+v", w)
	}
	path := fmt.Sprintf("/workshops/%d", s.Workshop.ID)
	b.get(path).wants(t, 200, "桃木坊 的设置")
	b.post(path, "name", "桃木坊", "timezone", "Asia/Shanghai", "damage_cap_percent", "x").wants(t, 422, "桃木坊 的设置", `value="x"`)
	if w, err := piecework.WorkshopByID(s.Ctx, s.DB, s.Workshop.ID); err != nil || !w.PayScrapMaterial {
		t.Errorf("a refused form changed %+v, %v", w, err)
	}
	b.post(path, "name", "新桃木坊", "timezone", "Asia/Shanghai", "damage_cap_percent", "0", "pay_scrap_workmanship", "on", "code", "X").goes(t, "/workshops")
	b.get("/workshops").wants(t, 200, "新桃木坊 的设置已保存", "W1", "工废")
	for _, user := range []string{"lead", "worker", "contractor"} {
		v := s.as(user)
		v.get("/workshops").wants(t, 403)
		v.post(path, "name", "X", "timezone", "Asia/Shanghai").wants(t, 403)
	}
}

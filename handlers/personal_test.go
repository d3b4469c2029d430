package handlers_test

import (
	"bytes"
	"fmt"
	"io"
	"log/slog"
	"regexp"
	"strings"
	"testing"

	"jijian/handlers"
	"jijian/piecework"
)

// withKeys gives a site a key for personal data.
func withKeys(t testing.TB) func(*handlers.Config) {
	t.Helper()
	keys, err := piecework.ParseKeys(piecework.NewKey())
	if err != nil {
		t.Fatal(err)
	}
	return func(c *handlers.Config) { c.Keys = keys }
}

func TestPersonalPages(t *testing.T) {
	var log bytes.Buffer
	s := newSite(t, withKeys(t), func(c *handlers.Config) {
		c.Logger = slog.New(slog.NewTextHandler(io.MultiWriter(&log, t.Output()), nil))
	})
	id := s.Workers[0].ID
	path := fmt.Sprintf("/workers/%d/personal", id)
	b := s.as("bookkeeper")
	b.get(fmt.Sprintf("/workers/%d", id)).wants(t, 200, path)
	b.get(path).wants(t, 200, "个人信息", "还没有人看过", `name="id_number"`)
	b.post(path, "id_number", "110105194912310021", "bank_account", "4539578763621487").wants(t, 422, "与末位校验码不符", `value="110105194912310021"`)
	b.post(path, "id_number", "11010519491231002x", "bank_name", "示例银行", "bank_account", "4539 5787 6362 1486").goes(t, path)
	masked := b.get(path)
	masked.wants(t, 200, "1101**********002X", "4539********1486", "示例银行", "录入或修改", "孙会计", `name="remove_id_number"`)
	if strings.Contains(masked.body, "19491231") {
		t.Error("the page shows the number")
	}
	b.post(path+"/show", "reason", "").wants(t, 422, "请写明原因", "1101**********002X")
	b.post(path+"/show", "reason", "银行退回，核对账号").wants(t, 200, "11010519491231002X", "4539578763621486", "仅本次显示")
	b.get(path).wants(t, 200, "银行退回，核对账号", "1101**********002X")

	own := s.as("worker")
	own.get("/me").wants(t, 200, `href="/me/personal"`)
	page := own.get("/me/personal")
	page.wants(t, 200, "谁看过我的信息", "1101**********002X", "银行退回，核对账号", "孙会计")
	if strings.Contains(page.body, "<form class=\"form card\"") {
		t.Error("the worker is offered a form")
	}
	own.get(path).wants(t, 403)
	lead := s.as("lead")
	lead.get(path).wants(t, 403)
	lead.post(path+"/show", "reason", "好奇").wants(t, 403)
	if a := lead.get(fmt.Sprintf("/workers/%d", id)); strings.Contains(a.body, "/personal") {
		t.Error("the lead is offered the page")
	}
	for _, asked := range []string{"/api/v1/workers", "/workers", fmt.Sprintf("/workers/%d", id)} {
		if a := b.get(asked); a.status != 200 || strings.Contains(a.body, "19491231") || strings.Contains(a.body, "4539") {
			t.Errorf("%s: %d, or it tells the numbers", asked, a.status)
		}
	}

	// Each refusal is told apart in the log, also one that looks like nothing being there.
	s.as("lead2").get(fmt.Sprintf("/workers/%d", id)).wants(t, 404)
	for _, want := range []string{`path=/workers/1/personal status=403 .* refused=true`, `path=/workers/1 status=404 .* refused=true`, `msg=audit .* action="looked at sealed personal data" kind=worker thing=1`} {
		if !regexp.MustCompile(want).MatchString(log.String()) {
			t.Errorf("%s is not in the log", want)
		}
	}
	if regexp.MustCompile(`status=200 .* refused`).MatchString(log.String()) {
		t.Error("what was given is called refused")
	}

	b.post(path, "remove_bank_account", "on").goes(t, path)
	if a := b.get(path); strings.Contains(a.body, "4539") {
		t.Error("the account was to be taken away")
	}
	if strings.Contains(log.String(), "1949") || strings.Contains(log.String(), "4539") {
		t.Errorf("the log tells the numbers: %s", log.String())
	}
}

func TestPersonalPagesWithoutKey(t *testing.T) {
	s := newSite(t)
	path := fmt.Sprintf("/workers/%d/personal", s.Workers[0].ID)
	b := s.as("admin")
	a := b.get(path)
	a.wants(t, 200, "还没有密钥", "jijian rotate-key --key-file")
	if strings.Contains(a.body, `name="id_number"`) {
		t.Error("a form is offered that cannot be saved")
	}
	b.post(path, "id_number", "11010519491231002X").wants(t, 409, "还没有密钥")
	other, err := piecework.ParseKeys(piecework.NewKey())
	s.Must(err)
	s.Must(piecework.SavePersonal(s.Ctx, s.DB, other, s.Workers[0].ID, map[piecework.PersonalColumn]string{piecework.IDNumber: "11010519491231002X"}, "test"))
	b.get(path).wants(t, 200, "个人信息是用密钥 "+other.Current()+" 加密的")
	b.post(path+"/show", "reason", "核对").wants(t, 409, other.Current())
	s.as("worker").get("/me/personal").wants(t, 200, "加密的")
}

func TestPersonalExportAndErasePages(t *testing.T) {
	s := newSite(t, withKeys(t))
	approved(s)
	id := s.Workers[0].ID
	path := fmt.Sprintf("/workers/%d/personal", id)
	own, admin, k := s.as("worker"), s.as("admin"), s.as("bookkeeper")
	own.get("/me/personal").wants(t, 200, "导出我的全部资料")
	for _, a := range []answer{own.post("/me/personal/export"), k.post(path + "/export")} {
		if a.status != 200 || !strings.HasPrefix(a.body, "PK") || !strings.Contains(a.header.Get("Content-Disposition"), "A1.zip") {
			t.Errorf("export: %d %v", a.status, a.header)
		}
	}
	own.get("/me/personal").wants(t, 200, "随本人全部资料导出", "孙会计")
	s.as("lead").post(path+"/export").wants(t, 403)
	if a := k.get(path); strings.Contains(a.body, path+"/erase") {
		t.Error("the bookkeeper is offered to erase")
	}
	admin.get(path).wants(t, 200, "2029年11月1日", path+"/erase")
	k.post(path+"/erase", "code", "A1").wants(t, 403)
	admin.post(path+"/erase", "code", "A2").wants(t, 422, "请输入 A1")
	admin.post(path+"/erase", "code", "A1").wants(t, 409, "还在岗")
	last := &piecework.Worker{Code: "A9", Name: "赵桂芳", WorkshopID: s.Workshop.ID, ShareWeight: piecework.ShareWeightOne} // without any record
	s.Must(piecework.SaveWorker(s.Ctx, s.DB, last))
	path = fmt.Sprintf("/workers/%d/personal", last.ID)
	admin.get(path).wants(t, 200, "离岗且没有未了结的事")
	admin.post(path+"/erase", "code", "A9").goes(t, path)
	admin.get(path).wants(t, 200, "能认出工人 A9 的信息已删除", "已删除 erased")
}

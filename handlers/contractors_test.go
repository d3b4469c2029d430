package handlers_test

import (
	"fmt"
	"testing"

	"jijian/piecework"
)

func TestContractors(t *testing.T) {
	s := newSite(t)
	b := s.as("lead")
	b.get("/contractors").wants(t, 200, "肥城工艺", "C1")
	b.get("/contractors?q=zzz").wants(t, 200, "zzz")
	b.get("/contractors/new").wants(t, 200)
	b.post("/contractors", "code", "C 2", "name", "").wants(t, 422, `value="C 2"`, "必须填写", "只能用字母")
	b.post("/contractors", "code", "C1", "name", "另一家").wants(t, 422, "已被使用")
	a := b.post("/contractors", "code", "C2", "name", "绢花公司", "phone", "13800000000")
	if a.status != 303 || a.location != "/contractors" {
		t.Fatalf("%d to %s", a.status, a.location)
	}
	b.get("/contractors").wants(t, 200, "绢花公司", "flash done")
	k, err := piecework.ContractorByCode(s.Ctx, s.DB, "C2")
	s.Must(err)
	path := fmt.Sprintf("/contractors/%d", k.ID)
	b.get(path).wants(t, 200, "13800000000")
	b.post(path, "name", "").wants(t, 422, "必须填写")
	b.post(path, "name", "绢花有限公司", "code", "X").wants(t, 303)
	b.get("/contractors").wants(t, 200, "绢花有限公司", "C2")
	b.get("/contractors/999").wants(t, 404)
	for i := range 60 {
		s.Must(piecework.SaveContractor(s.Ctx, s.DB, &piecework.Contractor{Code: fmt.Sprintf("X%02d", i), Name: "某厂"}))
	}
	b.get("/contractors?page=2").wants(t, 200, "X59")
}

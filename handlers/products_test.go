package handlers_test

import (
	"fmt"
	"testing"

	"jijian/piecework"
)

func TestProducts(t *testing.T) {
	s := newSite(t)
	lead := s.as("lead")
	lead.get("/products").wants(t, 200, "绢花", "仿真花", "剪瓣 → 粘花")
	lead.get("/products?q=zzz").wants(t, 200, "没有符合的款式")
	lead.get("/products/new").wants(t, 200, `value="P2"`, "假睫毛")
	lead.post("/products", "code", "P 2", "name", "", "craft", "earring").wants(t, 422, `value="P 2"`, "必须填写", `value="earring" selected`)
	lead.post("/products", "code", "P1", "name", "别的", "craft", "other").wants(t, 422, "已被使用")
	a := lead.post("/products", "code", "P2", "name", "珍珠耳环", "craft", "earring")
	list, err := piecework.Products(s.Ctx, s.DB, piecework.Filter{Query: "P2"})
	s.Must(err)
	path := fmt.Sprintf("/products/%d", list.Items[0].ID)
	a.goes(t, path)
	lead.get(path).wants(t, 200, "已添加款式 珍珠耳环", "还没有工序", `value="10"`)
	lead.post(path+"/operations", "name", "穿珠", "code", "b e", "seq", "x").wants(t, 422, `value="穿珠"`, `value="b e"`, `value="x"`)
	lead.post(path+"/operations", "name", "穿珠", "code", "bead", "seq", "10").goes(t, path)
	lead.post(path+"/operations", "name", "又穿", "code", "bead", "seq", "20").wants(t, 422, "已被使用")
	lead.get(path).wants(t, 200, "穿珠", "没有工价", `value="20"`)
	p, err := piecework.ProductByID(s.Ctx, s.DB, list.Items[0].ID)
	s.Must(err)
	step := fmt.Sprintf("/operations/%d", p.Operations[0].ID)
	lead.get(step).wants(t, 200, "珍珠耳环", `value="穿珠"`)
	lead.post(step, "name", "", "seq", "12").wants(t, 422, `value="12"`, "必须填写")
	lead.post(step, "name", "穿珍珠", "seq", "12").goes(t, path)
	lead.get(path+"/edit").wants(t, 200, `value="珍珠耳环"`)
	lead.post(path, "name", "", "craft", "gold").wants(t, 422, "修改款式 P2", "不在工艺之列")
	lead.post(path, "name", "流苏耳环", "craft", "other", "code", "X").goes(t, path)
	lead.get(path).wants(t, 200, "流苏耳环", "P2", "穿珍珠")
	lead.get("/products/999").wants(t, 404)
	lead.get("/operations/999").wants(t, 404)
	for _, user := range []string{"worker", "contractor"} {
		b := s.as(user)
		b.get(path).wants(t, 403)
		b.post(path, "name", "X", "craft", "other").wants(t, 403)
	}
	s.Agree(p.Operations[0], nil, "2026-10-01", "0.0275")
	lead.get(path).wants(t, 200, "¥0.0275")
}

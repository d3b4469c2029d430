package handlers_test

import (
	"strings"
	"testing"
)

func TestALongComputationShowsItsProgress(t *testing.T) {
	s := newSite(t)
	var compute func()
	s.server.Hold(func(f func()) { compute = f })
	month(s)
	b, other := s.as("lead"), s.as("bookkeeper")
	a := b.post("/runs", october...)
	at := a.location
	if a.status != 303 || !strings.HasPrefix(at, "/runs/computing/") {
		t.Fatalf("%d to %s", a.status, at)
	}
	b.get(at).wants(t, 200, "正在计算草稿", "按场次汇总计件", "写入结算单", `http-equiv="refresh"`)
	other.get(at).wants(t, 404)
	compute()
	if a = b.get(at); a.status != 303 || a.location != "/runs/1" {
		t.Fatalf("%d to %s", a.status, a.location)
	}
	b.get("/runs/1").wants(t, 200, "草稿已算好", "¥32.00")
	b.get(at).wants(t, 404, "草稿在结算列表里")

	// What is wrong is told there, too.
	at = b.post("/runs", "period", "other", "from", "2026-01-01", "to", "2026-01-31").location
	compute()
	b.get(at).wants(t, 409, "没有可结算的内容")
}

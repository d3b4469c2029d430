package handlers_test

import "testing"

// TestCorrectionThatDoesNotFit: the page shows what the correction comes to, what was taken of it, and what is carried by its kind.
func TestCorrectionThatDoesNotFit(t *testing.T) {
	s := newSite(t)
	month(s)
	b, k := s.as("lead"), s.as("bookkeeper")
	b.post("/runs", october...).wants(t, 303)
	k.post("/runs/1/approve").wants(t, 303)
	s.Session("S2", "2026-11-05")
	b.post("/tallies/2/strike", "session", "2", "reason", "数错了", "key", "k1").wants(t, 303)
	b.post("/runs", "period", "other", "from", "2026-11-01", "to", "2026-11-30").wants(t, 303)
	a := k.get("/slips/3")
	a.wants(t, 200, "−100 × 0.35 = −35.00，本期扣 0.00，结转下期 35.00", "更正 · 剪瓣", "−¥35.00", "借支 · 预支", "−¥465.00", `href="/slips/3?line=1#line-1"`)
	k.get("/slips/3?line=1").wants(t, 200, "由这些计件得出", "−100件")
}

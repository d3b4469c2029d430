package piecework_test

import (
	"strings"
	"testing"

	"jijian/piecework"
	"jijian/piecework/pieceworktest"
)

func TestNextCode(t *testing.T) {
	w := pieceworktest.NewWorld(t)
	for _, c := range []struct{ last, want string }{
		{"A09", "A10"}, {"A99", "A100"}, {"7", "8"}, {"999", "1000"}, {"ROSE", "ROSE-2"}, {"ROSE-2", "ROSE-3"}, {"王1", "王2"},
		{strings.Repeat("x", 40), ""}, {strings.Repeat("9", 40), ""},
	} {
		w.Must(piecework.SaveContractor(w.Ctx, w.DB, &piecework.Contractor{Code: c.last, Name: "某厂"}))
		if got, err := piecework.NextCode(w.Ctx, w.DB, (*piecework.Contractor)(nil), 0, "C1"); err != nil || got != c.want {
			t.Errorf("after %q: %q, %v; want %q", c.last, got, err, c.want)
		}
	}
}

func TestNextCodeIsFreeAndOfTheWorkshop(t *testing.T) {
	w := pieceworktest.NewWorld(t)
	other := piecework.NewWorkshop("W2", "绢花坊")
	w.Must(piecework.SaveWorkshop(w.Ctx, w.DB, other))
	next := func(workshop int64) string {
		t.Helper()
		code, err := piecework.NextCode(w.Ctx, w.DB, (*piecework.Worker)(nil), workshop, "B1")
		w.Must(err)
		return code
	}
	if got := next(other.ID); got != "B1" {
		t.Errorf("the first worker is %q, want B1", got)
	}
	for _, code := range []string{"B1", "A4"} {
		w.Must(piecework.SaveWorker(w.Ctx, w.DB, &piecework.Worker{Code: code, Name: "某人", WorkshopID: other.ID, ShareWeight: piecework.ShareWeightOne}))
	}
	if got := next(w.Workshop.ID); got != "A5" {
		t.Errorf("after A3, with A4 taken elsewhere: %q, want A5", got)
	}
}

func TestAllNamed(t *testing.T) {
	w := pieceworktest.NewWorld(t)
	w.Must(piecework.SaveContractor(w.Ctx, w.DB, &piecework.Contractor{Code: "B1", Name: "另一家"}))
	list, err := piecework.AllNamed(w.Ctx, w.DB, (*piecework.Contractor)(nil))
	w.Must(err)
	if len(list) != 2 || list[0].Code != "B1" || list[1].Name != "肥城工艺" || list[1].ID != w.Order.ContractorID {
		t.Errorf("all contractors: %+v", list)
	}
}

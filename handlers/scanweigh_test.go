package handlers_test

import (
	"fmt"
	"slices"
	"testing"

	"github.com/chromedp/chromedp"

	"jijian/piecework"
)

// What the scales say is sent with the tally and kept, also where a piece is lighter than a milligram can tell.
func TestScanByWeight(t *testing.T) {
	s := newSite(t)
	s.Cut.UnitUG = 5400
	s.Must(piecework.SaveOperation(s.Ctx, s.DB, &s.Cut))
	b := atBench(t, s)
	b.chooses("cut", "")
	b.scans(b.badges[1].Short())
	b.waits("the quantity is asked", `!document.querySelector('#pad').hidden`)
	b.does(chromedp.Click(`button[data-dialog="weigh-box"]`))
	b.waits("the known weight of a piece is there", `document.querySelector('#weigh-unit').value == '0.0054'`)
	b.does(chromedp.SendKeys("#weigh-gross", "52.7"), chromedp.SendKeys("#weigh-tare", "50"))
	b.waits("the pieces are worked out", `document.querySelector('#weigh-many').textContent == '500'`)
	b.does(chromedp.Click("#weigh-take"), chromedp.Click("#pad-take"))
	b.shows("ok", "500", "剪瓣")
	b.has("A2 cut 500/0/0/0 (52.7 − 50) ÷ 0.0054 g")
	list, err := piecework.Tallies(b.Ctx, b.DB, piecework.Filter{})
	b.Must(err)
	if w := list.Items[0].Weight; w.Gross() != "52.7" || w.Tare() != "50" || w.Unit() != "0.0054" {
		t.Errorf("kept: %+v", w)
	}
}

// A team is put together at the bench, each with the share weight of her file unless another is given.
func TestScanAsATeam(t *testing.T) {
	s := newSite(t)
	s.Workers[1].ShareWeight = 1_200_000
	s.Must(piecework.SaveWorker(s.Ctx, s.DB, &s.Workers[1]))
	b := atBench(t, s)
	b.chooses("glue", "")
	b.does(chromedp.Click(`button[data-dialog="more-box"]`), chromedp.Click(`#more-box button[data-dialog="team-box"]`))
	for _, code := range []string{"A1", "A2"} {
		b.does(chromedp.Click(fmt.Sprintf(`#team-members li[data-code=%q] label`, code)))
	}
	b.does(chromedp.Click("#team-take"))
	b.waits("the quantity is asked", `!document.querySelector('#pad').hidden`)
	b.scans("40")
	want, err := piecework.TeamOf(b.Ctx, b.DB, s.Workshop.ID, []piecework.TeamMember{{WorkerID: s.Workers[0].ID}, {WorkerID: s.Workers[1].ID}})
	b.Must(err)
	b.has(want.Code + " glue 40/0/0/0")
	members, err := piecework.TeamMembers(b.Ctx, b.DB, want.ID)
	b.Must(err)
	if !slices.EqualFunc(members[want.ID], []string{"1", "1.2"}, func(m piecework.TeamMember, share string) bool { return m.Share() == share }) {
		t.Errorf("members %+v", members)
	}
}

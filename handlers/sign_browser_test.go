package handlers_test

import (
	"fmt"
	"testing"

	"github.com/chromedp/chromedp"

	"jijian/payroll"
	"jijian/templates/browsertest"
)

// TestLookSign draws a signature in a real browser, clears it, draws another and confirms with that.
func TestLookSign(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	approved(s)
	window := browsertest.Open(t)
	browserAs(t, window, s.URL, "worker", password)
	s.Must(chromedp.Do(window, chromedp.Navigate(s.URL+"/slips/1"), chromedp.WaitVisible(".sign-pad canvas"), chromedp.ScrollIntoView(".sign-pad button")))
	box, err := chromedp.Run(window, chromedp.Evaluate[struct{ X, Y, Width, Height float64 }](
		`(({x, y, width, height}) => ({X: x, Y: y, Width: width, Height: height}))(document.querySelector('.sign-pad canvas').getBoundingClientRect())`))
	s.Must(err)
	if box.Width < 200 || box.Width < 2.4*box.Height || box.Width > 2.6*box.Height {
		t.Fatalf("the box is %+v", box)
	}
	line := func(x, y, toX, toY float64) chromedp.Action[chromedp.Void] {
		return chromedp.DragAndDropXY(box.X+x*box.Width, box.Y+y*box.Height, box.X+toX*box.Width, box.Y+toY*box.Height, 8)
	}
	s.Must(chromedp.Do(window, line(0.1, 0.1, 0.9, 0.9), chromedp.Click(".sign-pad button"), line(0.1, 0.5, 0.5, 0.5), line(0.6, 0.2, 0.8, 0.8),
		chromedp.Click(`form[action="/slips/1/confirm"] button.wide`), chromedp.WaitVisible("svg.signature")))
	slip, err := payroll.SlipByID(s.Ctx, s.DB, 1)
	s.Must(err)
	strokes := slip.Signature.Lines()
	if len(strokes) != 2 {
		t.Fatalf("signed with %v", strokes)
	}
	for i, want := range [][4]int{{100, 200, 500, 200}, {600, 80, 800, 320}} {
		first, last := strokes[i][0], strokes[i][len(strokes[i])-1]
		for j, got := range []int{first.X, first.Y, last.X, last.Y} {
			if got < want[j]-8 || got > want[j]+8 {
				t.Errorf("stroke %d is from %v to %v, want %v", i, first, last, fmt.Sprint(want))
			}
		}
	}
	_, err = payroll.Verify(s.Ctx, s.DB)
	s.Must(err)
}

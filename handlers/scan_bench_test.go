package handlers_test

import (
	"encoding/json"
	"slices"
	"testing"

	"github.com/chromedp/chromedp"

	"jijian/piecework"
)

// watch notes for each scan how long it takes from its Enter, by the clock of the key event, until the frame in which the card confirms it
// has been painted. The card confirms once the tally is on the disk of the device.
const watch = `
window.took = [];
addEventListener('keydown', e => { if (e.key == 'Enter') window.entered = e.timeStamp }, true);
new MutationObserver(() => {
	if (document.querySelector('#card').dataset.kind != 'ok' || !window.entered) return;
	const from = window.entered;
	window.entered = 0;
	requestAnimationFrame(() => setTimeout(() => window.took.push(performance.now() - from)));
}).observe(document.querySelector('#card'), {attributes: true, subtree: true, childList: true, characterData: true});`

// BenchmarkScanToCard takes scans in a real browser and reports the median from the Enter of a scan to the painted card, and the worst of
// twenty.
func BenchmarkScanToCard(b *testing.B) {
	s := newSite(b)
	manyWorkers(s, 30)
	s.Workshop.RepeatSeconds = 0
	s.Must(piecework.SaveWorkshop(s.Ctx, s.DB, s.Workshop))
	p := atBench(b, s)
	p.chooses("cut", "3")
	p.does(chromedp.Evaluate[chromedp.Void](watch))
	var took []float64
	for i := 0; b.Loop(); i++ {
		p.scans(p.badges[i%len(p.badges)].Short())
		p.until(func() bool {
			text, err := chromedp.Run(p.ctx, chromedp.Evaluate[string](`JSON.stringify(window.took)`))
			return err == nil && json.Unmarshal([]byte(text), &took) == nil && len(took) > i
		})
	}
	if len(took) < b.N {
		b.Fatalf("%d cards for %d scans", len(took), b.N)
	}
	slices.Sort(took)
	b.ReportMetric(took[len(took)/2], "ms/card")
	b.ReportMetric(took[len(took)*19/20], "ms/slowest-of-20")
}

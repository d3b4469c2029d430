package handlers_test

import (
	"context"
	"encoding/base64"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"jijian/templates/browsertest"
)

// walker is a person with a phone in her hand.
type walker struct {
	*site
	ctx context.Context
}

// goes opens a page.
func (w *walker) goes(path string) {
	w.Helper()
	w.does(chromedp.Navigate(w.URL + path))
}

func (w *walker) does(actions ...chromedp.Action[chromedp.Void]) {
	w.Helper()
	for _, a := range actions {
		ctx, stop := context.WithTimeout(w.ctx, 30*time.Second)
		err := chromedp.Do(ctx, a)
		stop()
		if err != nil {
			body, _ := chromedp.Run(w.ctx, chromedp.Evaluate[string](`document.querySelector('main')?.innerText ?? ''`))
			w.Fatalf("%v on this page:\n%s", err, body)
		}
	}
}

// fills sets the fields of the page: a selector and its value, in pairs.
func (w *walker) fills(pairs ...string) {
	w.Helper()
	for i := 0; i < len(pairs); i += 2 {
		w.does(chromedp.SetValue(pairs[i], pairs[i+1]))
	}
}

// presses a button and waits for the next page, the one that says what was done.
func (w *walker) presses(button string) {
	w.Helper()
	w.does(chromedp.Evaluate[chromedp.Void](`window.pressed = true`), chromedp.Click(button))
	done := w.until(func() bool {
		there, err := chromedp.Run(w.ctx, chromedp.Evaluate[bool](`!window.pressed && document.readyState == 'complete' && !!document.querySelector('.flash.done')`))
		return err == nil && there
	})
	if !done {
		w.sees("a message that says what was done")
	}
}

// sees fails unless the page shows the texts before long.
func (w *walker) sees(texts ...string) {
	w.Helper()
	var body, missing string
	seen := w.until(func() bool {
		// While one page makes way for the next there is nothing to read.
		body, _ = chromedp.Run(w.ctx, chromedp.Evaluate[string](`document.querySelector('main')?.innerText ?? ''`))
		at := slices.IndexFunc(texts, func(text string) bool { return !strings.Contains(body, text) })
		if at >= 0 {
			missing = texts[at]
		}
		return at < 0
	})
	if !seen {
		w.Errorf("%q is not on the page:\n%s", missing, body)
	}
}

// until asks again and again whether something holds, for as long as a loaded machine may need.
func (w *walker) until(holds func() bool) bool {
	for end := time.Now().Add(20 * time.Second); time.Now().Before(end); time.Sleep(50 * time.Millisecond) {
		if holds() {
			return true
		}
	}
	return false
}

// saves follows a link to a file and returns its content.
func (w *walker) saves(link string) string {
	w.Helper()
	data, err := chromedp.Run(w.ctx, chromedp.Evaluate[string](fmt.Sprintf(`fetch(document.querySelector(%q).href).then(r => r.arrayBuffer())
		.then(b => btoa(Array.from(new Uint8Array(b), c => String.fromCharCode(c)).join('')))`, link), chromedp.EvalAwaitPromise))
	w.Must(err)
	file, err := base64.StdEncoding.DecodeString(data)
	w.Must(err)
	return string(file)
}

// TestMainJob does the main job on a phone, from the first order to the printed slip: the lead counts and settles, the
// bookkeeper approves, the worker reads her slip.
func TestMainJob(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	lead := &walker{s, browsertest.Open(t)}
	lead.does(chromedp.EmulateViewport(390, 844))
	browserAs(t, lead.ctx, s.URL, "lead", password)

	lead.goes("/orders/new")
	lead.fills("#f-contractor", "1", "#f-product", "1", "#f-code", "O2", "#f-quantity", "600", "#f-unit_fee", "0.9", "#f-ordered_on", "2026-10-06")
	lead.presses("footer.actions button")
	lead.goes("/rates/new?operation=1")
	lead.fills("#f-effective_from", "2026-10-01", "#f-rate", "0.35")
	lead.does(chromedp.Click("footer.actions button"), chromedp.WaitVisible(`button[value="save"]`))
	lead.presses(`button[value="save"]`)

	lead.goes("/sessions/new")
	lead.fills("#f-date", "2026-10-06", "#f-code", "MONDAY")
	lead.presses("footer.actions button")
	lead.does(chromedp.Click(`.presence form[action$="/in"] button.wide`), chromedp.WaitVisible(".toggle.here"))
	lead.sees("MONDAY", "3 / 3")
	lead.fills("#f-work", "2-1")
	lead.does(chromedp.SendKeys("#f-good-1", "120"), chromedp.SendKeys("#f-good-2", "900"), chromedp.SendKeys("#f-scrap_material-2", "5"))
	lead.sees("2 人", "1,020 件")
	lead.presses("footer.actions button")
	lead.sees("已为 2 人记 剪瓣", "1,020")

	// 900 was a slip of the finger: struck, and counted again as 90.
	lead.goes("/tallies?q=A2")
	lead.does(chromedp.Click("table.rows td.main a"), chromedp.WaitVisible("details.confirm summary"))
	lead.does(chromedp.Click("details.confirm summary"), chromedp.SetValue("#f-reason", "多按了一个零"))
	lead.presses("details.confirm form button")
	lead.sees("已冲销", "多按了一个零")
	lead.goes("/sessions/2?work=2-1")
	lead.fills("#f-good-2", "90", "#f-scrap_material-2", "5")
	lead.presses("footer.actions button")
	lead.sees("210")
	lead.goes("/sessions/2/closing")
	lead.presses(`form[action$="/close"] button`)
	lead.sees("已关闭")

	lead.goes("/runs/new")
	lead.does(chromedp.Click(`input[value="other"]`))
	lead.fills("#f-from", "2026-10-06", "#f-to", "2026-10-15")
	lead.presses("footer.actions button")
	lead.sees("草稿", "¥75.25", "没有异常", "由会计或管理员审核")

	books := &walker{s, browsertest.Open(t)}
	browserAs(t, books.ctx, s.URL, "bookkeeper", password)
	books.goes("/runs/1")
	books.does(chromedp.Click(".decide details.confirm summary"))
	books.presses(".decide details.confirm form button")
	books.sees("已审核")

	worker := &walker{s, browsertest.Open(t)}
	worker.does(chromedp.EmulateViewport(360, 640))
	browserAs(t, worker.ctx, s.URL, "worker", password)
	worker.goes("/me")
	worker.does(chromedp.Click(".picks a"), chromedp.WaitVisible(".receipt"))
	worker.sees("120件 × ¥0.35", "→ ¥42.00", "O2")
	worker.does(chromedp.Click("a.why"), chromedp.WaitVisible("details.why"))
	worker.sees("MONDAY", "王组长")
	text := pdfText(t, worker.saves(`a[href$="format=80mm"]`))
	for _, want := range []string{"王秀英", "剪瓣", "120", "0.35", "42.00", "人民币肆拾贰元整"} {
		if !strings.Contains(text, want) {
			t.Errorf("%q is not in the printed slip:\n%s", want, text)
		}
	}
	text = pdfText(t, books.saves(`a[href$="format=a4"]`))
	if !strings.Contains(text, "33.25") || !strings.Contains(text, "42.00") {
		t.Errorf("three to a sheet:\n%s", text)
	}
}

package handlers_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/chromedp"

	"jijian/piecework"
	"jijian/templates"
	"jijian/templates/browsertest"
)

// bench is a lead at the scan page, and the codes that lie before her.
type bench struct {
	walker
	badges  []piecework.Code // of the world's workers
	tickets []piecework.BundleTicket
}

// atBench opens the scan page for the world's session S1, signed in as the lead.
func atBench(t testing.TB, s *site, options ...chromedp.ExecAllocatorOption) *bench {
	t.Helper()
	b := &bench{walker: walker{s, browsertest.Open(t, options...)}}
	ids := make([]int64, len(s.Workers))
	for i := range s.Workers {
		ids[i] = s.Workers[i].ID
	}
	codes, err := piecework.CodesOf(s.Ctx, s.DB, piecework.WorkerBadge, s.Workshop.ID, "test", ids...)
	s.Must(err)
	for _, id := range ids {
		b.badges = append(b.badges, codes[id])
	}
	browserAs(t, b.ctx, s.URL, "lead", password)
	b.does(chromedp.EmulateViewport(390, 844))
	b.opens("")
	return b
}

// opens loads the page and waits until it takes scans.
func (b *bench) opens(query string) {
	b.Helper()
	b.goes("/scan" + query)
	b.waits("the page takes scans", `document.documentElement.dataset.scan == 'ready'`)
}

// waits until a condition of the page holds.
func (b *bench) waits(what, condition string) {
	b.Helper()
	holds := b.until(func() bool {
		is, err := chromedp.Run(b.ctx, chromedp.Evaluate[bool](condition))
		return err == nil && is
	})
	if !holds {
		text, _ := chromedp.Run(b.ctx, chromedp.Evaluate[string](`document.querySelector('main')?.innerText ?? ''`))
		b.Fatalf("waited in vain until %s; the page says:\n%s", what, text)
	}
}

// shows waits until the card is of a kind and holds the texts.
func (b *bench) shows(kind string, texts ...string) {
	b.Helper()
	condition := fmt.Sprintf(`document.querySelector('#card').dataset.kind == %q`, kind)
	for _, text := range texts {
		condition += fmt.Sprintf(` && document.querySelector('#card').innerText.includes(%q)`, text)
	}
	b.waits(fmt.Sprintf("the card is %s: %s", kind, texts), condition)
}

// scans types a code and Enter as a scanner does.
func (b *bench) scans(text string) {
	b.Helper()
	b.does(wedge(text+"\n", 0, false))
}

// chooses the way of counting: an operation of order O1, and how many pieces each time ("" is asked).
func (b *bench) chooses(operation, fixed string) {
	b.Helper()
	b.does(chromedp.Click("#work"), chromedp.Click(`input[value="operation"]`), chromedp.SetValue("#work-operation", "O1/"+operation),
		chromedp.Evaluate[chromedp.Void](fmt.Sprintf(`document.querySelector('#work-fixed').value = %q`, fixed)), chromedp.Click(`#work-form button[value="ok"]`))
}

// wedge sends key events as a scanner that types. With method they come the way a Chinese input method hands them on: the key is
// "Process" and the old code 229, and only the place on the keyboard tells which it was. Line breaks are Enter.
func wedge(text string, between time.Duration, method bool) chromedp.Action[chromedp.Void] {
	return chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
		at := time.Now()
		for _, c := range text {
			key := pressed(c, method)
			key.Type = input.DispatchKeyEventTypeRawKeyDown
			if _, err := cdp.Call(ctx, t, input.DispatchKeyEvent, key); err != nil {
				return err
			}
			at = at.Add(between)
			time.Sleep(time.Until(at))
		}
		return nil
	})
}

// pressed is the key of a character.
func pressed(c rune, method bool) input.DispatchKeyEventParams {
	k := input.DispatchKeyEventParams{Key: string(c), WindowsVirtualKeyCode: int64(c)}
	switch {
	case c == '\n':
		return input.DispatchKeyEventParams{Key: "Enter", Code: "Enter", WindowsVirtualKeyCode: 13}
	case c >= '0' && c <= '9':
		k.Code = "Digit" + string(c)
	case c >= 'A' && c <= 'Z':
		k.Code, k.Modifiers = "Key"+string(c), 8
	case c >= 'a' && c <= 'z':
		k.Code, k.WindowsVirtualKeyCode = "Key"+strings.ToUpper(string(c)), int64(c-'a'+'A')
	case c == ':':
		k.Code, k.WindowsVirtualKeyCode, k.Modifiers = "Semicolon", 186, 8
	case c == '/':
		k.Code, k.WindowsVirtualKeyCode = "Slash", 191
	case c == '.':
		k.Code, k.WindowsVirtualKeyCode = "Period", 190
	case c == '-':
		k.Code, k.WindowsVirtualKeyCode = "Minus", 189
	}
	if method {
		k.Key, k.WindowsVirtualKeyCode = "Process", 229
	}
	return k
}

// counted is every tally of the session, the first first, as worker, operation, ticket and counts.
func (b *bench) counted() []string {
	b.Helper()
	page, err := piecework.Tallies(b.Ctx, b.DB, piecework.Filter{})
	b.Must(err)
	var list []string
	for i := len(page.Items) - 1; i >= 0; i-- {
		t := page.Items[i]
		line := fmt.Sprintf("%s %s %d/%d/%d/%d", t.Worker.Code, t.Operation.Code, t.Good, t.Rework, t.ScrapWorkmanship, t.ScrapMaterial)
		if t.Ticket != "" {
			line += " " + t.Ticket
		}
		if t.ReversesID != 0 {
			line += " reverses: " + t.Reason
		}
		list = append(list, line)
	}
	return list
}

// has fails unless the database soon holds these tallies and no other.
func (b *bench) has(want ...string) {
	b.Helper()
	var got []string
	if !b.until(func() bool { got = b.counted(); return strings.Join(got, "\n") == strings.Join(want, "\n") }) {
		b.Errorf("the database holds:\n%s\nwant:\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

func TestScanSessionFirst(t *testing.T) {
	b := atBench(t, newSite(t))
	b.shows("ready", "请扫工牌或菲票")
	b.chooses("cut", "20")
	b.shows("ready", "请扫工牌")
	b.scans(b.badges[0].Short())
	b.shows("ok", "王秀英", "20", "剪瓣", "今天 20 件")
	b.has("A1 cut 20/0/0/0")
}

func TestScanLook(t *testing.T) {
	b := atBench(t, newSite(t))
	for _, lang := range templates.Languages {
		browsertest.Look(t, b.ctx, "scan-"+lang, b.URL+"/scan?lang="+lang)
		b.does(chromedp.EmulateViewport(360, 640))
	}
}

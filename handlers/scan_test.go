package handlers_test

import (
	"context"
	"fmt"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"

	"jijian/piecework"
	"jijian/templates"
	"jijian/templates/browsertest"
)

// bench is a lead at the scan page, and the codes that lie before her.
type bench struct {
	walker
	badges []piecework.Code // of the world's workers
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

// holds lets every card that is shown from the next page on stay for a minute, where it would make room after two seconds: what is
// said while a page loads may be over before a busy machine looks.
func (b *bench) holds() {
	b.Helper()
	b.does(chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
		_, err := cdp.Call(ctx, t, page.AddScriptToEvaluateOnNewDocument, page.AddScriptToEvaluateOnNewDocumentParams{
			Source: `const soon = setTimeout; setTimeout = (fn, ms, ...args) => soon(fn, ms >= 2000 ? 60000 : ms, ...args)`})
		return err
	}))
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

// takes waits until the card says that something was counted, whether or not the server then had a remark about it.
func (b *bench) takes(texts ...string) {
	b.Helper()
	condition := `['ok', 'warning'].includes(document.querySelector('#card').dataset.kind)`
	for _, text := range texts {
		condition += fmt.Sprintf(` && document.querySelector('#card').innerText.includes(%q)`, text)
	}
	b.waits(fmt.Sprintf("it is counted: %s", texts), condition)
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
		if !t.Weight.IsZero() {
			line += fmt.Sprintf(" (%s − %s) ÷ %s g", t.Weight.Gross(), t.Weight.Tare(), t.Weight.Unit())
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

// TestScanLook looks at the page of a workshop with a long name: it is shortened and pushes nothing out of the window.
func TestScanLook(t *testing.T) {
	s := newSite(t)
	_, err := s.DB.NewUpdate().Model((*piecework.Workshop)(nil)).Set("name = ?", "桃花社区第一微工厂扎花车间二楼").Where("id = ?", s.Workshop.ID).Exec(s.Ctx)
	s.Must(err)
	b := atBench(t, s)
	for _, lang := range templates.Languages {
		browsertest.Look(t, b.ctx, "scan-"+lang, b.URL+"/scan?lang="+lang)
		b.does(chromedp.EmulateViewport(360, 640))
		b.opens("?lang=" + lang)
		b.waits("all is in the window", `document.querySelector('#session').textContent.includes('二楼') &&
			[...document.querySelectorAll('.scan > * > *')].every((e) => e.getBoundingClientRect().right <= innerWidth + 1)`)
	}
}

// TestScanLeadsToSession follows the ways from the page to the session's own pages.
func TestScanLeadsToSession(t *testing.T) {
	b := atBench(t, newSite(t))
	for link, title := range map[string]string{"#grid-link": "S1", "#board-link": "看板 S1", "#closing-link": "关闭场次 S1"} {
		b.opens("")
		b.does(chromedp.Click(`button[data-dialog="more-box"]`), chromedp.Click(link))
		b.waits(link+" leads to "+title, fmt.Sprintf(`location.pathname.startsWith('/sessions/') && document.title.includes(%q)`, title))
	}
}

var loaded = regexp.MustCompile(`(?:src|href)="(/static/[^"]+)"`)

// TestScanIsSmall weighs what a phone loads before anybody uses the camera: the page and all it names, compressed.
func TestScanIsSmall(t *testing.T) {
	s := newSite(t)
	b := s.as("lead")
	page := b.get("/scan").body
	b.header.Set("Accept-Encoding", "gzip") // by hand: what comes back stays compressed
	sum := len(b.get("/scan").body)
	files := 0
	for _, m := range loaded.FindAllStringSubmatch(page, -1) {
		sum += len(b.get(m[1]).body)
		files++
	}
	t.Logf("%d bytes in the page and %d files", sum, files)
	if sum >= 60_000 || files < 5 {
		t.Errorf("the page and its %d files are %d bytes compressed, want less than 60,000", files, sum)
	}
	b.get("/scan").wants(t, 200)
	if policy := b.get("/").header.Get("Content-Security-Policy"); strings.Contains(policy, "wasm") {
		t.Errorf("another page may run WebAssembly: %s", policy)
	}
	if policy := b.get("/scan").header.Get("Content-Security-Policy"); !strings.Contains(policy, "script-src 'self' 'wasm-unsafe-eval';") {
		t.Errorf("the scan page may not run WebAssembly: %s", policy)
	}
}

// TestScanSessionCode follows the code of a session to that session; one of another workshop leads nowhere.
func TestScanSessionCode(t *testing.T) {
	s := newSite(t)
	s.Session("S2", "2026-10-06")
	codes, err := piecework.CodesOf(s.Ctx, s.DB, piecework.SessionCode, s.Workshop.ID, "test", 1)
	s.Must(err)
	if a := s.as("lead").get("/scan?code=" + codes[1].Short()); a.status != 303 || a.location != "/scan?session=S1" {
		t.Errorf("%d %s", a.status, a.location)
	}
	s.as("lead2").get("/scan?code="+codes[1].String()).wants(t, 200, "请扫工牌或菲票")
	b := atBench(t, s)
	b.waits("the latest session is open", `document.querySelector('#session').innerText.startsWith('S2')`)
	b.scans(codes[1].String())
	b.waits("the session scanned is open", `document.documentElement.dataset.scan == 'ready' && document.querySelector('#session').innerText.startsWith('S1')`)
	b.holds()
	b.opens("?code=" + piecework.Code{Kind: piecework.SessionCode, Serial: 4711}.String())
	b.shows("unknown", "不认识的码")
	b.does(chromedp.Evaluate[chromedp.Void](inStore(`store.refresh().then(() => new Promise(requestAnimationFrame)).then(() => new Promise(requestAnimationFrame))`),
		chromedp.EvalAwaitPromise))
	b.shows("unknown", "不认识的码")              // a new copy of names and orders does not cut it short
	b.opens("?code=" + b.badges[0].String()) // as the QR code of a badge leads here
	b.shows("half", "王秀英", "再扫菲票")
}

// names gives the world's workers names of their own.
func names(s *site, list ...string) {
	s.Helper()
	for i, name := range list {
		s.Workers[i].Name = name
		s.Must(piecework.SaveWorker(s.Ctx, s.DB, &s.Workers[i]))
	}
}

// cut cuts order O1 into tickets of 50.
func cut(s *site, n int64, operations ...string) []piecework.BundleTicket {
	s.Helper()
	tickets, err := piecework.CutTickets(s.Ctx, s.DB, piecework.Cut{OrderID: s.Order.ID, Size: 50, Quantity: 50 * n, Operations: operations, By: "test"})
	s.Must(err)
	return tickets
}

func TestScanTickets(t *testing.T) {
	s := newSite(t)
	names(s, "王秀英", "单晓乐", "李桂花")
	glue, all := cut(s, 4, "glue"), cut(s, 3)
	b := atBench(t, s)
	code := func(t piecework.BundleTicket) string { return t.Code().String() }

	b.scans(b.badges[0].Short())
	b.shows("half", "王秀英", "再扫菲票", "今天 0 件")
	b.scans(code(glue[0]))
	b.takes("王秀英", "50", "粘花", "今天 50 件")
	b.scans(glue[1].Code().Short())
	b.shows("half", "再扫工牌", "50", "绢花", code(glue[1]))
	b.scans(b.badges[1].Address(s.URL))
	b.takes("单晓乐", "50", "粘花", "今天 50 件")
	b.scans(code(glue[1]))
	b.shows("duplicate", "已经计过")

	// Several operations: asked, and Enter takes the next one.
	b.scans(code(all[0]))
	b.scans(b.badges[2].Short())
	b.shows("half", "李桂花", "哪道工序")
	b.scans(b.badges[1].Short()) // too early: nothing is lost, and nobody else's is counted
	b.shows("warning", "请先选工序")
	b.does(wedge("\n", 0, false))
	b.takes("李桂花", "剪瓣")
	b.scans(code(all[0]))
	b.scans(b.badges[0].Short())
	b.takes("王秀英", "粘花") // the only one left

	// Quality by command codes: a scanned one more each, which the ticket's good pieces lose.
	b.scans(piecework.AsScrapByWorkmanship.Code().String())
	b.scans(piecework.AsScrapByWorkmanship.Code().Short())
	b.scans(b.badges[1].Short())
	b.scans(code(glue[2]))
	b.shows("half", "单晓乐", "48")
	b.scans(piecework.Finish.Code().String())
	b.takes("单晓乐", "48", "工废 2")

	b.scans("W0000013")
	b.shows("unknown", "读错了")
	b.scans(piecework.Code{Kind: piecework.WorkerBadge, Serial: 4711}.String())
	b.shows("unknown", "不认识的码")
	b.scans("6901234567892")
	b.shows("unknown", "这不是我们的码")

	b.scans(piecework.Undo.Code().String())
	b.shows("undone", "单晓乐", "48", "今天 50 件")
	b.scans(code(glue[2])) // free again
	b.shows("half", "再扫工牌", "50")
	b.scans(b.badges[0].Short())
	b.takes("王秀英", "50")
	b.has("A1 glue 50/0/0/0 "+code(glue[0]), "A2 glue 50/0/0/0 "+code(glue[1]), "A3 cut 50/0/0/0 "+code(all[0]), "A1 glue 50/0/0/0 "+code(all[0]),
		"A2 glue 48/0/2/0 "+code(glue[2]), "A2 glue 48/0/2/0 "+code(glue[2])+" reverses: 现场撤销", "A1 glue 50/0/0/0 "+code(glue[2]))
}

// TestScanReplaced scans what newer codes took the place of: it is said so, and whose it was.
func TestScanReplaced(t *testing.T) {
	s := newSite(t)
	names(s, "王秀英", "单晓乐", "李桂花")
	ticket := cut(s, 2, "glue")[0]
	badges, err := piecework.CodesOf(s.Ctx, s.DB, piecework.WorkerBadge, s.Workshop.ID, "test", s.Workers[0].ID)
	s.Must(err)
	old := badges[s.Workers[0].ID]
	_, err = piecework.ReplaceCode(s.Ctx, s.DB, piecework.WorkerBadge, s.Workers[0].ID, "test", "lost")
	s.Must(err)
	_, err = piecework.SplitTicket(s.Ctx, s.DB, piecework.Split{TicketID: ticket.ID, Parts: []int64{20, 30}, Reason: "two work on it", By: "test"})
	s.Must(err)
	b := atBench(t, s)
	b.scans(old.Short())
	b.shows("unknown", "王秀英", "已被新工牌替换", old.String())
	b.scans(ticket.Code().String())
	b.shows("unknown", "已被新菲票替换", ticket.Code().String())
	b.has()
}

func TestScanBadges(t *testing.T) {
	s := newSite(t)
	names(s, "王秀英", "单晓乐", "李桂花")
	b := atBench(t, s)
	b.chooses("cut", "20")
	b.scans(b.badges[0].Short())
	b.takes("王秀英", "20")
	b.scans(b.badges[0].Short()) // a scanner that reads twice
	b.shows("duplicate", "王秀英", "3 秒内同一工牌不重复计")
	b.chooses("cut", "")
	b.scans(b.badges[1].Short())
	b.shows("half", "单晓乐", "多少件")
	b.does(wedge("24\n", 150*time.Millisecond, true)) // a person types
	b.takes("单晓乐", "24")

	b.scans(b.badges[2].Short())
	b.scans(piecework.Times50.Code().Short())
	b.scans(piecework.Times10.Code().Short())
	b.scans(piecework.AsRework.Code().Short())
	b.scans(piecework.Times10.Code().Short())
	b.shows("half", "李桂花", "60")
	b.does(chromedp.Click(`[data-kind="scrap_material"]`), chromedp.Click(`[data-step="1"]`), chromedp.Click(`[data-kind="good"]`), chromedp.Click(`[data-step="-1"]`))
	b.shows("half", "李桂花", "59")
	b.scans(b.badges[0].Short()) // the next person: what was said is counted
	b.shows("half", "王秀英", "今天 20 件")
	b.does(chromedp.Click("#pad-drop"))
	b.shows("ready")

	// Without a badge: by the letters of her name, of which 单 and 乐 have several.
	b.does(wedge("CXY", 150*time.Millisecond, true))
	b.waits("the name is found", `document.querySelector('#typed').innerText.includes('单晓乐')`)
	b.does(wedge("\n", 0, true))
	b.shows("half", "单晓乐")
	b.does(chromedp.Click(".weigh"), chromedp.SendKeys("#weigh-gross", "1252.6"), chromedp.SendKeys("#weigh-tare", "250"), chromedp.SendKeys("#weigh-unit", "2.5"))
	b.waits("the number is shown", `document.querySelector('#weigh-many').innerText == '401'`)
	b.does(chromedp.Click("#weigh-take"), chromedp.Click("#pad-take"))
	b.takes("单晓乐", "401")

	b.does(chromedp.Click(`.ways [data-dialog="more-box"]`), chromedp.Click(`[data-dialog="team-box"]`), chromedp.Click(`#team-members [data-code="A1"] label`))
	b.scans(b.badges[2].Short())
	b.does(chromedp.Evaluate[chromedp.Void](`document.querySelector('#team-members [data-code="A3"] input[type="text"]').select()`),
		chromedp.SendKeys(`#team-members [data-code="A3"] input[type="text"]`, "1.5"), chromedp.Click("#team-take"))
	b.shows("half", "王秀英", "李桂花")
	b.does(wedge("300\n", 150*time.Millisecond, false))
	b.takes("300")
	members, err := piecework.MembersByCode(s.Ctx, s.DB, s.Workshop.ID, []string{"A1", "A3"})
	s.Must(err)
	members[1].ShareWeight = 1_500_000
	team := piecework.TeamCode(members)

	b.waits("the team's tally is at the top", `document.querySelector('#log li:first-child').innerText.includes('300')`)
	b.does(chromedp.Click("#log li:nth-child(1) button"), chromedp.Click(`.chip:nth-child(2)`), chromedp.Click(`#undo-form button[value="ok"]`))
	b.shows("undone", "300")
	b.has("A1 cut 20/0/0/0", "A2 cut 24/0/0/0", "A3 cut 59/10/0/1", "A2 cut 401/0/0/0 (1252.6 − 250) ÷ 2.5 g", team+" cut 300/0/0/0", team+" cut 300/0/0/0 reverses: 件数错了")
}

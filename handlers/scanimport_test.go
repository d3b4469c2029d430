package handlers_test

import (
	"bytes"
	"fmt"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"

	"jijian/templates"
	"jijian/templates/browsertest"
)

// upload sends a form with a file.
func (b *browser) upload(path, name, content string) answer {
	b.Helper()
	var body bytes.Buffer
	form := multipart.NewWriter(&body)
	b.Must(form.WriteField("csrf", b.csrf))
	file, err := form.CreateFormFile(name, "queue.json")
	b.Must(err)
	_, err = file.Write([]byte(content))
	b.Must(err)
	b.Must(form.Close())
	return b.do("POST", path, form.FormDataContentType(), body.String())
}

func queueOf(workshop string, tallies ...string) string {
	return fmt.Sprintf(`{"jijian_queue":1,"saved_at":"2026-10-05T04:00:00Z","queues":[{"workshop":%q,"tallies":[%s]}]}`, workshop, strings.Join(tallies, ","))
}

func TestSavedQueueIsReadIn(t *testing.T) {
	s := newSite(t)
	b := s.as("lead")
	b.get("/scan/import").wants(t, 200, `enctype="multipart/form-data"`)
	first, second := tally("q1", "3"), tally("q2", "4")
	stranger := strings.Replace(tally("q3", "5"), `"A1"`, `"A9"`, 1)
	file := queueOf("W1", first, second, stranger, `{"uid":"q4","good":1}`)
	a := b.upload("/scan/import", "file", file)
	a.wants(t, 200, "王秀英", "没有工人", "已留在复核中")
	if strings.Count(a.body, "刚刚记录") != 3 || strings.Index(a.body, "A9") > strings.Index(a.body, "王秀英") {
		t.Errorf("what needs a person does not come first, or two are not recorded: %s", a.body)
	}
	s.wantsStored(3, 4)
	// The same once more, by somebody else of the workshop, and half of it new.
	a = s.as("admin").upload("/scan/import", "file", queueOf("W1", first, tally("q5", "6")))
	a.wants(t, 200, "早已记录", "刚刚记录")
	s.wantsStored(3, 4, 6)
	a = s.as("lead2").upload("/scan/import", "file", queueOf("W1", tally("q6", "7")))
	a.wants(t, 200, "属于另一个微工厂")
	if strings.Contains(a.body, "王秀英") {
		t.Error("a lead of another workshop is told a name")
	}
	s.wantsStored(3, 4, 6)
	for _, bad := range []struct{ file, says string }{
		{"", "不是扫码页保存的文件"}, {"[]", "不是扫码页保存的文件"}, {`{"jijian_queue":2}`, "不是扫码页保存的文件"},
		{queueOf("W1"), "里面没有计件"}, {queueOf("W1", strings.TrimSuffix(strings.Repeat("1,", 20_001), ",")), "最多"},
	} {
		b.upload("/scan/import", "file", bad.file).wants(t, 422, bad.says)
	}
	b.upload("/scan/import", "other", "{}").wants(t, 422, "请选择设备保存的文件")
	b.post("/scan/import").wants(t, 422, "请选择设备保存的文件")
	b.upload("/scan/import", "file", strings.Repeat(" ", 9<<20)).wants(t, 413)
	b.csrf = ""
	b.upload("/scan/import", "file", file).wants(t, 403)
	s.as("worker").upload("/scan/import", "file", file).wants(t, 403)
	s.wantsStored(3, 4, 6)
}

// TestScanOfflineExport: a device that cannot get online saves its queue, a lead reads the file in elsewhere, and when the device
// sends after all, everything is known already.
func TestScanOfflineExport(t *testing.T) {
	s := newSite(t)
	sc := s.newScanner("lead")
	sc.line.Cut()
	for i := range 5 {
		sc.counts("A1", i+1)
	}
	file := asks[string](sc, `store.exported()`)
	s.as("lead").upload("/scan/import", "file", file).wants(t, 200, "刚刚记录")
	s.wantsStored(1, 2, 3, 4, 5)
	sc.line.Lead(strings.TrimPrefix(s.URL, "http://"))
	sc.runs(`void dispatchEvent(new Event('online'))`)
	sc.waits(`store.counts().duplicate === 5 && store.counts().queued === 0`)
	s.wantsStored(1, 2, 3, 4, 5)
	sc.runs(`store.refresh()`)
	if got := sc.today("A1"); got != 15 {
		t.Errorf("she has %d today, want 15", got)
	}
}

// TestScanOfflineRefused: what the server refuses stays on the device and in the review, and may be sent again.
func TestScanOfflineRefused(t *testing.T) {
	s := newSite(t)
	sc := s.newScanner("lead")
	sc.line.Cut()
	sc.counts("A1", 1)
	sc.counts("A9", 2)
	sc.counts("A2", 3)
	sc.line.Lead(strings.TrimPrefix(s.URL, "http://"))
	sc.runs(`void dispatchEvent(new Event('online'))`)
	sc.waits(`store.counts().person === 1 && store.counts().sent === 2`)
	s.wantsStored(1, 3)
	if held := asks[bool](sc, `(e => e.held && e.reason.includes('A9'))(store.entries().find(e => e.state === 'person'))`); !held {
		t.Error("it is not held for review with the reason")
	}
	sc.does(chromedp.Click("#sync"), chromedp.WaitVisible("#queue li"))
	sc.sees("没有工人", "已留在复核中", "重新上传")
	sc.runs(`(globalThis.refused = store.entries().find(e => e.state === 'person').answered, document.querySelector('#queue button').click())`)
	sc.waits(`store.entries().some(e => e.state === 'person' && e.answered > refused)`)
	sc.does(chromedp.Evaluate[chromedp.Void](`document.querySelector('#queue button + button').click()`))
	sc.waits(`store.counts().person === 0 && store.entries().length === 2 && document.querySelector('#queue').hidden`)
	var held int
	s.Must(s.DB.NewRaw("SELECT COUNT(*) FROM held_tallies").Scan(s.Ctx, &held))
	if held != 1 {
		t.Errorf("%d are held for review, want 1", held)
	}
}

// TestLookSavedQueue looks at the page that reads a saved queue, before and after.
func TestLookSavedQueue(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	b := s.as("lead")
	file := queueOf("W1", strings.Replace(tally("q3", "5"), `"A1"`, `"A9"`, 1), tally("q1", "120"), strings.Replace(tally("q2", "80"), `"A1"`, `"A2"`, 1))
	web := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		lang, read := strings.CutPrefix(r.URL.Path, "/read/")
		if !read {
			s.server.ServeHTTP(w, r)
			return
		}
		a := b.upload("/scan/import?lang="+lang, "file", file)
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		w.Header().Set("Content-Security-Policy", a.header.Get("Content-Security-Policy"))
		fmt.Fprint(w, a.body)
	}))
	defer web.Close()
	ctx := browsertest.Open(t)
	browserAs(t, ctx, web.URL, "lead", password)
	for _, lang := range templates.Languages {
		browsertest.Look(t, ctx, "queue-ask-"+lang, web.URL+"/scan/import?lang="+lang)
		browsertest.Look(t, ctx, "queue-read-"+lang, web.URL+"/read/"+lang)
	}
}

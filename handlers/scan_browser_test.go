package handlers_test

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"jijian/piecework"
)

// manyWorkers adds workers to a world until it has n.
func manyWorkers(s *site, n int) {
	s.Helper()
	for i := len(s.Workers); i < n; i++ {
		w := piecework.Worker{Code: fmt.Sprintf("A%d", i+1), Name: "王秀英", WorkshopID: s.Workshop.ID, ShareWeight: piecework.ShareWeightOne, Active: true}
		s.Must(piecework.SaveWorker(s.Ctx, s.DB, &w))
		s.Workers = append(s.Workers, w)
	}
}

// TestScanThousand makes a thousand tallies as quickly as a scanner types, with a Chinese input method between it and the page: badges
// after the operation was chosen once, then badges and tickets in either order; by digits, letters and addresses.
func TestScanThousand(t *testing.T) {
	t.Parallel()
	const badges, pairs = 800, 200
	s := newSite(t)
	manyWorkers(s, 50)
	s.Workshop.RepeatSeconds = 0
	s.Must(piecework.SaveWorkshop(s.Ctx, s.DB, s.Workshop))
	tickets, err := piecework.CutTickets(s.Ctx, s.DB, piecework.Cut{OrderID: s.Order.ID, Size: 7, Quantity: 7 * pairs * 2, Operations: []string{"glue"}, By: "test"})
	s.Must(err)
	b := atBench(t, s)
	const each = 5 * time.Millisecond
	b.chooses("cut", "3")
	want := map[string]int{}
	for i := range badges {
		badge := b.badges[i%len(b.badges)]
		text := badge.Short()
		if i%20 == 0 {
			text = badge.Address(s.URL)
		}
		b.does(wedge(text+"\n", each, true))
		want[s.Workers[i%len(s.Workers)].Code+" cut 3"]++
	}
	b.does(chromedp.Click("#work"), chromedp.Click(`input[value="ticket"]`), chromedp.Click(`#work-form button[value="ok"]`))
	for i := range pairs {
		badge, ticket := b.badges[i*7%len(b.badges)].Short(), tickets[i].Code().String()
		if i%3 == 0 {
			badge, ticket = ticket, badge
		}
		b.does(wedge(badge+"\n"+ticket+"\n", each, true))
		want[s.Workers[i*7%len(s.Workers)].Code+" glue 7 "+tickets[i].Code().String()]++
	}
	b.until(func() bool {
		n, err := s.DB.NewSelect().Model((*piecework.Tally)(nil)).Count(s.Ctx)
		return err != nil || n >= badges+pairs
	})
	b.waits("nothing waits to be sent", `document.querySelector('#n-queued').textContent == '0'`)
	var list []piecework.Tally
	s.Must(s.DB.NewSelect().Model(&list).Relation("Worker").Relation("Operation").Scan(s.Ctx))
	if len(list) != badges+pairs {
		t.Errorf("%d tallies, want %d", len(list), badges+pairs)
	}
	for _, tally := range list {
		want[strings.TrimSpace(fmt.Sprintf("%s %s %d %s", tally.Worker.Code, tally.Operation.Code, tally.Good, tally.Ticket))]--
	}
	for line, n := range want {
		if n != 0 {
			t.Errorf("%s: %+d", line, -n)
		}
	}
}

// film is a video of codes held before the camera one after another, each for a second and a half.
func film(t *testing.T, texts ...string) string {
	t.Helper()
	var video bytes.Buffer
	for _, text := range texts {
		frame := photoOf(t, text)
		for range 45 {
			video.WriteString(frame)
		}
	}
	path := filepath.Join(t.TempDir(), "codes.mjpeg")
	if err := os.WriteFile(path, video.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// TestScanCamera holds badge and ticket before the camera, again and again: one tally.
func TestScanCamera(t *testing.T) {
	s := newSite(t)
	tickets, err := piecework.CutTickets(s.Ctx, s.DB, piecework.Cut{OrderID: s.Order.ID, Size: 50, Quantity: 50, Operations: []string{"glue"}, By: "test"})
	s.Must(err)
	codes, err := piecework.CodesOf(s.Ctx, s.DB, piecework.WorkerBadge, s.Workshop.ID, "test", s.Workers[1].ID)
	s.Must(err)
	video := film(t, codes[s.Workers[1].ID].Address("https://jijian.example"), "", tickets[0].Code().Address("https://jijian.example"), "")
	b := atBench(t, s, chromedp.Flag("use-fake-device-for-media-stream", true), chromedp.Flag("use-fake-ui-for-media-stream", true),
		chromedp.Flag("use-file-for-fake-video-capture", video))
	b.does(chromedp.Click("#camera"))
	b.shows("ok", "王秀英", "50", "粘花", "今天 50 件")
	b.shows("duplicate", "已经计过") // the film begins again
	b.has("A2 glue 50/0/0/0 " + tickets[0].Code().String())
	b.does(chromedp.Click("#camera"))
	b.waits("the camera is off", `document.querySelector('#lens').hidden && document.querySelector('#video').srcObject == null`)
}

// TestScanPhotoInPage chooses a photo of a badge, which the page decodes itself, and one without any code.
func TestScanPhotoInPage(t *testing.T) {
	s := newSite(t)
	b := atBench(t, s)
	for name, text := range map[string]string{"badge.jpg": b.badges[2].Address("https://jijian.example"), "table.jpg": ""} {
		path := filepath.Join(t.TempDir(), name)
		s.Must(os.WriteFile(path, []byte(photoOf(t, text)), 0o600))
		b.opens("")
		b.does(chromedp.SetUploadFiles("#photo", []string{path}))
		if text == "" {
			b.shows("unknown", "照片里没有找到码")
		} else {
			b.shows("half", "王秀英", "再扫菲票")
		}
	}
}

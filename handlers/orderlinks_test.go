package handlers_test

import (
	"bytes"
	"fmt"
	"image"
	"image/png"
	"mime/multipart"
	"strings"
	"sync"
	"testing"

	"jijian/piecework"
)

// linkTo makes a link to an order and answers its path.
func (s *site) linkTo(orderID int64) (*piecework.OrderLink, string) {
	s.Helper()
	l, err := piecework.MakeLink(s.Ctx, s.DB, orderID, "陈师傅", 30, "test")
	s.Must(err)
	token, err := piecework.LinkToken(s.Ctx, s.DB, l)
	s.Must(err)
	return l, "/d/" + token
}

// TestALinkShowsOneOrderAndNothingElse walks every path there is with a link.
func TestALinkShowsOneOrderAndNothingElse(t *testing.T) {
	s := newSite(t)
	s.server.SetPace(100_000, 100_000) // the walk is quicker than any visitor
	ids := things(s)
	_, link := s.linkTo(s.Order.ID)
	b := s.visitor()
	b.get(link).wants(t, 200, "绢花", "O1", "DA1", "何时交齐？")
	b.get(link).lacks(t, ">O2", " O2", ">DB1", " DB1", "¥") // the random token of a form may hold the letters
	for _, line := range s.server.Table() {
		if line.API || strings.HasSuffix(line.Path, "/events") {
			continue
		}
		for i := range 2 {
			path := line.Path
			for kind, pair := range ids {
				path = strings.ReplaceAll(path, ":"+kind, fmt.Sprint(pair[i]))
			}
			if own := strings.HasPrefix(line.Path, "/d/"); own {
				path = link + strings.TrimPrefix(path, "/d/:code")
				a := ask(b, line.Method, path, false)
				theirs := i == 0 && !strings.Contains(line.Path, "photo") || !strings.Contains(line.Path, "/deliveries/") && !strings.Contains(line.Path, "photo")
				if theirs && (a.status == 404 || a.status >= 500) || !theirs && a.status != 404 {
					t.Errorf("%s %s: %d", line.Method, path, a.status)
				}
				continue
			}
			if line.Open {
				continue
			}
			a := ask(b, line.Method, path, false)
			if a.status != 303 || !strings.HasPrefix(a.location, "/signin") {
				t.Errorf("%s %s with a link: %d %s", line.Method, path, a.status, a.location)
			}
		}
	}
}

// TestLinksThatDoNotWork: one that was altered, has expired or was revoked is refused, and nobody learns which it is.
func TestLinksThatDoNotWork(t *testing.T) {
	s := newSite(t)
	_, link := s.linkTo(s.Order.ID)
	b := s.visitor()
	b.get(link).wants(t, 200, "O1")
	refused := func(path string) {
		t.Helper()
		page := b.get(path)
		page.wants(t, 404, "请索取新的链接", "这个链接无效", "最近一张交货单")
		page.lacks(t, `class="button"`) // a contractor cannot sign in
	}
	for _, at := range []int{4, 14, 20, 30, len(link) - 2} { // in id, end and signature
		other := map[bool]string{true: "B", false: "A"}[link[at] == 'A']
		refused(link[:at] + other + link[at+1:])
	}
	refused(link[:len(link)-4])
	refused(link + "A")
	refused("/d/x")
	l, expiring := s.linkTo(s.Order.ID)
	b.get(expiring).wants(t, 200, "O1")
	for _, set := range []string{"expires_at = expires_at - 2678400000", "expires_at = expires_at + 86400000"} { // nor one whose end was moved in the books
		_, err := s.DB.NewRaw("UPDATE order_links SET "+set+" WHERE id = ?", l.ID).Exec(s.Ctx)
		s.Must(err)
		refused(expiring)
	}
	lead := s.as("lead")
	revoked, path := s.linkTo(s.Order.ID)
	lead.post(fmt.Sprintf("/links/%d/revoke", revoked.ID)).goes(t, fmt.Sprintf("/orders/%d/links", s.Order.ID))
	refused(path)
	lead.get(fmt.Sprintf("/orders/%d/links", s.Order.ID)).wants(t, 200, "已收回", link)
	lead.post(fmt.Sprintf("/links/%d/revoke", revoked.ID)).wants(t, 409, "链接已经收回")
}

// TestALinkAccepts: whoever has the link counts, says what is wrong with a photo, and may be told that somebody else was first.
func TestALinkAccepts(t *testing.T) {
	s := newSite(t)
	d := &piecework.Delivery{Code: "D1", OrderID: s.Order.ID, DeliveredOn: "2026-10-06", Quantity: 100, RecordedBy: "王组长"}
	s.Must(piecework.Deliver(s.Ctx, s.DB, d))
	_, link := s.linkTo(s.Order.ID)
	path := fmt.Sprintf("%s/deliveries/%d", link, d.ID)
	b := s.visitor()
	b.get(path).wants(t, 200, "100 件等待验收", `name="seen" value="0"`)
	b.post(path, "seen", "0", "accepted", "90", "returned", "10").wants(t, 422, "请写明不合格或退货的原因", "必须填写")
	a := b.sendPicture(path, "photo", map[string]string{"seen": "0", "accepted": "90", "returned": "10", "note": "掉色", "name": "陈师傅"})
	a.goes(t, path)
	shown := b.get(path)
	shown.wants(t, 200, "陈师傅", "掉色", link+"/photos/1")
	if p := b.get(link + "/photos/1"); p.status != 200 || p.header.Get("Content-Type") != "image/jpeg" {
		t.Errorf("the photo: %d", p.status)
	}
	s.as("lead").get(fmt.Sprintf("/deliveries/%d", d.ID)).wants(t, 200, "/photos/1", "退回 10 件")
	b.post(path, "seen", "0", "accepted", "1", "name", "老李").wants(t, 409, "陈师傅 已对这次交货的每一件作了验收", "合格 90，不合格 0，退货 10")
	if pdf := b.get(path + "/note.pdf"); pdf.status != 200 || !strings.HasPrefix(pdf.body, "%PDF") {
		t.Errorf("the note: %d", pdf.status)
	}
	b.post(link+"/questions", "question", "下一批哪天到？", "name", "陈师傅").goes(t, link+"#questions")
	lead := s.as("lead")
	lead.get("/questions?status=waiting").wants(t, 200, "下一批哪天到？", "陈师傅")
	lead.post("/questions/1", "answer", "周五下午。").goes(t, fmt.Sprintf("/questions?order=%d", s.Order.ID))
	lead.post("/questions/1", "answer", "周六。").wants(t, 409, "已经答复")
	b.get(link).wants(t, 200, "周五下午。")
}

// sendPicture posts a form with a picture.
func (b *browser) sendPicture(path, field string, fields map[string]string) answer {
	b.Helper()
	var body bytes.Buffer
	form := multipart.NewWriter(&body)
	b.Must(form.WriteField("csrf", b.csrf))
	for name, value := range fields {
		b.Must(form.WriteField(name, value))
	}
	file, err := form.CreateFormFile(field, "broken.png")
	b.Must(err)
	b.Must(png.Encode(file, image.NewGray(image.Rect(0, 0, 8, 8))))
	b.Must(form.Close())
	return b.do("POST", path, form.FormDataContentType(), body.String())
}

// TestTwoPeopleAcceptAtOnce: one decides, the others are told who did and what.
func TestTwoPeopleAcceptAtOnce(t *testing.T) {
	s := newSite(t)
	d := &piecework.Delivery{Code: "D1", OrderID: s.Order.ID, DeliveredOn: "2026-10-06", Quantity: 100, RecordedBy: "王组长"}
	s.Must(piecework.Deliver(s.Ctx, s.DB, d))
	_, link := s.linkTo(s.Order.ID)
	path := fmt.Sprintf("%s/deliveries/%d", link, d.ID)
	const people = 6
	answers := make([]answer, people)
	var all sync.WaitGroup
	for i := range people {
		b := s.visitor()
		b.get(path)
		all.Go(func() {
			answers[i] = b.post(path, "seen", "0", "accepted", fmt.Sprint(50+i), "rejected", "1", "note", "x", "name", fmt.Sprintf("验货员%d", i))
		})
	}
	all.Wait()
	first, err := piecework.DeliveryByID(s.Ctx, s.DB, d.ID)
	s.Must(err)
	if len(first.Acceptances) != 1 {
		t.Fatalf("%d decisions were recorded, want 1", len(first.Acceptances))
	}
	won := first.Acceptances[0]
	for i, a := range answers {
		switch {
		case won.RecordedBy == fmt.Sprintf("验货员%d", i):
			a.goes(t, path)
		default:
			a.wants(t, 409, won.RecordedBy+" 刚刚已验收", fmt.Sprintf("合格 %d，不合格 1，退货 0", won.Accepted), fmt.Sprintf("还有 %d 件待验收", 99-won.Accepted))
		}
	}
}

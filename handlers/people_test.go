package handlers_test

import (
	"fmt"
	"regexp"
	"strings"
	"testing"

	"jijian/payroll"
	"jijian/piecework"
	"jijian/piecework/account"
)

var drawnPIN = regexp.MustCompile(`class="pin-new num">(\d{6})<`)

// TestWorkersComeInWithAPIN follows a worker from her first PIN to her own, by badge and by phone number.
func TestWorkersComeInWithAPIN(t *testing.T) {
	s := newSite(t)
	w := &s.Workers[1]
	w.Phone = "+86 138-0538-0217"
	s.Must(piecework.SaveWorker(s.Ctx, s.DB, w))
	codes, err := piecework.CodesOf(s.Ctx, s.DB, piecework.WorkerBadge, w.WorkshopID, "test", w.ID)
	s.Must(err)
	badge := codes[w.ID]
	page := fmt.Sprintf("/workers/%d", w.ID)
	lead := s.as("lead")
	lead.get(page+"/signin").wants(t, 200, "还不能登录", badge.Short())
	a := lead.post(page+"/pin", "role", "worker")
	a.wants(t, 200, "两周内有效")
	m := drawnPIN.FindStringSubmatch(a.body)
	if m == nil {
		t.Fatal("no PIN is shown")
	}
	if again := s.as("lead").get(page + "/signin"); strings.Contains(again.body, m[1]) {
		t.Error("the PIN is shown again")
	}

	b := s.visitor()
	b.get("/q/"+badge.String()).wants(t, 200, "/signin?next=")
	b.get("/signin?next=/q/"+badge.String()).wants(t, 200, `name="name" value="`+badge.String()+`"`, `inputmode="numeric"`)
	b.post("/signin", "by", "pin", "name", badge.String(), "password", "000000", "next", "/me").wants(t, 422, "号码或密码不对")
	if a := b.post("/signin", "by", "pin", "name", badge.String(), "password", m[1], "next", "/me"); a.status != 303 {
		t.Fatalf("badge and first PIN: %d", a.status)
	}
	for _, path := range []string{"/me", "/account", "/api/v1/sessions"} {
		if a := b.get(path); a.status != 303 || a.location != "/account/pin" {
			if path != "/api/v1/sessions" || a.status != 403 {
				t.Errorf("%s with the first PIN: %d %s", path, a.status, a.location)
			}
		}
	}
	b.get("/account/pin").wants(t, 200, "设置自己的密码")
	choose := func(old, pin, again string) answer {
		return b.post("/account/pin", "old_pin", old, "pin", pin, "pin_again", again)
	}
	choose(m[1], "123456", "123456").wants(t, 422, "太容易猜到")
	choose(m[1], "380217", "380217").wants(t, 422, "太容易猜到") // of her phone number
	choose(m[1], "402857", "402858").wants(t, 422, "两次输入不一样")
	choose("000000", "402857", "402857").wants(t, 422, "不对")
	if a := choose(m[1], "402857", "402857"); a.status != 303 || a.location != "/" {
		t.Fatalf("her own PIN: %d %s", a.status, a.body)
	}
	b.get("/me").wants(t, 200, w.Name)
	if until := cookieAge(t, b.get("/signin")); until != 0 {
		t.Errorf("asked to sign in again: %d", until)
	}

	for name, who := range map[string]string{"13805380217": "phone", "138 0538 0217": "phone with blanks", "+86 138-0538-0217": "phone as written", badge.Short(): "digits of the badge",
		w.Code: "number", strings.ToLower(badge.String()): "badge in small letters"} {
		b := s.visitor()
		b.get("/signin?by=pin")
		a := b.post("/signin", "by", "pin", "name", name, "password", "402857", "next", "/me")
		if a.status != 303 || a.location != "/me" {
			t.Errorf("by %s: %d", who, a.status)
			continue
		}
		if !strings.Contains(a.header.Get("Set-Cookie"), "jijian_") || cookieAge(t, a) < 60*24*3600 {
			t.Errorf("by %s: not remembered on her phone: %v", who, a.header["Set-Cookie"])
		}
		if a := b.get("/workers"); a.status != 403 {
			t.Errorf("a worker sees the crew: %d", a.status)
		}
	}

	// The same badge at the bench, with a PIN of its own, opens the scan page and nothing else; a new PIN ends the sessions of the old.
	a = lead.post(page+"/pin", "role", "counter")
	m = drawnPIN.FindStringSubmatch(a.body)
	c := s.visitor()
	c.get("/signin?next=/scan")
	c.post("/signin", "by", "pin", "name", badge.Short(), "password", m[1], "next", "/scan").wants(t, 303)
	c.get("/account/pin")
	c.post("/account/pin", "old_pin", m[1], "pin", "714209", "pin_again", "714209").wants(t, 303)
	if a := c.get("/"); a.location != "/scan" {
		t.Errorf("the counter begins at %s", a.location)
	}
	c.get("/scan").wants(t, 200, `class="bench"`)
	c.get("/scan/data").wants(t, 200, w.Name)
	for _, path := range []string{"/me", "/sessions", "/workers", "/tallies", "/runs"} {
		if a := c.get(path); a.status != 403 {
			t.Errorf("the counter sees %s: %d", path, a.status)
		}
	}
	lead.post(page+"/pin", "role", "counter").wants(t, 200)
	if a := c.get("/scan"); a.status != 303 {
		t.Errorf("signed in with the old PIN, yet %d", a.status)
	}
	b.get("/me").wants(t, 200)

	// A badge that was replaced opens nothing.
	_, err = piecework.ReplaceCode(s.Ctx, s.DB, piecework.WorkerBadge, w.ID, "test", "lost")
	s.Must(err)
	d := s.visitor()
	d.get("/signin?by=pin")
	d.post("/signin", "by", "pin", "name", badge.Short(), "password", "402857").wants(t, 422)
}

// cookieAge is for how many seconds the answer's session cookie is kept, 0 when it sets none.
func cookieAge(t *testing.T, a answer) (seconds int) {
	for _, line := range a.header["Set-Cookie"] {
		if strings.HasPrefix(line, "jijian_session=") {
			if _, err := fmt.Sscanf(line[strings.Index(line, "Max-Age="):], "Max-Age=%d", &seconds); err != nil {
				t.Error(err)
			}
		}
	}
	return seconds
}

// TestLeadOfTwoWorkshops gives a lead a second workshop and takes the first: she changes between them, and follows what she opens.
func TestLeadOfTwoWorkshops(t *testing.T) {
	s := newSite(t)
	ids := things(s)
	lead, admin := s.as("lead"), s.as("admin")
	w2 := ids["workshop"][1]
	var user int64
	s.Must(s.DB.NewRaw("SELECT id FROM users WHERE username = 'lead'").Scan(s.Ctx, &user))
	other := fmt.Sprintf("/sessions/%d", ids["session"][1])
	lead.get(other).wants(t, 404)
	path := fmt.Sprintf("/users/%d", user)
	admin.post(path+"/workshops", "workshop", fmt.Sprint(w2)).wants(t, 303)
	admin.get(path).wants(t, 200, "绢花坊", "桃木坊", "lead")
	lead.get("/sessions").wants(t, 200, "S8", `action="/workshop"`)
	if a := lead.get("/sessions"); strings.Contains(a.body, ">S9<") {
		t.Error("sessions of both workshops in one list")
	}
	lead.get(other).wants(t, 200, "S9")
	lead.get("/sessions").wants(t, 200, "S9")
	lead.get(fmt.Sprintf("/sessions/%d/closing/%d", ids["session"][0], ids["worker"][1])).wants(t, 404) // of both at once is nowhere
	if a := lead.post("/workshop", "workshop", fmt.Sprint(s.Workshop.ID), "back", "/sessions"); a.location != "/sessions" {
		t.Errorf("back to %s", a.location)
	}
	lead.get("/sessions").wants(t, 200, "S8")
	// A device sends what it counted for the other one, whichever is looked at.
	lead.header.Set("Sec-Fetch-Site", "same-origin")
	lead.json("/api/v1/tallies?workshop=W2", `{"tallies":[]}`).wants(t, 200)
	lead.get("/scan/data?workshop=W2").wants(t, 200, "赵桂芳")
	if a := lead.json("/api/v1/tallies?workshop=W3", `{"tallies":[]}`); a.status != 403 {
		t.Errorf("for a workshop that is not hers: %d", a.status)
	}

	admin.post(path+"/workshops/take", "workshop", fmt.Sprint(s.Workshop.ID)).wants(t, 303)
	lead.get("/sessions").wants(t, 200, "S9")
	lead.get(fmt.Sprintf("/sessions/%d", ids["session"][0])).wants(t, 404)
	admin.post(path+"/workshops/take", "workshop", fmt.Sprint(w2)).wants(t, 409, "唯一的微工厂")
	admin.post(path+"/role", "role", "bookkeeper").wants(t, 303)
	lead.post(fmt.Sprintf("/runs/%d/approve", ids["run"][1])).wants(t, 303)
	admin.get("/audit").wants(t, 200, "更改了用户身份", "lead: lead → bookkeeper", "给用户增加了微工厂", "审核了结算", fmt.Sprintf(`href="/runs/%d"`, ids["run"][1]))
	admin.get("/audit?q=王组长").wants(t, 200, "登录")
	for _, statement := range []string{"UPDATE audit_entries SET action = 'signed in'", "DELETE FROM audit_entries"} {
		if _, err := s.DB.ExecContext(s.Ctx, statement); err == nil {
			t.Errorf("the trail let %s pass", statement)
		}
	}
	for _, role := range []string{"worker", "boss", ""} {
		admin.post(path+"/role", "role", role).wants(t, 422)
	}
}

// TestAnAdministratorOfOneWorkshop sees and makes nobody beyond it.
func TestAnAdministratorOfOneWorkshop(t *testing.T) {
	s := newSite(t)
	things(s)
	kept := &account.User{Username: "kept", Name: "周主任", Role: account.Admin, WorkshopID: s.Workshop.ID}
	s.Must(account.CreateUser(s.Ctx, s.DB, kept, password))
	b := s.as("kept")
	a := b.get("/users")
	a.wants(t, 200, "kept", "usera1")
	for _, name := range []string{"lead2", "userb1", ">admin", "officer", ">contractor"} {
		if strings.Contains(a.body, name) {
			t.Errorf("%s is in the list", name)
		}
	}
	var admin int64
	s.Must(s.DB.NewRaw("SELECT id FROM users WHERE username = 'admin'").Scan(s.Ctx, &admin))
	b.get(fmt.Sprintf("/users/%d", admin)).wants(t, 404)
	b.post(fmt.Sprintf("/users/%d/password", admin), "password", "mine from now on").wants(t, 404)
	b.post("/users", "role", "admin", "username", "second", "name", "二", "password", "long enough").wants(t, 303)
	b.post("/users", "role", "worker", "worker", "B1", "username", "b1", "password", "long enough").wants(t, 422)
	b.post("/users", "role", "contractor", "contractor", "C1", "username", "c1", "password", "long enough").wants(t, 422)
	u, err := account.Authenticate(s.Ctx, s.DB, "second", "long enough")
	s.Must(err)
	if u.WorkshopID != s.Workshop.ID {
		t.Errorf("the new administrator sees workshop %d", u.WorkshopID)
	}
}

var inviteLink = regexp.MustCompile(`https?://[^<]+(/invite/[^<]+)<`)

// TestSessionsAndLinks lists where a person is signed in, ends one sign-in and all others, and lets her in again by a link.
func TestSessionsAndLinks(t *testing.T) {
	s := newSite(t)
	desk, phone, admin := s.as("bookkeeper"), s.visitor(), s.as("admin")
	phone.header.Set("User-Agent", "Mozilla/5.0 (Linux; Android 14) MicroMessenger/8.0")
	phone.get("/signin")
	phone.post("/signin", "name", "bookkeeper", "password", password)
	a := desk.get("/account")
	a.wants(t, 200, "WeChat · Android", "（本机）", "退出其他所有登录")
	id := regexp.MustCompile(`WeChat · Android[\s\S]*?name="session" value="([^"]+)"`).FindStringSubmatch(a.body)
	admin.get("/account") // nobody ends what is another person's
	admin.post("/account/sessions/end", "session", id[1], "old_password", password).wants(t, 404)
	desk.get("/account")
	desk.post("/account/sessions/end", "session", id[1]).wants(t, 422, "不对")
	desk.post("/account/sessions/end", "others", "1", "old_password", "wrong").wants(t, 422, "不对")
	phone.get("/account").wants(t, 200)
	desk.get("/account")
	desk.post("/account/sessions/end", "session", id[1], "old_password", password).wants(t, 303)
	if a := phone.get("/account"); a.status != 303 {
		t.Errorf("ended, yet %d", a.status)
	}
	phone.get("/signin")
	phone.post("/signin", "name", "bookkeeper", "password", password).wants(t, 303)
	desk.post("/account/password", "old_password", "wrong", "password", "a new long one").wants(t, 422, "不对")
	desk.post("/account/password", "old_password", password, "password", "short").wants(t, 422, "至少要 8 个字符")
	desk.post("/account/password", "old_password", password, "password", "Trustno1").wants(t, 422, "别处被盗")
	desk.post("/account/password", "old_password", password, "password", "a new long one").wants(t, 303)
	desk.get("/account").wants(t, 200, "密码已修改")
	if a := phone.get("/account"); a.status != 303 {
		t.Errorf("signed in with the old password, yet %d", a.status)
	}

	var user int64
	s.Must(s.DB.NewRaw("SELECT id FROM users WHERE username = 'bookkeeper'").Scan(s.Ctx, &user))
	path := fmt.Sprintf("/users/%d", user)
	admin.get(path)
	first := inviteLink.FindStringSubmatch(admin.post(path + "/invite").body)
	a = admin.post(path + "/invite")
	a.wants(t, 200, "只能用一次")
	second := inviteLink.FindStringSubmatch(a.body)
	phone.get(first[1]).wants(t, 404)
	desk.get("/account").wants(t, 200) // nothing changes until it is used
	phone.get(second[1]).wants(t, 200, "孙会计")
	phone.post(second[1], "password", "short").wants(t, 422)
	if a := phone.post(second[1], "password", "chosen by herself"); a.status != 303 {
		t.Fatalf("%d %s", a.status, a.body)
	}
	phone.get("/account").wants(t, 200, "孙会计")
	phone.get(second[1]).wants(t, 404)
	if a := desk.get("/account"); a.status != 303 {
		t.Errorf("signed in with the password before, yet %d", a.status)
	}
	admin.get(path).wants(t, 200, "WeChat · Android")
	admin.post(path+"/signout").wants(t, 303)
	if a := phone.get("/account"); a.status != 303 {
		t.Errorf("signed out by the administrator, yet %d", a.status)
	}
	admin.get("/audit?lang=en").wants(t, 200, "made a link for a user", "chose a password by a link", "signed a user out everywhere", "changed her own password")
}

// TestProgrammeNamesNobody shows a programme officer months that are over, without figures where few worked or one earned most.
func TestProgrammeNamesNobody(t *testing.T) {
	s := newSite(t)
	s.Agree(s.Cut, nil, "2026-01-01", "0.35")
	officer := s.as("officer")
	officer.get("/programme?lang=zh").wants(t, 200, "还没有可显示的内容")
	for i := 4; i <= 7; i++ {
		s.Must(piecework.SaveWorker(s.Ctx, s.DB, &piecework.Worker{Code: fmt.Sprintf("A%d", i), Name: "李桂兰", WorkshopID: s.Workshop.ID, ShareWeight: piecework.ShareWeightOne, Active: true}))
	}
	_, last := s.Workshop.Today().Month()
	month := func(back int) (from, to piecework.Date) {
		to = last
		for range back {
			from, _ = to.Month()
			to = from.AddDays(-1)
		}
		from, _ = to.Month()
		return from, to
	}
	for back, good := range [][]int64{{9, 9, 9, 9, 9, 9}, {100, 110, 120, 130, 140}, {100, 110, 120, 130}, {900, 100, 100, 100, 100, 100}} {
		from, to := month(back)
		session := fmt.Sprintf("M%d", back)
		s.Session(session, from)
		for i, n := range good {
			s.Count(session, fmt.Sprintf("A%d", i+1), "cut", n)
		}
		run := s.settle(from, to)
		s.Must(payroll.Approve(s.Ctx, s.DB, run.ID, "test"))
	}
	months, err := payroll.Programme(s.Ctx, s.DB, 0, s.Workshop.Today())
	s.Must(err)
	if len(months) != 3 { // not the one that is going on
		t.Fatalf("%d months: %+v", len(months), months)
	}
	for i, want := range []payroll.ProgrammeRow{{Workers: 5, Pieces: 600, Gross: piecework.Fen(21000)}, {Hidden: true}, {Hidden: true}} {
		got := months[i].Rows[0]
		if got.Hidden != want.Hidden || got.Workers != want.Workers || got.Pieces != want.Pieces || got.Gross.Cmp(want.Gross) != 0 {
			t.Errorf("month %s: %+v", months[i].First, got)
		}
	}
	a := officer.get("/programme?lang=zh")
	a.wants(t, 200, "600", "¥210.00", "人数太少")
	for _, secret := range []string{"王秀英", "李桂兰", "46.00"} {
		if strings.Contains(a.body, secret) {
			t.Errorf("the page holds %s", secret)
		}
	}
	if a := officer.get("/"); a.location != "/programme" {
		t.Errorf("the officer begins at %s", a.location)
	}
}

package handlers_test

import (
	"crypto/ecdh"
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"

	"jijian/handlers"
	"jijian/payroll"
	"jijian/piecework"
	"jijian/piecework/courier"
)

func TestNoticesReachWhomTheyAreFor(t *testing.T) {
	s := newSite(t)
	day := s.Workshop.Today()
	mine, lead := s.as("worker"), s.as("lead")
	mine.get("/notices").wants(t, 200, "还没有通知", `src="/static/`)
	lead.post("/sessions", "date", string(day), "starts_at", "08:30").wants(t, 303)
	month(s)
	s.Must(payroll.Approve(s.Ctx, s.DB, s.settle("2026-10-01", "2026-10-31").ID, "test"))
	mine.get("/me").wants(t, 200, "2 条新通知", "开工", "08:30", "结算单已出", `href="/slips/1"`)
	for user, want := range map[string]int{"worker": 2, "lead": 2, "bookkeeper": 2, "admin": 2, "lead2": 0} {
		if n := strings.Count(s.as(user).get("/notices").body, `class="fresh"`); n != want {
			t.Errorf("%s has %d new notices, want %d", user, n, want)
		}
	}
	lead.get("/").wants(t, 200, `href="/notices"`, `<span class="waits num">2`)
	lead.get("/notices").wants(t, 200, `href="/runs/1"`, `href="/sessions/2"`)
	mine.post("/slips/1/dispute", "what_is_wrong", "少了 20 件").wants(t, 303)
	lead.post("/disputes/1/answer", "answer", "对的 ¥5", "outcome", "explained").wants(t, 303)
	page := mine.get("/notices")
	page.wants(t, 200, "异议已答复")
	if strings.Contains(page.body, "¥") || strings.Contains(lead.get("/notices").body, "异议") {
		t.Error("a notice tells an amount, or the office of its own answer")
	}

	upTo := regexp.MustCompile(`name="up_to" value="(\d+)"`).FindStringSubmatch(page.body)[1]
	if a := mine.post("/notices/seen", "up_to", upTo, "back", "//evil.example"); a.location != "/" {
		t.Errorf("seeing leads to %q", a.location)
	}
	mine.post("/notices/seen", "up_to", "1", "back", "/me").wants(t, 303) // what is seen stays seen
	if page := mine.get("/me"); strings.Contains(page.body, "条新通知") {
		t.Error("what was seen is still new")
	}
	mine.get("/notices").wants(t, 200, "结算单已出")
	if strings.Count(s.as("bookkeeper").get("/notices").body, `class="fresh"`) != 2 {
		t.Error("what one has seen, another has too")
	}
}

func TestDevicesTakeMessages(t *testing.T) {
	s := newSite(t)
	mine := s.as("worker")
	key, err := ecdh.P256().GenerateKey(rand.Reader)
	s.Must(err)
	public, auth := base64.RawURLEncoding.EncodeToString(key.PublicKey().Bytes()), base64.RawURLEncoding.EncodeToString(make([]byte, 16))
	add := func(endpoint, public, auth string) answer {
		return mine.post("/notices/devices", "endpoint", endpoint, "p256dh", public, "auth", auth)
	}
	mine.get("/notices")
	for _, wrong := range [][3]string{{"https://10.0.0.1/x", public, auth}, {"http://push.example/x", public, auth}, {"https://push.example/x", "AAAA", auth}, {"https://push.example/x", public, ""},
		{"https://push.example/" + strings.Repeat("x", 600), public, auth}} {
		add(wrong[0], wrong[1], wrong[2]).wants(t, 422)
	}
	for i := range 7 {
		add(fmt.Sprintf("https://push.example/%d", i), public, auth).wants(t, 204)
	}
	add("https://push.example/6", public, auth).wants(t, 204)
	mine.get("/notices").wants(t, 200, "5 台设备") // the oldest gave way
	s.as("contractor").post("/notices/devices", "endpoint", "https://push.example/9", "p256dh", public, "auth", auth).wants(t, 403)
	other := s.as("lead")
	other.post("/notices/devices/remove", "endpoint", "https://push.example/6").wants(t, 204) // is not hers
	mine.get("/notices").wants(t, 200, "5 台设备")
	mine.post("/notices/devices/remove", "endpoint", "https://push.example/6").wants(t, 204)
	mine.get("/notices").wants(t, 200, "4 台设备")
}

func TestRobotsTellGroups(t *testing.T) {
	var got []map[string]any
	group := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var m map[string]any
		if err := json.NewDecoder(r.Body).Decode(&m); err != nil {
			t.Error(err)
		}
		if got = append(got, m); r.URL.Query().Get("key") == "wrong" {
			fmt.Fprint(w, `{"errcode":93000,"errmsg":"invalid webhook url"}`)
			return
		}
		_, _ = io.WriteString(w, `{"errcode":0}`)
	}))
	t.Cleanup(group.Close)
	keys, err := piecework.ParseKeys(piecework.NewKey())
	if err != nil {
		t.Fatal(err)
	}
	s := newSite(t, func(c *handlers.Config) {
		c.NotifyAllow, c.Keys = courier.Allow{strings.TrimPrefix(group.URL, "http://")}, keys
	})
	b := s.as("admin")
	b.get("/robots").wants(t, 200, "还没有向任何群发通知")
	b.post("/robots", "name", "", "kind", "icq", "url", "https://127.0.0.1/x").wants(t, 422, "必须填写", "请选择", "内网地址")
	b.post("/robots", "name", "桃木坊群", "kind", "wecom", "url", group.URL+"/send?key=rightkey", "secret", "x").wants(t, 422, "不用签名")
	b.post("/robots", "name", "桃木坊群", "kind", "wecom", "url", group.URL+"/send?key=rightkey", "workshop", "1").wants(t, 303)
	b.post("/robots", "name", "错的群", "kind", "wecom", "url", group.URL+"/send?key=wrong").wants(t, 303)
	page := b.get("/robots")
	page.wants(t, 200, "桃木坊群", "…tkey", "所有微工厂", "还没有发过")
	if strings.Contains(page.body, "rightkey") {
		t.Error("the page shows the key of a group")
	}
	b.post("/robots/1/test").wants(t, 303)
	b.post("/robots/2/test").wants(t, 409, "群聊返回 93000", "没有送到")
	b.post("/robots/2/remove").wants(t, 303)
	b.post("/robots/2/test").wants(t, 404)
	b.post("/robots/2/remove").wants(t, 409)
	if len(got) != 2 || got[0]["msgtype"] != "text" {
		t.Errorf("the groups were told %v", got)
	}
	// What is stored is sealed, also what was kept before there was a key; a program without the key shows no address, and keeps none.
	_, err = s.DB.NewInsert().Model(&piecework.Robot{Name: "旧群", Kind: piecework.DingTalk, URL: group.URL + "/old?key=oldkey", Secret: "SECold", Lang: "zh", AddedBy: "test"}).Exec(s.Ctx)
	s.Must(err)
	b.get("/robots").wants(t, 200, "旧群", "…dkey")
	for _, want := range []int{1, 0} {
		if n, err := piecework.SealRobots(s.Ctx, s.DB, keys); n != want || err != nil {
			t.Errorf("%d robots were sealed, %v, want %d", n, err, want)
		}
	}
	var stored []string
	s.Must(s.DB.NewRaw("SELECT url || ' ' || secret FROM robots").Scan(s.Ctx, &stored))
	if all := strings.Join(stored, "\n"); strings.Contains(all, "key") || strings.Contains(all, "SEC") || strings.Count(all, "s1."+keys.Current()+".") != 3 { // two addresses and a secret; the third robot is removed
		t.Errorf("stored is %s", all)
	}
	b.get("/robots").wants(t, 200, "旧群", "…dkey", "…tkey")
	b.post("/robots/3/test").wants(t, 303)
	b.post("/robots/3/remove").wants(t, 303)
	bare, err := handlers.New(handlers.Config{DB: s.DB, Logger: slog.New(slog.DiscardHandler)})
	s.Must(err)
	t.Cleanup(bare.Close)
	without := serve(s.World, bare).as("admin")
	without.get("/robots").wants(t, 200, "桃木坊群", "还没有密钥")
	without.post("/robots", "name", "群", "kind", "wecom", "url", "https://example.com/x").wants(t, 409, "还没有密钥")
	got = got[:2]

	s.as("bookkeeper").get("/robots").wants(t, 403)
	s.Session("NOW", s.Workshop.Today())
	if _, err := s.DB.NewRaw("UPDATE outbox SET given_up_at = ?, error = '{\"Format\":\"no answer in time\"}'", piecework.Now()).Exec(s.Ctx); err != nil {
		t.Fatal(err)
	}
	b.get("/robots").wants(t, 200, "已放弃", "没有按时应答", "本周有 1 条消息")
	b.get("/robots?lang=en").wants(t, 200, "no answer in time")
	b.get("/").wants(t, 200, "本周有 1 个群没有收到消息")
	if strings.Contains(s.as("lead").get("/").body, "个群没有收到") {
		t.Error("a lead is told of what only the administrator can mend")
	}
}

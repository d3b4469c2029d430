package templates

import (
	"bytes"
	"fmt"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"
	"time"
)

// amount stands for the domain's money and rates, which print themselves.
type amount string

func (a amount) String() string { return string(a) }

type order struct {
	Code, Name, Due, Status string
	Done, Total             int
	Fee                     amount
}

type orders struct {
	Items         []order
	Number, Total int
}

func (o orders) Pages() int { return (o.Total + 49) / 50 }

type line struct {
	Title, Sub   string
	Quantity     int
	Rate, Amount amount
	Whole, Share amount
}

type styleData struct {
	Orders            orders
	Lines             []line
	Gross, Minus, Net amount
	Day, From, To     string
	At                time.Time
}

type signinData struct {
	PIN, Badge bool
	Doors      []account
	Name, Next string
	Nobody     bool
	Demo       []account
}

type account struct{ Role, Name, Password string }

type errorData struct {
	Status                               int
	Title, What, Where, Next, Href, Link string
}

// words picks the wording of a fixture: the names in a list are the same in both languages, sentences are not.
func words(lang, chinese, english string) string {
	if lang == "zh" {
		return chinese
	}
	return english
}

// fixtures are the pages of this package with what a handler could give them.
func fixtures(lang string) map[string]View {
	w := func(chinese, english string) string { return words(lang, chinese, english) }
	nav := []Link{
		{w("今天", "Today"), "/", false, 0}, {w("加工单", "Orders"), "/orders", true, 0}, {w("场次", "Sessions"), "/sessions", false, 0},
		{w("计件", "Tallies"), "/tallies", false, 0}, {w("交货", "Deliveries"), "/deliveries", false, 0}, {w("工价", "Rates"), "/rates", false, 0},
		{w("结算", "Pay runs"), "/runs", false, 0}, {w("人员", "People"), "/people", false, 0},
	}
	user := &User{Name: w("王秀英", "Wang Xiuying"), Role: w("组长", "Lead")}
	style := styleData{
		Orders: orders{[]order{
			{"PO-1031", w("桃木手串 平安扣", "Peachwood bracelet, safety knot"), "2026-10-31", "open", 2480, 3600, "18450.00"},
			{"PO-1017", w("仿真牡丹 大号", "Artificial peony, large"), "2026-10-17", "overdue", 900, 1200, "3960.50"},
			{"PO-0928", w("假睫毛 自然款 A12", "Eyelashes, natural, A12"), "2026-09-28", "closed", 120000, 120000, "4200.00"},
		}, 2, 137},
		Lines: []line{
			{w("粘花瓣", "Glue petals"), "PO-1017", 120, "0.35", "42.00", "84.00", "42.00"},
			{w("穿珠", "Thread beads"), "PO-1031", 2400, "0.0875", "210.00", "", ""},
			{w("排睫毛", "Lay lashes"), "PO-0928", 31200, "0.0035", "109.20", "", ""},
		},
		Gross: "361.20", Minus: "-100.00", Net: "261.20",
		Day: "2026-10-31", From: "2026-10-01", To: "2026-10-31", At: time.Date(2026, 10, 31, 14, 5, 0, 0, time.UTC),
	}
	fault := errorData{
		409, w("这张结算单已经锁定", "This pay run is already locked"),
		w("3月结算已由赵会计在 14:05 审核，不能再改。", "The March run was approved by Zhao at 14:05 and can change no more."),
		"POST /runs/12/approve", w("记一条更正，下次结算会带上它。", "Record a correction; the next run takes it in."), "/runs/12", w("回到结算", "Back to the run"),
	}
	demo := []account{{w("组长", "Lead"), "lead", "demo-lead"}, {w("会计", "Bookkeeper"), "book", "demo-book"}, {w("工人", "Worker"), "worker", "demo-worker"}, {w("加工商", "Contractor"), "contractor", "demo-contractor"}}
	wrong := Errors{{"code", "", Translate(lang, "%q may hold only letters, digits and - _ . /", "P 001")}, {"unit_fee", "", Translate(lang, "must be more than 0")}}
	signin := View{Path: "/signin", CSRF: "c", Page: signinData{Next: "/", Demo: demo}}
	if lang == "en" { // and once as on a real workshop's machine, after a wrong password
		signin.Errors = Errors{{"", "", "The user name or the password is wrong."}}
		signin.Page = signinData{Name: "lead", Next: "/"}
	}
	return map[string]View{
		"signin/show": signin,
		"error/show":  {Path: "/runs/12/approve", User: user, CSRF: "c", Nav: nav, Page: fault},
		"style/show": {Path: "/orders?q=%E6%A1%83", User: user, CSRF: "c", Nav: nav, Errors: wrong, Page: style,
			Flash: &Flash{Done, w("冲销了王秀英的 120 件粘花瓣。", "Struck 120 pcs of glue petals by Wang Xiuying."), "/tallies/7/undo"}},
	}
}

func render(t *testing.T, name, lang string, v View) string {
	t.Helper()
	pages, err := New()
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	if err := pages.Render(&out, name, lang, v); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

func TestRender(t *testing.T) {
	for lang, want := range map[string][]string{
		"zh": {`<html lang="zh-CN"`, "样式手册 · 计件</title>", "10月31日 周六", "2026年10月1日 – 10月31日", "31,200件 × ¥0.0035", "¥109.20", "−¥100.00",
			"有 2 处需要改正", `href="#f-code">编号：`, `value="0.085"`, "?page=3&amp;q=%E6%A1%83", "共 137 条", "10月31日 14:05", `name="csrf" value="c"`},
		"en": {`<html lang="en"`, "Style guide · Jijian</title>", "Sat 31 Oct", "1 Oct – 31 Oct 2026", "31,200 pcs × ¥0.0035",
			"2 things need to be put right", `href="#f-code">Code: `, "137 entries", "31 Oct 14:05", `aria-describedby="h-code e-code"`},
	} {
		page := render(t, "style/show", lang, fixtures(lang)["style/show"])
		for _, s := range want {
			if !strings.Contains(page, s) {
				t.Errorf("%s: the page lacks %q", lang, s)
			}
		}
	}
}

// TestRenderIsSafe shows that what people enter stays text, and that the pages need no inline script or style, which the
// content security policy forbids.
func TestRenderIsSafe(t *testing.T) {
	v := fixtures("zh")["signin/show"]
	v.Page = signinData{Name: `"><script>alert(1)</script>`}
	if page := render(t, "signin/show", "zh", v); strings.Contains(page, "<script>alert") {
		t.Error("a name became a script")
	}
	for name, v := range fixtures("zh") {
		page := render(t, name, "zh", v)
		for _, s := range []string{" style=", "<style", "<script>", " onclick=", "javascript:"} {
			if strings.Contains(page, s) {
				t.Errorf("%s holds %q", name, s)
			}
		}
	}
}

func TestRenderFailsWhole(t *testing.T) {
	pages, err := New()
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	for _, name := range []string{"no/such", "style/show"} {
		err := pages.Render(&out, name, "zh", View{Page: struct{ Net amount }{"1.00"}})
		if err == nil || out.Len() > 0 {
			t.Errorf("%s: error %v and %d bytes written, want an error and nothing written", name, err, out.Len())
		}
	}
}

// TestErrorsAreCalledAsTheFields names what is wrong by the words that stand over the field.
func TestErrorsAreCalledAsTheFields(t *testing.T) {
	for _, c := range []struct{ page, field, label, want string }{
		{"deliveries/show", "name", "", "您的姓名"},
		{"deliveries/show", "note", "", "有什么问题"},
		{"orders/links", "name", "", "给谁"},
		{"workers/form", "name", "", "姓名"},
		{"workers/form", "name", "her own", "her own"},
		{"contractors/form", "name", "", ""}, // called by its name
		{"signin/show", "name", "", ""},      // two labels
	} {
		got, err := called(c.page, "zh", Errors{{Field: c.field, Label: c.label}})
		if err != nil || got[0].Label != c.want {
			t.Errorf("%s calls %s %q, %v, want %q", c.page, c.field, got[0].Label, err, c.want)
		}
	}
}

func TestFuncs(t *testing.T) {
	var none *time.Time
	for _, c := range []struct{ got, want any }{
		{money(amount("-3.50")), "−¥3.50"},
		{money(amount("42.00"), "USD"), "USD\u00a042.00"},
		{money(nil), "–"},
		{dash(""), "–"}, {dash(0), 0}, {dash(none), "–"}, {dash("x"), "x"},
		{first(date("", "2006")), "–"}, {first(date(time.Time{}, "2006")), "–"}, {first(date("2026-11-01", layouts["zh"].full)), "2026年11月1日 周日"},
		{first(dateBy("zh", "2026-12-04", "2026-11-26")), "12月4日 周五"}, {first(dateBy("zh", "2030-04-26", "2026-12-18")), "2030年4月26日 周五"},
		{first(dateBy("en", "2027-01-03", "")), "Sun 3 Jan 2027"},
		{first(period("en", "2026-12-16", "2027-01-15")), "16 Dec 2026 – 15 Jan 2027"},
		{first(period("zh", "2026-12-16", "2027-01-15")), "2026年12月16日 – 2027年1月15日"},
		{first(group(0)), "0"}, {first(group(int64(-1234567))), "−1,234,567"}, {first(group(999)), "999"},
		{first(plural("en", 1, "%s order", "%s entries")), "1 order"}, {first(plural("en", 1200, "%s entry", "%s entries")), "1,200 entries"},
		{first(plural("zh", 1, "%s entry", "%s entries")), "共 1 条"},
		{first(paged("/orders?q=a%26b&page=4", 5)), "/orders?page=5&q=a%26b"},
		{Label("zh", "share_weight"), "分配系数"}, {Label("en", "share_weight"), "Share weight"}, {Label("en", ""), ""},
		{Errors{{"code", "", "is required"}}.Of("code"), "is required"}, {Errors(nil).Of("code"), ""},
		{statusOf("zh", "approved"), Status{Done, "已审核"}}, {statusOf("zh", "odd"), Status{"", "odd"}},
	} {
		if fmt.Sprint(c.got) != fmt.Sprint(c.want) {
			t.Errorf("got %v, want %v", c.got, c.want)
		}
	}
	for _, err := range []error{second(group(1.5)), second(date("31.10.2026", "2006")), second(dict("a")), second(dict(1, 2)), second(paged("%", 1))} {
		if err == nil {
			t.Error("want an error")
		}
	}
}

func first[T any](v T, _ error) T        { return v }
func second[T any](_ T, err error) error { return err }

func TestStatic(t *testing.T) {
	if err := Check(); err != nil {
		t.Fatal(err)
	}
	parts, err := fs.Glob(static, "static/app/*")
	if err != nil || len(parts) != len(sheets) {
		t.Errorf("app.css has %d parts, %d files lie there, %v", len(sheets), len(parts), err)
	}
	for _, name := range sheets {
		if part, err := static.ReadFile("static/app/" + name); err != nil || !bytes.Contains(files()["app.css"].data, part) {
			t.Errorf("%s is not in app.css: %v", name, err)
		}
	}
	get := func(path string) *httptest.ResponseRecorder {
		w := httptest.NewRecorder()
		Static().ServeHTTP(w, httptest.NewRequest(http.MethodGet, path, nil))
		return w
	}
	for _, c := range []struct {
		path  string
		code  int
		cache string
		typ   string
	}{
		{Asset("app.css"), 200, "public, max-age=31536000, immutable", "text/css; charset=utf-8"},
		{Asset("pico.css"), 200, "public, max-age=31536000, immutable", "text/css; charset=utf-8"},
		{Asset("mark.svg"), 200, "public, max-age=31536000, immutable", "image/svg+xml"},
		{"/static/000000000000/app.css", 200, "no-cache", "text/css; charset=utf-8"},
		{"/static/x/fonts/OFL.txt", 404, "", "text/plain; charset=utf-8"},
		{"/static/x/../templates.go", 404, "", "text/plain; charset=utf-8"},
	} {
		w := get(c.path)
		if w.Code != c.code || w.Header().Get("Cache-Control") != c.cache || w.Header().Get("Content-Type") != c.typ {
			t.Errorf("%s: %d %v", c.path, w.Code, w.Header())
		}
	}
}

// TestAssetsExist finds every static file that a template names.
func TestAssetsExist(t *testing.T) {
	named := regexp.MustCompile(`asset "([^"]+)"`)
	err := fs.WalkDir(sources, ".", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		text, err := fs.ReadFile(sources, path)
		for _, m := range named.FindAllSubmatch(text, -1) {
			if _, ok := files()[string(m[1])]; !ok {
				t.Errorf("%s: there is no static file %s", path, m[1])
			}
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

// TestLeaked asks for passwords that are known and for some that are not.
func TestLeaked(t *testing.T) {
	for password, want := range map[string]bool{"trustno1": true, "TrustNo1": true, "sunshine": true, "1qaz2wsx": true, "correct horse": false, "": false, "trustno": false, "sunshine\ntrustno1": false} {
		if Leaked(password) != want {
			t.Errorf("%q is known: %v", password, !want)
		}
	}
	if n := bytes.Count(leaked(), []byte("\n")); n < 3000 {
		t.Errorf("only %d passwords are known", n)
	}
}

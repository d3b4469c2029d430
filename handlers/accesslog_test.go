package handlers_test

import (
	"archive/zip"
	"bytes"
	"fmt"
	"io"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"

	"jijian/handlers"
	"jijian/piecework"
	"jijian/piecework/account"
)

// reveals says whether an answer holds one of the secrets, also within an archive, a workbook or a PDF.
func (a answer) reveals(t *testing.T, secrets ...string) bool {
	t.Helper()
	text := a.body
	switch kind := a.header.Get("Content-Type"); {
	case kind == "application/pdf":
		text = pdfText(t, a.body)
	case strings.HasPrefix(a.body, "PK"):
		archive, err := zip.NewReader(strings.NewReader(a.body), int64(len(a.body)))
		if err != nil {
			t.Fatal(err)
		}
		var all bytes.Buffer
		for _, f := range archive.File {
			r, err := f.Open()
			if err != nil {
				t.Fatal(err)
			}
			if _, err := io.Copy(&all, r); err != nil {
				t.Fatal(err)
			}
		}
		text = all.String()
	}
	return slices.ContainsFunc(secrets, func(s string) bool { return strings.Contains(text, s) })
}

// TestWhoeverSeesPersonalDataIsWrittenDown asks for every path of the table: what answers with a number that is kept sealed has written
// down who asked, and she can read it on her own page.
func TestWhoeverSeesPersonalDataIsWrittenDown(t *testing.T) {
	s := newSite(t, withKeys(t))
	ids := things(s)
	her := s.Workers[0].ID
	b, mine := s.as("admin"), s.as("worker")
	secrets := []string{"11010519491231002X", "4539578763621486"}
	b.post(fmt.Sprintf("/workers/%d/personal", her), "id_number", secrets[0], "bank_account", secrets[1], "bank_name", "示例银行").wants(t, 303)
	var issued int64
	s.Must(s.DB.NewRaw("SELECT id FROM pay_runs WHERE workshop_id = ? AND status = 'approved'", s.Workshop.ID).Scan(s.Ctx, &issued))
	ids["run"] = [2]int64{issued, ids["run"][1]}

	seen := func() int {
		log, err := piecework.AccessesOf(s.Ctx, s.DB, her, piecework.Filter{})
		s.Must(err)
		return int(log.Total)
	}
	want := []string{"POST /me/personal/export", "POST /runs/:run/bank", "POST /runs/:run/ledger", "POST /workers/:worker/personal/export", "POST /workers/:worker/personal/show"}
	lines := s.server.Table()
	slices.SortStableFunc(lines, func(a, c handlers.Line) int { // before others change what these need
		first := func(l handlers.Line) int {
			return map[bool]int{true: 0, false: 1}[l.Method == http.MethodGet || slices.Contains(want, l.Method+" "+l.Path)]
		}
		return first(a) - first(c)
	})
	var revealing []string
	for _, line := range lines {
		who, name := b, "管理员"
		switch {
		case line.Roles[account.Admin]:
		case line.Roles[account.Worker]:
			who, name = mine, "王秀英"
		default:
			continue // open to anybody, or for contractors, who see no workers
		}
		if line.API && line.Method == http.MethodPost || strings.HasSuffix(line.Path, "/events") {
			continue
		}
		path := line.Path
		for kind, id := range ids {
			path = regexp.MustCompile(":"+kind+`(/|$|\.)`).ReplaceAllString(path, fmt.Sprint(id[0])+"$1")
		}
		path = strings.ReplaceAll(path, ":code", "0000000000000000")
		before := seen()
		var a answer
		if line.Method == http.MethodGet {
			a = who.get(path)
		} else {
			a = who.post(path, "reason", "核对", "format", "csv", "layout", "1", "purpose", "工资")
		}
		if !a.reveals(t, secrets...) {
			continue
		}
		revealing = append(revealing, line.Method+" "+line.Path)
		if seen() != before+1 {
			t.Errorf("%s %s shows what is sealed, and %d lines are written", line.Method, line.Path, seen()-before)
		}
		if page := mine.get("/me/personal").body; !strings.Contains(page, name) {
			t.Errorf("%s %s: she cannot read that %s saw it", line.Method, line.Path, name)
		}
	}
	slices.Sort(revealing)
	if !slices.Equal(revealing, want) {
		t.Errorf("what is sealed is shown by %v, want %v", revealing, want)
	}
	mine.get("/me/personal").wants(t, 200, "查看了完整内容", "核对")
}

package handlers_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"

	"jijian/piecework/account"
	"jijian/templates/browsertest"
)

// restPages are pages that are looked at with the things of TestPermissions: what no demo has. TestMain says which page is looked at nowhere.
var restPages = []string{
	"/contractors/:contractor", "/tickets/:ticket/tieout", "/products/:product/materials", "/products/:product/edit", "/workshops/new", "/bank-layouts/new",
	"/rates/:rate/arrears",
}

// TestLookRest looks at the pages that no other test comes by.
func TestLookRest(t *testing.T) {
	t.Parallel()
	s := newSite(t, withKeys(t))
	ids := things(s)
	window := browsertest.Open(t)
	look := func(b *browser, path string) {
		name := strings.Trim(strings.NewReplacer("/", "-", ":", "").Replace(path), "-")
		for kind, id := range ids {
			path = strings.ReplaceAll(path+"/", ":"+kind+"/", fmt.Sprint(id[0])+"/")
			path = strings.TrimSuffix(path, "/")
		}
		if a := b.get(path); a.status != 200 {
			t.Errorf("%s: %d", path, a.status) // an error page would look fine too
		}
		lookAt(t, window, s.URL, map[string]string{fmt.Sprintf("rest-%.40s", name): path})
	}
	stranger := s.visitor()
	code, err := account.Invite(s.Ctx, s.DB, ids["user"][0], "test")
	s.Must(err)
	look(stranger, "/invite/"+code)
	_, err = s.DB.NewRaw("UPDATE users SET totp_since = 1 WHERE username = 'bookkeeper'").Exec(s.Ctx)
	s.Must(err)
	s.Must(chromedp.Do(window, chromedp.Navigate(s.URL+"/signin"), chromedp.SetValue("#f-name", "bookkeeper"), chromedp.SetValue("#f-password", password),
		chromedp.Submit("#f-password"), chromedp.WaitVisible("#f-code")))
	stranger.get("/signin")
	stranger.post("/signin", "name", "bookkeeper", "password", password).wants(t, 303)
	look(stranger, "/signin/code")
	b := s.as("admin")
	browserAs(t, window, s.URL, "admin", password)
	for _, path := range restPages {
		look(b, path)
	}
}

package templates

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"jijian/templates/browsertest"
)

// TestLook opens every page of this package in a browser, under the strict policy that handlers set.
func TestLook(t *testing.T) {
	pages, err := New()
	if err != nil {
		t.Fatal(err)
	}
	mux := http.NewServeMux()
	mux.Handle(StaticPrefix, Static())
	mux.HandleFunc("/pages/{lang}/{thing}/{action}", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Security-Policy", "default-src 'self'; img-src 'self' data:")
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		lang, name := r.PathValue("lang"), r.PathValue("thing")+"/"+r.PathValue("action")
		if err := pages.Render(w, name, lang, fixtures(lang)[name]); err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
		}
	})
	server := httptest.NewServer(mux)
	defer server.Close()
	ctx := browsertest.Open(t)
	for _, lang := range Languages {
		for name := range fixtures(lang) {
			browsertest.Look(t, ctx, strings.ReplaceAll(name, "/", "-")+"-"+lang, server.URL+"/pages/"+lang+"/"+name)
		}
	}
}

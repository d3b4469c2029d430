package browsertest

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

// recorder takes the errors that Look reports.
type recorder struct {
	testing.TB
	reported []string
}

func (r *recorder) Errorf(format string, args ...any) {
	r.reported = append(r.reported, fmt.Sprintf(format, args...))
}

// TestLookReflows shows that Reflows finds what sticks out and what is cut off when letters are large, and nothing on a good page.
func TestLookReflows(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprintf(w, `<!doctype html><html lang="en"><title>A page</title><meta name="viewport" content="width=device-width"><main>%s</main></html>`, map[string]string{
			"/wide": `<p style="white-space: nowrap">some more words in one line than fit</p>`,
			"/cut":  `<p style="white-space: nowrap; overflow: hidden; width: 12em; max-width: 100%">some words in one line that is too long</p>`,
			"/good": `<p>some words in one line</p>`,
		}[r.URL.Path])
	}))
	defer server.Close()
	ctx := Open(t, Large)
	for path, want := range map[string]string{"/wide": "sticks out", "/cut": "is cut off", "/good": ""} {
		seen := &recorder{TB: t}
		Reflows(seen, ctx, "page", server.URL+path)
		if all := strings.Join(seen.reported, "\n"); want == "" && all != "" || !strings.Contains(all, want) {
			t.Errorf("%s: want %q reported, got %q", path, want, all)
		}
	}
}

// TestLookSees shows that Look finds each kind of fault, and none on a good page.
func TestLookSees(t *testing.T) {
	const frame = `<!doctype html><html lang="en"><head><meta name="viewport" content="width=device-width"><title>A page</title></head><body><main><h1>A page</h1>%s</main></body></html>`
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprintf(w, frame, map[string]string{
			"/wide":  `<p style="width: 2000px">a wide line</p>`,
			"/small": `<button style="height: 30px">press</button>`,
			"/pale":  `<p style="color: #bbb; background: #fff">pale words</p>`,
			"/good":  `<button style="height: 48px">press</button>`,
		}[r.URL.Path])
	}))
	defer server.Close()
	ctx := Open(t)
	for path, want := range map[string]string{"/wide": "sticks out", "/small": "too small to press", "/pale": "color-contrast", "/good": ""} {
		seen := &recorder{TB: t}
		Look(seen, ctx, "page", server.URL+path)
		if all := strings.Join(seen.reported, "\n"); want == "" && all != "" || !strings.Contains(all, want) {
			t.Errorf("%s: want %q reported, got %q", path, want, all)
		}
	}
}

package templates

import (
	"bytes"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"io/fs"
	"net/http"
	"path"
	"strings"
	"sync"
	"time"
)

//go:embed static
var static embed.FS

// StaticPrefix is where [Static] is to be mounted.
const StaticPrefix = "/static/"

type file struct {
	data   []byte
	hash   string
	zipped bool // data is gzip's, and so it is sent
}

// sheets are the parts of app.css, each of which may change what those before it say.
var sheets = []string{"base.css", "work.css", "pay.css"}

// files are our own static files and what the asset build adds to them, by name. Fonts are for paper, not for browsers. One that
// is large is embedded as name.gz and goes by its name.
var files = sync.OnceValue(func() map[string]file {
	all := map[string]file{}
	add := func(name string, data []byte) {
		sum := sha256.Sum256(data)
		name, zipped := strings.CutSuffix(name, ".gz")
		all[name] = file{data, hex.EncodeToString(sum[:6]), zipped}
	}
	for root, system := range map[string]fs.FS{"dist": built, "static": static} {
		entries, _ := fs.ReadDir(system, root)
		for _, e := range entries {
			if data, err := fs.ReadFile(system, path.Join(root, e.Name())); err == nil && !strings.HasPrefix(e.Name(), ".") {
				add(e.Name(), data)
			}
		}
	}
	var whole []byte
	for _, name := range sheets {
		part, _ := static.ReadFile("static/app/" + name)
		whole = append(whole, part...)
	}
	add("app.css", whole)
	return all
})

// Asset is the address of a static file. It changes with the content of the file, so that browsers may keep it for ever.
func Asset(name string) string {
	return StaticPrefix + files()[name].hash + "/" + name
}

// Static serves the addresses that [Asset] gives. An address of another version answers with the present content, which
// is then not kept.
func Static() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		hash, name, _ := strings.Cut(strings.TrimPrefix(r.URL.Path, StaticPrefix), "/")
		f, ok := files()[name]
		if !ok {
			http.NotFound(w, r)
			return
		}
		keep := "no-cache"
		if hash == f.hash {
			keep = "public, max-age=31536000, immutable"
		}
		w.Header().Set("Cache-Control", keep)
		w.Header().Set("ETag", `"`+f.hash+`"`)
		if f.zipped {
			w.Header().Set("Content-Encoding", "gzip") // which every browser reads that has WebAssembly
		}
		http.ServeContent(w, r, name, time.Time{}, bytes.NewReader(f.data))
	})
}

package templates

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"sync"
)

// scanFiles are what the scan page needs to open without a network. The page asks for further ones, such as the reader of the
// camera's pictures, when it needs them, and they are kept then.
var scanFiles = []string{"pico.css", "app.css", "scan.css", "scan.js", "mark.svg", "icon-192.png"}

// ServiceWorker is the script that lets the scan page open without a network. It names the files it keeps, so that it changes,
// and browsers take the new one, whenever one of them does. The error is that of [Check] when the program was built without assets.
var ServiceWorker = sync.OnceValues(func() ([]byte, error) {
	worker, err := built.ReadFile("dist/sw.js")
	if err != nil {
		return nil, missing("sw.js")
	}
	var shell struct {
		Build string   `json:"build"`
		Files []string `json:"files"`
	}
	sum := sha256.New()
	sum.Write(worker)
	for _, name := range scanFiles {
		if f, ok := files()[name]; ok {
			shell.Files = append(shell.Files, Asset(name))
			sum.Write([]byte(f.hash))
		}
	}
	shell.Build = hex.EncodeToString(sum.Sum(nil)[:6])
	head, err := json.Marshal(shell)
	if err != nil {
		return nil, err
	}
	return append([]byte("self.shell="+string(head)+";"), worker...), nil
})

// PushWorker is the script that shows messages while no page is open.
func PushWorker() []byte { return files()["push-sw.js"].data }

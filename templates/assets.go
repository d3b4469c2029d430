package templates

import (
	"bytes"
	"compress/gzip"
	"embed"
	"fmt"
	"io"
	"io/fs"
	"strings"
	"sync"
)

//go:embed all:dist
var built embed.FS

// required is what assets/build.mjs puts into dist and the program cannot do without.
var required = []string{
	"pico.css",
	"scan.js",
	"sw.js",
	"icon-192.png",
	"reader.js",
	"reader.wasm.gz",
	"names/initials.txt",
	"names/leaked.txt.gz",
	"fonts/NotoSansSC-Regular.ttf.gz",
	"fonts/NotoSansSC-Bold.ttf.gz",
	"fonts/OFL.txt",
}

// Check reports the first asset the program was built without, and the command that makes it. The program starts all
// the same: its pages are then plain, and what needs the font says so.
func Check() error {
	for _, name := range required {
		if _, err := fs.Stat(built, "dist/"+name); err != nil {
			return missing(name)
		}
	}
	return nil
}

// Font is a TrueType font: NotoSansSC-Regular.ttf or NotoSansSC-Bold.ttf. It is fit for GB2312, the 8,105 standard
// Chinese characters and Latin. The bytes are the caller's own. The error is that of [Check] when the program was built
// without assets.
func Font(name string) ([]byte, error) { return unpack("fonts/" + name) }

// Leaked says whether a password is one of the ten thousand that breaches have shown most often, whatever its case. Built without assets the
// program knows none.
func Leaked(password string) bool {
	line := "\n" + strings.ToLower(password) + "\n"
	return !strings.Contains(password, "\n") && bytes.Contains(leaked(), []byte(line))
}

// leaked is the list, sorted, each line between line ends.
var leaked = sync.OnceValue(func() []byte {
	list, _ := unpack("names/leaked.txt")
	return append([]byte("\n"), list...)
})

// unpack is a file of dist that is kept compressed.
func unpack(name string) ([]byte, error) {
	packed, err := built.Open("dist/" + name + ".gz")
	if err != nil {
		return nil, missing(name)
	}
	defer packed.Close()
	unpacked, err := gzip.NewReader(packed)
	if err != nil {
		return nil, fmt.Errorf("unpack %s: %w", name, err)
	}
	data, err := io.ReadAll(unpacked)
	if err != nil {
		return nil, fmt.Errorf("unpack %s: %w", name, err)
	}
	return data, nil
}

func missing(name string) error {
	return fmt.Errorf(`templates/dist/%s is not built in: run "make assets" (it needs Node 20 or newer) and build again`, name)
}

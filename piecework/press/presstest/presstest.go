// Package presstest gives tests the two weights of the font that the program embeds.
package presstest

import (
	"os"
	"path/filepath"
	"sync"
	"testing"
)

var files = sync.OnceValues(func() (weights [2][]byte, err error) {
	for i, name := range []string{"NotoSansSC-Regular.ttf", "NotoSansSC-Bold.ttf"} {
		// A test runs in the folder of its package, which is somewhere below the root of the repository.
		for dir := "."; len(dir) < 30; dir = filepath.Join(dir, "..") {
			if weights[i], err = os.ReadFile(filepath.Join(dir, "templates", "assets", "fonts", name)); err == nil {
				break
			}
		}
		if err != nil {
			return weights, err
		}
	}
	return weights, nil
})

// Weights are the two fonts for press.NewFonts, as "make assets" makes them. They are not to be changed.
func Weights(t testing.TB) (regular, bold []byte) {
	t.Helper()
	weights, err := files()
	if err != nil {
		t.Fatalf("%v: run make assets", err)
	}
	return weights[0], weights[1]
}

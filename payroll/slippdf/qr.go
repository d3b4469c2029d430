package slippdf

import (
	"fmt"
	"strings"

	"rsc.io/qr"
)

// quietZone is how many light modules the standard asks for on every side of a code.
const quietZone = 4

// qrPath is a code as one PDF path in modules, the origin at the bottom left of the quiet zone, and how many modules it is
// wide with its quiet zone. Each dark run of a row is one rectangle, so that no seams show between modules.
func qrPath(content string) (path string, modules int, err error) {
	code, err := qr.Encode(content, qr.M)
	if err != nil {
		return "", 0, err
	}
	modules = code.Size + 2*quietZone
	var s strings.Builder
	for y := range code.Size {
		for x := 0; x < code.Size; x++ {
			start := x
			for code.Black(x, y) {
				x++
			}
			if x > start {
				fmt.Fprintf(&s, "%d %d %d 1 re ", quietZone+start, modules-quietZone-1-y, x-start)
			}
		}
	}
	return s.String() + "f", modules, nil
}

package press

import (
	"fmt"
	"strings"

	"rsc.io/qr"
)

// QuietZone is how many light squares the standard asks for on every side of a QR code.
const QuietZone = 4

// QR is a QR code of a content with its quiet zone, to be given a place. Each dark run of a row is one rectangle, so that no seams show
// between squares.
func QR(content string) (Symbol, error) {
	code, err := qr.Encode(content, qr.M)
	if err != nil {
		return Symbol{}, err
	}
	squares := code.Size + 2*QuietZone
	var s strings.Builder
	for y := range code.Size {
		for x := 0; x < code.Size; x++ {
			start := x
			for code.Black(x, y) {
				x++
			}
			if x > start {
				fmt.Fprintf(&s, "%d %d %d 1 re ", QuietZone+start, squares-QuietZone-1-y, x-start)
			}
		}
	}
	return Symbol{Path: s.String() + "f", Across: squares, Down: squares}, nil
}

package press

import (
	"fmt"
	"image/color"
	"strings"

	"github.com/boombuler/barcode/code128"
)

// BarQuietZone is how many light bars the standard asks for at either end of a bar code.
const BarQuietZone = 10

// Bars is a Code 128 of a content with its quiet zones, to be given a place. Down is 1, as a bar is as high as its box.
func Bars(content string) (Symbol, error) {
	code, err := code128.Encode(content)
	if err != nil {
		return Symbol{}, err
	}
	width := code.Bounds().Dx()
	dark := func(x int) bool { return x < width && code.At(x, 0) == color.Black }
	var s strings.Builder
	for x := 0; x < width; x++ {
		start := x
		for dark(x) {
			x++
		}
		if x > start {
			fmt.Fprintf(&s, "%d 0 %d 1 re ", BarQuietZone+start, x-start)
		}
	}
	return Symbol{Path: s.String() + "f", Across: width + 2*BarQuietZone, Down: 1}, nil
}

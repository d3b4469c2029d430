package press

import (
	"fmt"
	"strings"
)

// Strokes is a drawing of lines in a box of so many units, from its top left corner, to be given a place. Without lines it has no path.
func Strokes(lines [][][2]int, across, down int) Symbol {
	if len(lines) == 0 {
		return Symbol{}
	}
	var s strings.Builder
	fmt.Fprintf(&s, "%d w 1 J 1 j ", max(1, across/80))
	for _, line := range lines {
		for i, p := range line {
			command := "l"
			if i == 0 {
				command = "m"
			}
			fmt.Fprintf(&s, "%d %d %s ", p[0], down-p[1], command)
		}
		if len(line) == 1 { // a dot is a line to itself
			fmt.Fprintf(&s, "%d %d l ", line[0][0], down-line[0][1])
		}
	}
	return Symbol{Path: s.String() + "S", Across: across, Down: down}
}

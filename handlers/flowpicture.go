package handlers

import (
	"fmt"

	"jijian/payroll"
)

// picture is the flow of an order drawn from top to bottom: a ribbon as wide as there are pieces, which narrows where some stay behind.
// Everything in it is numbers and classes, so that no style is needed.
type picture struct {
	Width, Height int
	Ribbons       []shape
	Nodes         []node
	Labels        []caption
	Text          string // what the picture shows, in words
}

// shape is a path with the class that colours it.
type shape struct{ Class, Path string }

// node is a place the pieces come to: a bar, its name and how many they are.
type node struct {
	Y, Width, TextY int
	Name            string
	Pieces          int64
}

// caption tells about pieces that stay behind, or come in.
type caption struct {
	Class, Name string
	X, Y        int
	Pieces      int64
	Over        bool // they come in
}

// The measures of the picture.
const (
	pictureWidth = 340
	ribbonWidth  = 152 // of the most pieces there are
	labelAt      = 176 // where the captions begin
	nodeHeight   = 5
	nodeText     = 16 // from the bar to the base line of its name
	rowHeight    = 46 // from one node to the next, without captions
	captionPitch = 17
)

// branch is pieces that leave the ribbon before the next node, or come in (over).
type branch struct {
	kind   payroll.GapKind
	pieces int64
	over   bool
}

// station is one node with what leaves and joins before it.
type station struct {
	name     string
	pieces   int64
	branches []branch
}

// flowPicture draws a tie-out; says translates.
func flowPicture(t *payroll.TieOut, says func(string, ...any) string) picture {
	stations := stationsOf(t, says)
	most := int64(1)
	for _, s := range stations {
		n := s.pieces
		for _, b := range s.branches {
			if !b.over {
				n += b.pieces
			}
		}
		most = max(most, n)
	}
	d := drawing{most: most, says: says}
	for i, s := range stations {
		d.station(s, i == 0)
	}
	last := stations[len(stations)-1]
	d.Text = says("Of %d pieces %d came to the end: %s.", t.Ordered, last.pieces, last.name)
	d.Width, d.Height = pictureWidth, d.y+nodeText+10
	return d.picture
}

// stationsOf lists the places the pieces of a tie-out come to.
func stationsOf(t *payroll.TieOut, says func(string, ...any) string) []station {
	list := []station{{name: says("Ordered"), pieces: t.Ordered}}
	for i, s := range t.Stages {
		waiting, over := payroll.GapStock, payroll.GapTwice
		if i == 0 {
			waiting, over = payroll.GapNotBegun, payroll.GapBesides
		}
		name := ""
		for k, op := range s.Operations {
			if k > 0 {
				name += " + "
			}
			name += op.Name
		}
		list = append(list, station{name, s.Good, present(branch{waiting, s.Waiting, false}, branch{payroll.GapRework, s.Rework, false},
			branch{payroll.GapScrapMaterial, s.ScrapMaterial, false}, branch{payroll.GapScrapWorkmanship, s.ScrapWorkmanship, false}, branch{over, s.Over, true})})
	}
	e, h := t.End, t.Handed
	if t.Ticket != nil {
		return list
	}
	return append(list,
		station{says("Delivered"), h.Delivered - h.Returned, present(branch{payroll.GapStock, e.Stock, false}, branch{payroll.GapRework, e.Rework, false},
			branch{payroll.GapScrapWorkmanship, e.Scrapped, false}, branch{payroll.GapUncounted, e.Uncounted, true}, branch{payroll.GapTwice, e.Twice, true})},
		station{says("Accepted"), h.Accepted, present(branch{payroll.GapUndecided, h.Delivered - h.Accepted - h.Rejected - h.Returned, false},
			branch{payroll.GapRejected, h.Rejected, false})})
}

// present are the branches that have pieces.
func present(list ...branch) []branch {
	var some []branch
	for _, b := range list {
		if b.pieces > 0 {
			some = append(some, b)
		}
	}
	return some
}

// drawing is a picture under way: y is the top of the last node, width that of its bar.
type drawing struct {
	picture
	most  int64
	says  func(string, ...any) string
	y     int
	width float64
}

// wide is how wide so many pieces are; some are never nothing.
func (d *drawing) wide(pieces int64) float64 {
	if pieces <= 0 {
		return 0
	}
	return max(1.5, float64(pieces)*ribbonWidth/float64(d.most))
}

// station draws a node and the ribbon that leads to it.
func (d *drawing) station(s station, first bool) {
	top, was, width := d.y+nodeHeight, d.width, d.wide(s.pieces)
	if !first {
		d.y += rowHeight + captionPitch*max(0, len(s.branches)-1)
		joining := 0.0
		for _, b := range s.branches {
			if b.over {
				joining += d.wide(b.pieces)
			}
		}
		straight := max(0, min(was, width-joining))
		if straight > 0 {
			d.Ribbons = append(d.Ribbons, shape{"pass", fmt.Sprintf("M0 %d H%.1f V%d H0 Z", top, straight, d.y)})
		}
		leave, enter := was, straight // from the right, so that no branch crosses another
		for i, b := range s.branches {
			at, wide := float64(top+20+captionPitch*i), d.wide(b.pieces)
			thick := min(wide, captionPitch-5)
			path := ""
			if b.over {
				path = bend(enter, enter+wide, float64(d.y), at-4, thick)
				enter += wide
			} else {
				from := max(0, leave-wide)
				path = bend(from, max(leave, from+1), float64(top), at-4, thick)
				leave = from
			}
			d.Ribbons = append(d.Ribbons, shape{placeColours[b.kind], path})
			d.Labels = append(d.Labels, caption{placeColours[b.kind], d.says(gapNames[b.kind][0].Format), labelAt, int(at), b.pieces, b.over})
		}
	}
	d.width = width
	d.Nodes = append(d.Nodes, node{Y: d.y, Width: int(max(2, width)), TextY: d.y + nodeHeight + nodeText, Name: s.name, Pieces: s.pieces})
}

// bend is a ribbon from the bar between left and right, at the height y, to the caption at the height to.
func bend(left, right, y, to, thick float64) string {
	const end, turn = labelAt - 6, 40
	mid := (y + to) / 2
	return fmt.Sprintf("M%.1f %.1f C%.1f %.1f %.1f %.1f %d %.1f V%.1f C%.1f %.1f %.1f %.1f %.1f %.1f Z",
		left, y, left, mid, float64(end-turn), to+thick/2, end, to+thick/2, to-thick/2, float64(end-turn), to-thick/2, right, mid, right, y)
}

package payroll

import (
	"context"
	"fmt"
	"strconv"
	"strings"

	"github.com/uptrace/bun"

	"jijian/piecework"
)

// The box in which a signature is drawn, and limits on what is kept of it.
const (
	SignatureWidth  = 1000
	SignatureHeight = 400
	maxStrokes      = 200
	maxStrokePoints = 4000
	leastSignature  = 60 // of the width or the height; less is a slip of the finger
)

// Point is a point of a drawn line, from the top left corner of the box.
type Point struct{ X, Y int }

// Strokes are the lines of a drawn signature, in the order in which they were drawn.
type Strokes [][]Point

// ParseStrokes reads "10,20 12,25;40,20 41,30": points of a stroke apart by blanks, strokes by semicolons, each within the box. It is
// the form in which a signature is stored.
func ParseStrokes(text string) (Strokes, *piecework.Message) {
	broken := piecework.Msg("The signature did not arrive whole. Draw it again, or confirm without one.")
	var all Strokes
	points, low, high := 0, Point{SignatureWidth, SignatureHeight}, Point{}
	for stroke := range strings.SplitSeq(text, ";") {
		var line []Point
		for point := range strings.FieldsSeq(stroke) {
			x, y, both := strings.Cut(point, ",")
			p := Point{}
			var errX, errY error
			p.X, errX = strconv.Atoi(x)
			p.Y, errY = strconv.Atoi(y)
			if points++; !both || errX != nil || errY != nil || p.X < 0 || p.X > SignatureWidth || p.Y < 0 || p.Y > SignatureHeight || points > maxStrokePoints {
				return nil, broken
			}
			low, high = Point{min(low.X, p.X), min(low.Y, p.Y)}, Point{max(high.X, p.X), max(high.Y, p.Y)}
			line = append(line, p)
		}
		if len(line) == 0 || len(all) == maxStrokes {
			return nil, broken
		}
		all = append(all, line)
	}
	if high.X-low.X < leastSignature && high.Y-low.Y < leastSignature {
		return nil, piecework.Msg("That is too small for a signature. Draw your name, or confirm without one.")
	}
	return all, nil
}

// String is the strokes as [ParseStrokes] reads them.
func (s Strokes) String() string {
	var b strings.Builder
	for i, line := range s {
		if i > 0 {
			b.WriteByte(';')
		}
		for j, p := range line {
			if j > 0 {
				b.WriteByte(' ')
			}
			fmt.Fprintf(&b, "%d,%d", p.X, p.Y)
		}
	}
	return b.String()
}

// SVG is the strokes as the data of an SVG path in the box.
func (s Strokes) SVG() string {
	var b strings.Builder
	for _, line := range s {
		fmt.Fprintf(&b, "M%d %d", line[0].X, line[0].Y)
		for _, p := range line[min(1, len(line)-1):] { // a dot is a line to itself
			fmt.Fprintf(&b, "L%d %d", p.X, p.Y)
		}
	}
	return b.String()
}

// Signature (签名) is what a worker drew when she confirmed a slip version, which it names by its hash.
type Signature struct {
	bun.BaseModel `bun:"table:signatures,alias:sg"`

	SlipID   int64 `bun:",pk"`
	Hash     []byte
	Strokes  string
	SignedAt piecework.Instant
	SignedBy string
}

// Lines are the strokes as drawn.
func (s *Signature) Lines() Strokes {
	lines, _ := ParseStrokes(s.Strokes) // was checked when it was stored
	return lines
}

// Sign notes that a worker finds her slip right, as [Acknowledge] does, with the signature she drew; without strokes it is a tap.
func Sign(ctx context.Context, db bun.IDB, slipID, workerID int64, strokes, by string) error {
	if strokes == "" {
		return Acknowledge(ctx, db, slipID, workerID, by)
	}
	lines, msg := ParseStrokes(strokes)
	if msg != nil {
		v := &piecework.Invalid{}
		v.AddMsg("signature", msg)
		return v
	}
	return onOwnSlip(ctx, db, slipID, workerID, func(ctx context.Context, db bun.Tx, slip *Slip) error {
		said, err := slip.acknowledge(ctx, db, by)
		if err != nil {
			return err
		}
		drawn := &Signature{SlipID: slip.ID, Hash: slip.Hash, Strokes: lines.String(), SignedAt: said, SignedBy: by}
		if _, err := db.NewInsert().Model(drawn).On("CONFLICT (slip_id) DO NOTHING").Returning("NULL").Exec(ctx); err != nil {
			return fmt.Errorf("keep signature: %w", err)
		}
		return nil
	})
}

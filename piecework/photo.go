package piecework

import (
	"bytes"
	"context"
	"crypto/sha256"
	"database/sql"
	"errors"
	"fmt"
	"image"
	"image/color"
	"image/draw"
	"image/jpeg"
	_ "image/png" // browsers and screenshots make these too
	"runtime"
	"slices"

	"github.com/uptrace/bun"
)

// Photo is a picture that belongs to a thing, such as a sample of an order or a rejected piece of a delivery. It is stored as this
// program drew it, so that nothing of what was uploaded is kept: neither place and device, nor what a picture may hide.
type Photo struct {
	bun.BaseModel `bun:"table:photos,alias:ph"`

	ID int64 `bun:",pk,autoincrement"`
	// Kind and ThingID name the thing as paths do ("order", 12): who sees the thing sees the photo.
	Kind          string
	ThingID       int64
	JPEG          []byte `bun:"jpeg"`
	SHA256        []byte `bun:"sha256"` // of JPEG
	Width, Height int    // in pixels, at most PhotoSide
	StoredAt      Instant
	StoredBy      string
}

// Limits on what is uploaded as a photo, and on what is kept of it.
const (
	PhotoBytes  = 12 << 20   // of the file
	PhotoPixels = 24_000_000 // to be decoded: four bytes each, or a little more
	PhotoSide   = 1600       // the longer side of what is kept, in pixels
)

// decoding lets only a few pictures be decoded at once, because each may take 200 MB while it is.
var decoding = make(chan struct{}, min(2, runtime.GOMAXPROCS(0)))

// ReadPhoto makes a photo of an uploaded JPEG or PNG file: turned upright, at most PhotoSide wide and high, on white. It looks at the
// size before it decodes, so that a small file cannot fill the memory. An [Invalid] error says for the field what is wrong and what to
// do. Store it with [StorePhoto].
func ReadPhoto(field string, file []byte) (*Photo, error) {
	switch {
	case len(file) > PhotoBytes:
		return nil, InvalidField(field, "the picture is larger than %d MB: take it with fewer pixels", PhotoBytes>>20)
	case isHEIC(file):
		return nil, InvalidField(field, "HEIC pictures cannot be read. On the iPhone choose Settings, Camera, Formats, Most Compatible, or send a JPEG")
	}
	shape, kind, err := image.DecodeConfig(bytes.NewReader(file))
	if err != nil || kind != "jpeg" && kind != "png" || shape.Width < 1 || shape.Height < 1 {
		return nil, InvalidField(field, "is not a JPEG or PNG picture")
	}
	if shape.Width > PhotoPixels/shape.Height {
		return nil, InvalidField(field, "has more than %d million pixels", PhotoPixels/1_000_000)
	}
	decoding <- struct{}{}
	defer func() { <-decoding }()
	full, _, err := image.Decode(bytes.NewReader(file))
	if err != nil {
		return nil, InvalidField(field, "is damaged: take it again")
	}
	upright := turned(shrunk(full), orientation(file))
	var out bytes.Buffer
	if err := jpeg.Encode(&out, upright, &jpeg.Options{Quality: 82}); err != nil {
		return nil, fmt.Errorf("encode photo: %w", err)
	}
	sum := sha256.Sum256(out.Bytes())
	return &Photo{JPEG: out.Bytes(), SHA256: sum[:], Width: upright.Rect.Dx(), Height: upright.Rect.Dy()}, nil
}

// isHEIC knows the files that Apple's cameras write unless told otherwise, which only Apple's programs read for sure, and AVIF.
func isHEIC(file []byte) bool {
	return len(file) >= 12 && string(file[4:8]) == "ftyp" &&
		slices.Contains([]string{"heic", "heix", "heim", "heis", "hevc", "hevx", "mif1", "msf1", "avif"}, string(file[8:12]))
}

// shrunk draws a picture on white, in a size that is kept: each pixel is the mean of those it comes from. It works in stripes, so that
// the whole picture need not be in memory once more.
func shrunk(from image.Image) *image.RGBA {
	b := from.Bounds()
	scale := max(b.Dx(), b.Dy(), PhotoSide)
	w, h := max(1, b.Dx()*PhotoSide/scale), max(1, b.Dy()*PhotoSide/scale)
	to := image.NewRGBA(image.Rect(0, 0, w, h))
	stripe := image.NewRGBA(image.Rect(0, 0, b.Dx(), b.Dy()/h+1))
	for y := range h {
		top, bottom := y*b.Dy()/h, (y+1)*b.Dy()/h
		rows := image.Rect(0, 0, b.Dx(), bottom-top)
		draw.Draw(stripe, rows, image.White, image.Point{}, draw.Src)
		draw.Draw(stripe, rows, from, b.Min.Add(image.Pt(0, top)), draw.Over)
		for x := range w {
			to.SetRGBA(x, y, mean(stripe, image.Rect(x*b.Dx()/w, 0, (x+1)*b.Dx()/w, bottom-top)))
		}
	}
	return to
}

// mean is the colour of an area of an opaque picture, which must not be empty.
func mean(of *image.RGBA, area image.Rectangle) color.RGBA {
	var r, g, b int
	for y := area.Min.Y; y < area.Max.Y; y++ {
		row := of.Pix[of.PixOffset(area.Min.X, y):of.PixOffset(area.Max.X, y)]
		for i := 0; i < len(row); i += 4 {
			r, g, b = r+int(row[i]), g+int(row[i+1]), b+int(row[i+2])
		}
	}
	n := area.Dx() * area.Dy()
	return color.RGBA{uint8((r + n/2) / n), uint8((g + n/2) / n), uint8((b + n/2) / n), 255}
}

// turned is the picture as it was meant to be seen, by the orientation (1 to 8) that the camera wrote beside it.
func turned(p *image.RGBA, orientation int) *image.RGBA {
	if orientation < 2 || orientation > 8 {
		return p
	}
	w, h := p.Rect.Dx(), p.Rect.Dy()
	to := image.NewRGBA(image.Rect(0, 0, w, h))
	if orientation >= 5 { // on its side
		to = image.NewRGBA(image.Rect(0, 0, h, w))
	}
	for y := range h {
		for x := range w {
			at := [9]image.Point{2: {w - 1 - x, y}, 3: {w - 1 - x, h - 1 - y}, 4: {x, h - 1 - y}, 5: {y, x},
				6: {h - 1 - y, x}, 7: {h - 1 - y, w - 1 - x}, 8: {y, w - 1 - x}}[orientation]
			to.SetRGBA(at.X, at.Y, p.RGBAAt(x, y))
		}
	}
	return to
}

// StorePhoto keeps a photo that [ReadPhoto] made for a thing; the caller has made sure that the person may add to it. The id is filled in.
func StorePhoto(ctx context.Context, db bun.IDB, p *Photo, kind string, thingID int64, by string) error {
	p.Kind, p.ThingID, p.StoredAt, p.StoredBy = kind, thingID, Now(), by
	_, err := db.NewInsert().Model(p).Exec(ctx)
	return wrap("store photo", err)
}

// PhotoByID returns a photo with its picture, or a not-found error. Who may see it is decided by [Photo.Kind] and [Photo.ThingID].
func PhotoByID(ctx context.Context, db bun.IDB, id int64) (*Photo, error) {
	p := new(Photo)
	return p, found(db.NewSelect().Model(p).Where("id = ?", id).Scan(ctx), "There is no such photo.")
}

// CheckPhotos compares each photo with its checksum and names the first that differs.
func CheckPhotos(ctx context.Context, db bun.IDB) error {
	for after := int64(0); ; {
		p := new(Photo)
		err := db.NewSelect().Model(p).Where("id > ?", after).Order("id").Limit(1).Scan(ctx)
		if errors.Is(err, sql.ErrNoRows) {
			return nil
		}
		if err != nil {
			return wrap("read photo", err)
		}
		if sum := sha256.Sum256(p.JPEG); !bytes.Equal(sum[:], p.SHA256) {
			return fmt.Errorf("photo %d is not the one that was stored: its checksum differs", p.ID)
		}
		after = p.ID
	}
}

package piecework_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"hash/crc32"
	"image"
	"image/color"
	"image/draw"
	"image/jpeg"
	"image/png"
	"strings"
	"testing"

	"jijian/piecework"
	"jijian/piecework/pieceworktest"
)

// redLeft is a picture whose left half is red and whose right half is transparent.
func redLeft(w, h int) image.Image {
	p := image.NewNRGBA(image.Rect(0, 0, w, h))
	draw.Draw(p, image.Rect(0, 0, w/2, h), image.NewUniform(color.NRGBA{255, 0, 0, 255}), image.Point{}, draw.Src)
	return p
}

func asPNG(t testing.TB, p image.Image) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := png.Encode(&b, p); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// asJPEG is a JPEG with an Exif block that says how the camera was held, in either byte order, and where it was.
func asJPEG(t testing.TB, p image.Image, order binary.AppendByteOrder, orientation uint16) []byte {
	t.Helper()
	var b bytes.Buffer
	white := image.NewRGBA(p.Bounds())
	draw.Draw(white, white.Rect, image.White, image.Point{}, draw.Src)
	draw.Draw(white, white.Rect, p, image.Point{}, draw.Over)
	if err := jpeg.Encode(&b, white, nil); err != nil {
		t.Fatal(err)
	}
	tiff := []byte("MM\x00\x2A")
	if order == binary.LittleEndian {
		tiff = []byte("II\x2A\x00")
	}
	tiff = order.AppendUint16(order.AppendUint32(tiff, 8), 2)
	for _, entry := range [][2]uint16{{0x0110, 7}, {0x0112, orientation}} {
		tiff = order.AppendUint16(order.AppendUint16(tiff, entry[0]), 3)
		tiff = append(order.AppendUint16(order.AppendUint32(tiff, 1), entry[1]), 0, 0)
	}
	block := append([]byte("Exif\x00\x00"), append(tiff, "36.18N 116.76E"...)...)
	head := append([]byte{0xFF, 0xD8, 0xFF, 0xE1}, binary.BigEndian.AppendUint16(nil, uint16(len(block)+2))...)
	return append(append(head, block...), b.Bytes()[2:]...)
}

// bomb is a PNG of a few bytes that says it is w × h.
func bomb(w, h uint32) []byte {
	head := binary.BigEndian.AppendUint32(binary.BigEndian.AppendUint32([]byte("IHDR"), w), h)
	head = append(head, 8, 0, 0, 0, 0)
	b := append([]byte("\x89PNG\r\n\x1a\n\x00\x00\x00\x0d"), head...)
	return binary.BigEndian.AppendUint32(b, crc32.ChecksumIEEE(head))
}

func TestReadPhotoMakesThePictureAnew(t *testing.T) {
	for _, c := range []struct {
		name string
		file []byte
		w, h int
		red  image.Point // a place that is red; the one across is white
	}{
		{"transparent PNG", asPNG(t, redLeft(40, 20)), 40, 20, image.Pt(5, 10)},
		{"large", asPNG(t, redLeft(3201, 40)), 1600, 19, image.Pt(100, 9)},
		{"thin", asPNG(t, redLeft(4000, 1)), 1600, 1, image.Pt(100, 0)},
		{"upright", asJPEG(t, redLeft(64, 32), binary.BigEndian, 1), 64, 32, image.Pt(8, 16)},
		{"mirrored", asJPEG(t, redLeft(64, 32), binary.LittleEndian, 2), 64, 32, image.Pt(56, 16)},
		{"upside down", asJPEG(t, redLeft(64, 32), binary.BigEndian, 3), 64, 32, image.Pt(56, 16)},
		{"flipped", asJPEG(t, redLeft(64, 32), binary.BigEndian, 4), 64, 32, image.Pt(8, 16)},
		{"transposed", asJPEG(t, redLeft(64, 32), binary.BigEndian, 5), 32, 64, image.Pt(16, 8)},
		{"turned right", asJPEG(t, redLeft(64, 32), binary.LittleEndian, 6), 32, 64, image.Pt(16, 8)},
		{"transverse", asJPEG(t, redLeft(64, 32), binary.BigEndian, 7), 32, 64, image.Pt(16, 56)},
		{"turned left", asJPEG(t, redLeft(64, 32), binary.BigEndian, 8), 32, 64, image.Pt(16, 56)},
		{"no such way to hold it", asJPEG(t, redLeft(64, 32), binary.BigEndian, 99), 64, 32, image.Pt(8, 16)},
	} {
		p, err := piecework.ReadPhoto("photo", c.file)
		if err != nil {
			t.Errorf("%s: %v", c.name, err)
			continue
		}
		got, kind, err := image.Decode(bytes.NewReader(p.JPEG))
		if err != nil || kind != "jpeg" || got.Bounds() != image.Rect(0, 0, c.w, c.h) || p.Width != c.w || p.Height != c.h {
			t.Errorf("%s: %s %v as %d × %d, %v; want %d × %d", c.name, kind, got.Bounds(), p.Width, p.Height, err, c.w, c.h)
			continue
		}
		for at, want := range map[image.Point]bool{c.red: true, image.Pt(c.w-1-c.red.X, c.h-1-c.red.Y): false} {
			if r, g, _, _ := got.At(at.X, at.Y).RGBA(); (r>>8 > 200 && g>>8 < 60) != want || !want && g>>8 < 200 {
				t.Errorf("%s: at %v red is %v", c.name, at, want)
			}
		}
		if bytes.Contains(p.JPEG, []byte("Exif")) || bytes.Contains(p.JPEG, []byte("116.76E")) {
			t.Errorf("%s: keeps what the camera wrote", c.name)
		}
	}
}

func TestReadPhotoRefuses(t *testing.T) {
	whole := asJPEG(t, redLeft(640, 480), binary.BigEndian, 1)
	for name, c := range map[string]struct {
		file []byte
		want string
	}{
		"HEIC":        {[]byte("\x00\x00\x00\x18ftypheic\x00\x00\x00\x00"), "Most Compatible"},
		"bomb":        {bomb(60_000, 60_000), "more than 24 million pixels"},
		"wide bomb":   {bomb(1<<31-1, 1<<31-1), "JPEG or PNG"},
		"GIF":         {[]byte("GIF89a\x01\x00\x01\x00\x00\x00\x00;"), "JPEG or PNG"},
		"page":        {[]byte("<svg xmlns='http://www.w3.org/2000/svg'/>"), "JPEG or PNG"},
		"nothing":     {nil, "JPEG or PNG"},
		"half":        {whole[:len(whole)/2], "damaged"},
		"large":       {append(whole, make([]byte, piecework.PhotoBytes)...), "12 MB"},
		"head only":   {bomb(100, 100), "damaged"},
		"Exif is cut": {append([]byte("\xFF\xD8\xFF\xE1\xFF\xFFExif\x00\x00MM"), whole[2:]...), "JPEG or PNG"},
	} {
		_, err := piecework.ReadPhoto("photo", c.file)
		if !errors.Is(err, piecework.ErrInvalid) || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %q", name, err, c.want)
		}
	}
}

// FuzzReadPhoto: whatever is sent is refused with words or kept as a JPEG.
func FuzzReadPhoto(f *testing.F) {
	f.Add(asPNG(f, redLeft(8, 4)))
	f.Add(asJPEG(f, redLeft(8, 4), binary.LittleEndian, 6))
	f.Add(bomb(5, 5))
	f.Fuzz(func(t *testing.T, file []byte) {
		p, err := piecework.ReadPhoto("photo", file)
		if err != nil {
			if !errors.Is(err, piecework.ErrInvalid) {
				t.Fatal(err)
			}
			return
		}
		if _, err := jpeg.Decode(bytes.NewReader(p.JPEG)); err != nil {
			t.Fatal(err)
		}
	})
}

func TestPhotosAreKept(t *testing.T) {
	w := pieceworktest.NewWorld(t)
	p, err := piecework.ReadPhoto("photo", asPNG(t, redLeft(40, 20)))
	w.Must(err)
	w.Must(piecework.StorePhoto(w.Ctx, w.DB, p, "order", w.Order.ID, "王组长"))
	got, err := piecework.PhotoByID(w.Ctx, w.DB, p.ID)
	w.Must(err)
	if !bytes.Equal(got.JPEG, p.JPEG) || got.StoredBy != "王组长" || got.Kind != "order" || got.ThingID != w.Order.ID || got.Width != 40 {
		t.Errorf("read %d bytes of %s %d by %s", len(got.JPEG), got.Kind, got.ThingID, got.StoredBy)
	}
	w.Must(piecework.CheckPhotos(w.Ctx, w.DB))
	if _, err := w.DB.NewUpdate().Model(p).Set("jpeg = ?", []byte("x")).WherePK().Exec(w.Ctx); err == nil {
		t.Error("a photo was changed")
	}
	forged := *p
	forged.ID, forged.JPEG = 0, []byte("x")
	_, err = w.DB.NewInsert().Model(&forged).Exec(w.Ctx)
	w.Must(err)
	if err := piecework.CheckPhotos(w.Ctx, w.DB); err == nil || !strings.Contains(err.Error(), "photo 2") {
		t.Errorf("a forged photo: %v", err)
	}
	if _, err := piecework.PhotoByID(w.Ctx, w.DB, 99); !errors.Is(err, piecework.ErrNotFound) {
		t.Errorf("no photo: %v", err)
	}
}

package handlers_test

import (
	"bytes"
	"image"
	"image/color"
	"image/draw"
	"image/jpeg"
	"net/http"
	"strings"
	"testing"

	"rsc.io/qr"
)

// picture is a code on a table, side pixels high and wide: grey around a white label, each module 7 pixels. Without a text there is only
// the table.
func picture(t testing.TB, side int, text string) image.Image {
	t.Helper()
	table := image.NewGray(image.Rect(0, 0, side, side))
	draw.Draw(table, table.Bounds(), image.NewUniform(color.Gray{130}), image.Point{}, draw.Src)
	if text == "" {
		return table
	}
	code, err := qr.Encode(text, qr.M)
	if err != nil {
		t.Fatal(err)
	}
	const module, quiet = 7, 4
	label := image.Rect(0, 0, (code.Size+2*quiet)*module, (code.Size+2*quiet)*module)
	at := image.Pt((side-label.Dx())/2, (side-label.Dy())/2)
	draw.Draw(table, label.Add(at), image.White, image.Point{}, draw.Src)
	for y := range code.Size {
		for x := range code.Size {
			if code.Black(x, y) {
				corner := at.Add(image.Pt((x+quiet)*module, (y+quiet)*module))
				draw.Draw(table, image.Rectangle{corner, corner.Add(image.Pt(module, module))}, image.Black, image.Point{}, draw.Src)
			}
		}
	}
	return table
}

// photoOf is a picture as a JPEG.
func photoOf(t testing.TB, text string) string {
	t.Helper()
	var b bytes.Buffer
	if err := jpeg.Encode(&b, picture(t, 480, text), &jpeg.Options{Quality: 60}); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestScanPhoto(t *testing.T) {
	s := newSite(t)
	b := s.as("lead")
	send := func(kind, body string) answer { return b.do("POST", "/scan/photo", kind, body) }
	send("image/jpeg", photoOf(t, "HTTPS://X.EXAMPLE/Q/W000001P")).wants(t, 403) // of another site, for all we know
	b.header.Set("Sec-Fetch-Site", "same-origin")
	b.header.Set("Accept", "application/json")
	send("image/jpeg", photoOf(t, "HTTPS://X.EXAMPLE/Q/W000001P")).wants(t, 200, `{"codes":["HTTPS://X.EXAMPLE/Q/W000001P"]}`)
	send("image/jpeg", photoOf(t, "")).wants(t, 200, `{"codes":[]}`)
	send("image/jpeg", "GIF89a").wants(t, 422, "不是 JPEG 或 PNG 图片")
	send("image/jpeg", photoOf(t, "ONE")[:900]).wants(t, 422, "图片已损坏")
	huge := image.NewGray(image.Rect(0, 0, 6000, 4001))
	var large bytes.Buffer
	s.Must(jpeg.Encode(&large, huge, nil))
	send("image/jpeg", large.String()).wants(t, 422, "2400")
	send("image/jpeg", strings.Repeat("x", 1<<20+1)).wants(t, http.StatusRequestEntityTooLarge)
	b.header.Set("Sec-Fetch-Site", "cross-site")
	send("image/jpeg", photoOf(t, "ONE")).wants(t, 403)
}

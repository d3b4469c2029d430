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

// photoOf is a JPEG of a code on a table: grey around a white label, each module a few pixels wide. Without a text there is only the table.
func photoOf(t *testing.T, text string) string {
	t.Helper()
	table := image.NewRGBA(image.Rect(0, 0, 500, 500))
	draw.Draw(table, table.Bounds(), image.NewUniform(color.Gray{130}), image.Point{}, draw.Src)
	if text != "" {
		code, err := qr.Encode(text, qr.M)
		if err != nil {
			t.Fatal(err)
		}
		code.Scale = 7
		label := code.Image()
		draw.Draw(table, label.Bounds().Add(image.Pt(80, 90)), label, image.Point{}, draw.Src)
	}
	var b bytes.Buffer
	if err := jpeg.Encode(&b, table, &jpeg.Options{Quality: 60}); err != nil {
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
	var picture bytes.Buffer
	s.Must(jpeg.Encode(&picture, huge, nil))
	send("image/jpeg", picture.String()).wants(t, 422, "2400")
	send("image/jpeg", strings.Repeat("x", 1<<20+1)).wants(t, http.StatusRequestEntityTooLarge)
	b.header.Set("Sec-Fetch-Site", "cross-site")
	send("image/jpeg", photoOf(t, "ONE")).wants(t, 403)
}

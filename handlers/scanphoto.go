package handlers

import (
	"bytes"
	"image"
	_ "image/jpeg" // the kinds of pictures that browsers make
	_ "image/png"
	"io"
	"net/http"

	"github.com/labstack/echo/v4"
	"github.com/makiuchi-d/gozxing"
	"github.com/makiuchi-d/gozxing/oned"
	"github.com/makiuchi-d/gozxing/qrcode"

	"jijian/piecework"
)

// maxPixels of a photo are decoded: four bytes each.
const maxPixels = 24_000_000

// scanPhoto reads the code in a photo for a browser that cannot, and answers its text as JSON. The body is the picture itself;
// the page makes it small enough before it sends it.
func (s *Server) scanPhoto(c echo.Context) error {
	data, err := io.ReadAll(c.Request().Body)
	if err != nil {
		return err
	}
	shape, _, err := image.DecodeConfig(bytes.NewReader(data))
	if err != nil {
		return piecework.InvalidField("photo", "is not a JPEG or PNG picture")
	}
	if shape.Width > maxPixels/max(shape.Height, 1) {
		return piecework.InvalidField("photo", "has more than %d million pixels", maxPixels/1_000_000)
	}
	photo, _, err := image.Decode(bytes.NewReader(data))
	if err != nil {
		return piecework.InvalidField("photo", "is damaged: take it again")
	}
	return c.JSON(http.StatusOK, map[string][]string{"codes": codesIn(photo)})
}

// codesIn reads the QR code of a picture or, if it has none, its Code 128. No code is an empty list.
func codesIn(photo image.Image) []string {
	light := gozxing.NewLuminanceSourceFromImage(photo)
	hard := map[gozxing.DecodeHintType]any{gozxing.DecodeHintType_TRY_HARDER: true}
	for _, binarize := range []func(gozxing.LuminanceSource) gozxing.Binarizer{gozxing.NewHybridBinarizer, gozxing.NewGlobalHistgramBinarizer} {
		for _, reader := range []gozxing.Reader{qrcode.NewQRCodeReader(), oned.NewCode128Reader()} {
			bits, err := gozxing.NewBinaryBitmap(binarize(light))
			if err != nil {
				continue
			}
			if code, err := reader.Decode(bits, hard); err == nil {
				return []string{code.GetText()}
			}
		}
	}
	return []string{}
}

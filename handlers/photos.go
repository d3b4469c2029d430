package handlers

import (
	"encoding/hex"
	"errors"
	"io"
	"mime/multipart"
	"net/http"
	"strings"

	"github.com/labstack/echo/v4"

	"jijian/piecework"
)

// photoPaths are the paths whose forms may carry photos, and therefore more than others. Such a form says
// enctype="multipart/form-data" and has the partial "photo-field"; its handler reads f.photos(field).
var photoPaths = map[string]bool{orderPhotosPath: true, "/slips/:slip/dispute": true,
	"/deliveries/:delivery": true, "/d/:code/deliveries/:delivery": true}

// photosOnce is how many photos one form carries at most, and photoLimit how many bytes it may have with them.
const (
	photosOnce = 4
	photoLimit = pageLimit + photosOnce*piecework.PhotoBytes
)

// photos are the pictures chosen in a field, made ready to be stored; none is fine.
func (f *form) photos(field string) []*piecework.Photo {
	sent := f.c.Request().MultipartForm
	if sent == nil {
		return nil
	}
	var list []*piecework.Photo
	for _, header := range sent.File[field] {
		if header.Size == 0 {
			continue // what a browser sends when no file was chosen
		}
		if len(list) == photosOnce {
			f.invalid.Add(field, "at most %d pictures at once", photosOnce)
			return nil
		}
		photo, err := readPhoto(field, header)
		if wrong := new(piecework.Invalid); errors.As(err, &wrong) {
			f.invalid.Fields = append(f.invalid.Fields, wrong.Fields...)
			return nil
		} else if err != nil {
			f.invalid.Add(field, "did not arrive whole: send it again")
			return nil
		}
		list = append(list, photo)
	}
	return list
}

func readPhoto(field string, header *multipart.FileHeader) (*piecework.Photo, error) {
	file, err := header.Open()
	if err != nil {
		return nil, err
	}
	defer file.Close()
	data, err := io.ReadAll(io.LimitReader(file, piecework.PhotoBytes+1))
	if err != nil {
		return nil, err
	}
	return piecework.ReadPhoto(field, data)
}

// photoShow answers a photo. It never changes, so a browser may keep it, but nobody in between.
func (s *Server) photoShow(c echo.Context) error {
	p, err := piecework.PhotoByID(c.Request().Context(), s.DB, paramID(c, "photo"))
	if err != nil {
		return err
	}
	return servePhoto(c, p)
}

func servePhoto(c echo.Context, p *piecework.Photo) error {
	tag, h := `"`+hex.EncodeToString(p.SHA256[:16])+`"`, c.Response().Header()
	h.Set("Cache-Control", "private, max-age=86400, immutable")
	h.Set("ETag", tag)
	if strings.Contains(c.Request().Header.Get("If-None-Match"), tag) {
		return c.NoContent(http.StatusNotModified)
	}
	return c.Blob(http.StatusOK, "image/jpeg", p.JPEG)
}

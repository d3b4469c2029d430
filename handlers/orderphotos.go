package handlers

import (
	"fmt"

	"github.com/labstack/echo/v4"

	"jijian/piecework"
)

const orderPhotosPath = "/orders/:order/photos"

type orderPhotos struct {
	Order  *piecework.ProcessingOrder
	Photos []piecework.OrderPhoto
	Form   values
}

// orderPhotosShow shows the pictures of an order and takes more.
func (s *Server) orderPhotosShow(c echo.Context) error { return s.showOrderPhotos(c, nil, values{}) }

func (s *Server) showOrderPhotos(c echo.Context, wrong error, typed values) error {
	ctx := c.Request().Context()
	o, err := piecework.OrderByID(ctx, s.DB, paramID(c, "order"))
	if err != nil {
		return err
	}
	p := orderPhotos{Order: o, Form: typed}
	if p.Photos, err = piecework.OrderPhotos(ctx, s.DB, o.ID); err != nil {
		return err
	}
	if wrong != nil {
		return s.again(c, wrong, "orders/photos", p)
	}
	return s.page(c, "orders/photos", p)
}

// orderPhotosAdd adds pictures to an order.
func (s *Server) orderPhotosAdd(c echo.Context) error {
	f, id := readForm(c), paramID(c, "order")
	photos := f.photos("photo")
	err := f.and(nil)
	if err == nil {
		err = piecework.AddOrderPhotos(c.Request().Context(), s.DB, id, photos, f.has("sample"), f.text("caption"), visitOf(c).who.Name)
	}
	if err != nil {
		return s.showOrderPhotos(c, err, f.values())
	}
	return s.done(c, fmt.Sprintf("/orders/%d/photos", id), "Added: %d pictures.", len(photos))
}

// orderPhotoRemove takes a picture off an order.
func (s *Server) orderPhotoRemove(c echo.Context) error {
	id := paramID(c, "order")
	if err := piecework.RemoveOrderPhoto(c.Request().Context(), s.DB, id, paramID(c, "photo"), visitOf(c).who.Name); err != nil {
		return err
	}
	return s.done(c, fmt.Sprintf("/orders/%d/photos", id), "The picture is taken off.")
}

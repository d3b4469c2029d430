package piecework

import (
	"context"

	"github.com/uptrace/bun"
)

// OrderPhoto is a picture of an order: of the sample that both sides agreed on (封样), or of anything else about it.
type OrderPhoto struct {
	bun.BaseModel `bun:"table:order_photos,alias:oph"`

	PhotoID   int64 `bun:",pk"`
	OrderID   int64
	Sample    bool
	Caption   string
	RemovedAt Instant
	RemovedBy string

	Photo *Photo `bun:"rel:belongs-to,join:photo_id=id"`
}

// MaxOrderPhotos is how many pictures an order shows.
const MaxOrderPhotos = 24

// AddOrderPhotos adds pictures that [ReadPhoto] made to an order, all with one caption.
func AddOrderPhotos(ctx context.Context, db bun.IDB, orderID int64, photos []*Photo, sample bool, caption, by string) error {
	v := &Invalid{}
	if len(photos) == 0 {
		v.Add("photo", "choose a picture")
	}
	v.AddMsg("caption", CheckText(caption, MaxNote))
	if err := v.Err(); err != nil {
		return err
	}
	return InTx(ctx, db, func(ctx context.Context, db bun.Tx) error {
		o, err := lockOrder(ctx, db, orderID)
		if err != nil {
			return err
		}
		there, err := db.NewSelect().Model((*OrderPhoto)(nil)).Where("order_id = ? AND removed_at = 0", o.ID).Count(ctx)
		if err != nil {
			return wrap("count photos", err)
		}
		if int(there)+len(photos) > MaxOrderPhotos {
			return InvalidField("photo", "an order shows at most %d pictures: take one off first", MaxOrderPhotos)
		}
		for _, p := range photos {
			if err := StorePhoto(ctx, db, p, "order", o.ID, by); err != nil {
				return err
			}
			if _, err := db.NewInsert().Model(&OrderPhoto{PhotoID: p.ID, OrderID: o.ID, Sample: sample, Caption: caption}).Exec(ctx); err != nil {
				return wrap("add photo", err)
			}
		}
		return nil
	})
}

// RemoveOrderPhoto takes a picture off an order. It stays in the books.
func RemoveOrderPhoto(ctx context.Context, db bun.IDB, orderID, photoID int64, by string) error {
	return changed(ctx, db.NewUpdate().Model((*OrderPhoto)(nil)).Set("removed_at = ?, removed_by = ?", Now(), by).
		Where("order_id = ? AND photo_id = ? AND removed_at = 0", orderID, photoID), "The picture is not there any more.")
}

// OrderPhotos are the pictures of an order, samples first, without the pictures themselves.
func OrderPhotos(ctx context.Context, db bun.IDB, orderID int64) ([]OrderPhoto, error) {
	var list []OrderPhoto
	err := db.NewSelect().Model(&list).Relation("Photo", func(q *bun.SelectQuery) *bun.SelectQuery {
		return q.Column("id", "width", "height", "stored_at", "stored_by")
	}).Where("oph.order_id = ? AND oph.removed_at = 0", orderID).OrderExpr("oph.sample DESC, oph.photo_id").Scan(ctx)
	return list, wrap("list photos", err)
}

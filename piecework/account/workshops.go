package account

import (
	"context"
	"fmt"
	"slices"

	"github.com/uptrace/bun"

	"jijian/piecework"
)

// userWorkshop is a workshop of a user beside the one she begins in.
type userWorkshop struct {
	bun.BaseModel `bun:"table:user_workshops"`

	UserID     int64 `bun:",pk"`
	WorkshopID int64 `bun:",pk"`
}

// WorkshopsOf are the workshops of a user by code; none is every workshop, or a role that has none.
func WorkshopsOf(ctx context.Context, db bun.IDB, u *User) ([]piecework.Workshop, error) {
	if u.WorkshopID == 0 {
		return nil, nil
	}
	var list []piecework.Workshop
	err := db.NewSelect().Model(&list).Where("id = ? OR id IN (SELECT workshop_id FROM user_workshops WHERE user_id = ?)", u.WorkshopID, u.ID).Order("code").Scan(ctx)
	if err != nil {
		return nil, fmt.Errorf("list workshops of user: %w", err)
	}
	return list, nil
}

// GiveWorkshop lets a user who is kept to workshops into one more.
func GiveWorkshop(ctx context.Context, db bun.IDB, userID, workshopID int64) error {
	u, err := UserByID(ctx, db, userID)
	if err != nil {
		return err
	}
	if _, err := piecework.WorkshopByID(ctx, db, workshopID); err != nil {
		return piecework.InvalidField("workshop", "choose a workshop")
	}
	switch {
	case u.Role.OfPerson() || u.Role == Contractor:
		return piecework.Conflict("Only the office belongs to workshops.")
	case u.WorkshopID == workshopID:
		return nil
	case u.WorkshopID == 0: // she saw every workshop and is kept to this one from now on
		_, err = db.NewUpdate().Model((*User)(nil)).Set("workshop_id = ?", workshopID).Where("id = ?", userID).Exec(ctx)
	default:
		_, err = db.NewInsert().Model(&userWorkshop{UserID: userID, WorkshopID: workshopID}).On("CONFLICT DO NOTHING").Exec(ctx)
	}
	if err != nil {
		return fmt.Errorf("give workshop: %w", err)
	}
	return nil
}

// TakeWorkshop takes a workshop from a user, at once. Her last one cannot be taken: without any she would see all of them, or a lead nothing.
func TakeWorkshop(ctx context.Context, db bun.IDB, userID, workshopID int64) error {
	return piecework.InTx(ctx, db, func(ctx context.Context, db bun.Tx) error {
		u, err := UserByID(ctx, db, userID)
		if err != nil {
			return err
		}
		list, err := WorkshopsOf(ctx, db, u)
		if err != nil {
			return err
		}
		left := piecework.Workshop{}
		has := false
		for _, w := range list {
			if w.ID == workshopID {
				has = true
			} else if left.ID == 0 {
				left = w
			}
		}
		if !has {
			return nil
		}
		if left.ID == 0 {
			return piecework.Conflict("This is her only workshop. Give her another one first, or shut her out.")
		}
		remove := workshopID
		if u.WorkshopID == workshopID { // she begins in another one from now on
			remove = left.ID
			if _, err := db.NewUpdate().Model((*User)(nil)).Set("workshop_id = ?", left.ID).Where("id = ?", userID).Exec(ctx); err != nil {
				return fmt.Errorf("take workshop: %w", err)
			}
		}
		if _, err := db.NewDelete().Model((*userWorkshop)(nil)).Where("user_id = ? AND workshop_id = ?", userID, remove).Exec(ctx); err != nil {
			return fmt.Errorf("take workshop: %w", err)
		}
		return nil
	})
}

// ApproverRoles are the roles with the right to approve what is paid.
var ApproverRoles = []Role{Admin, Bookkeeper}

// Approvers are the names, in order, of those who can come in and may approve what a workshop pays.
func Approvers(ctx context.Context, db bun.IDB, workshopID int64) ([]string, error) {
	var names []string
	err := db.NewSelect().Model((*User)(nil)).Column("name").Where("NOT disabled AND role IN (?)", bun.List(ApproverRoles)).
		Where("workshop_id IS NULL OR workshop_id = ? OR id IN (SELECT user_id FROM user_workshops WHERE workshop_id = ?)", workshopID, workshopID).Scan(ctx, &names)
	if err != nil {
		return nil, fmt.Errorf("list who may approve: %w", err)
	}
	slices.Sort(names)
	return slices.Compact(names), nil
}

package account

import (
	"errors"
	"testing"
	"time"

	"jijian/piecework"
	"jijian/piecework/pieceworktest"
)

// TestTokenCache takes a token away while it is remembered: in this process, and behind its back.
func TestTokenCache(t *testing.T) {
	w := pieceworktest.NewWorld(t)
	c := NewTokenCache(w.DB)
	for name, revoke := range map[string]func(id int64){
		"here": func(id int64) { w.Must(RevokeToken(w.Ctx, w.DB, id)) },
		"by another process": func(id int64) {
			_, err := w.DB.ExecContext(w.Ctx, "UPDATE api_tokens SET revoked_at = 1 WHERE id = ?", id)
			w.Must(err)
			for key, k := range c.known { // a moment later
				k.until = time.Now()
				c.known[key] = k
			}
		},
	} {
		token, err := NewToken(w.Ctx, w.DB, Lead, w.Workshop.ID)
		w.Must(err)
		for range 2 {
			who, err := c.Identity(w.Ctx, token)
			if err != nil || who.Role != Lead || who.WorkshopID != w.Workshop.ID {
				t.Fatalf("%+v, %v", who, err)
			}
		}
		list, err := Tokens(w.Ctx, w.DB)
		w.Must(err)
		revoke(list[0].ID)
		if who, err := c.Identity(w.Ctx, token); !errors.Is(err, piecework.ErrForbidden) {
			t.Errorf("revoked %s: %+v, %v", name, who, err)
		}
	}
	if _, err := c.Identity(w.Ctx, "wrong"); !errors.Is(err, piecework.ErrForbidden) {
		t.Errorf("an unknown token: %v", err)
	}
}

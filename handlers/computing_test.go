package handlers_test

import (
	"context"
	"strings"
	"testing"

	"github.com/uptrace/bun"

	"jijian/piecework"
)

func TestALongComputationShowsItsProgress(t *testing.T) {
	s := newSite(t)
	s.server.Hurry()
	month(s)
	b, other := s.as("lead"), s.as("bookkeeper")
	var at string
	s.Must(piecework.InTx(s.Ctx, s.DB, func(ctx context.Context, db bun.Tx) error {
		// Somebody else settles: the computation has to wait, and the person need not.
		if err := piecework.LockWorkshop(ctx, db, s.Workshop.ID); err != nil {
			return err
		}
		a := b.post("/runs", october...)
		a.wants(t, 303)
		at = a.location
		b.get(at).wants(t, 200, "正在计算草稿", "按场次汇总计件", "写入结算单", `http-equiv="refresh"`)
		return nil
	}))
	if !strings.HasPrefix(at, "/runs/computing/") {
		t.Fatalf("went to %s", at)
	}
	other.get(at).wants(t, 404)
	a := b.get(at)
	for a.status == 200 {
		a = b.get(at)
	}
	if a.status != 303 || a.location != "/runs/1" {
		t.Fatalf("%d to %s", a.status, a.location)
	}
	b.get("/runs/1").wants(t, 200, "草稿已算好", "¥32.00")
	b.get(at).wants(t, 404, "草稿在结算列表里")
}

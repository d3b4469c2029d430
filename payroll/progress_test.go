package payroll_test

import (
	"fmt"
	"testing"

	"jijian/payroll"
	"jijian/piecework/pieceworktest"
)

func TestSettlingTellsHowFarItIs(t *testing.T) {
	w := pieceworktest.NewWorld(t)
	w.Agree(w.Glue, nil, "2026-10-01", "0.35")
	w.Session("S2", "2026-10-20")
	w.Session("S3", "2026-10-21") // in which nothing was counted
	w.Count("S1", "A1", "glue", 10)
	w.Count("S1", "A2", "glue", 10)
	w.Count("S2", "A1", "glue", 10)
	var told []string
	ctx := payroll.WithProgress(w.Ctx, func(p payroll.Progress) { told = append(told, fmt.Sprint(p)) })
	_, err := payroll.Settle(ctx, w.DB, w.Workshop.ID, "2026-10-01", "2026-10-31", "test")
	w.Must(err)
	const want = "[{adding 0 3} {adding 1 3} {pricing 0 0} {holding 0 3} {holding 1 3} {holding 2 3} {writing 0 2}]"
	if got := fmt.Sprint(told); got != want {
		t.Errorf("told %s, want %s", got, want)
	}
}

package pieceworktest

import (
	"testing"

	"jijian/migrations"
	"jijian/piecework"
)

func TestDBIsMigratedAndAlone(t *testing.T) {
	first, second := DB(t), DB(t)
	pending, err := migrations.Pending(t.Context(), first)
	if err != nil || len(pending) != 0 {
		t.Fatalf("pending: %v, %v", pending, err)
	}
	if _, err := first.Exec("INSERT INTO contractors (code, name) VALUES ('c', 'Only in the first')"); err != nil {
		t.Fatal(err)
	}
	var n int
	if err := second.QueryRow("SELECT COUNT(*) FROM contractors").Scan(&n); err != nil || n != 0 {
		t.Errorf("the second database sees %d rows of the first, %v", n, err)
	}
}

func TestEmptyDSNHasNoTable(t *testing.T) {
	db, err := piecework.Open(EmptyDSN(t))
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	pending, err := migrations.Pending(t.Context(), db)
	if err != nil || len(pending) == 0 {
		t.Errorf("pending: %v, %v", pending, err)
	}
}

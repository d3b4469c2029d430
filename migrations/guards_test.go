package migrations

import (
	"fmt"
	"io/fs"
	"strings"
	"testing"
	"testing/fstest"
)

// before is the migrations older than one.
func before(t *testing.T, name string) fs.FS {
	t.Helper()
	older := fstest.MapFS{}
	for _, entry := range must(fs.ReadDir(files, "."))(t) {
		if entry.Name() < name {
			older[entry.Name()] = &fstest.MapFile{Data: must(fs.ReadFile(files, entry.Name()))(t)}
		}
	}
	return older
}

// What was counted before sums were kept is in them afterwards: 5 and 7 good pieces of which 7 were struck later, in a session of
// the next day.
func TestSumsOfOlderTallies(t *testing.T) {
	db, ctx := emptyDB(t), t.Context()
	must(up(ctx, db, before(t, "20261123000024")))(t)
	for _, statement := range strings.Split(`INSERT INTO workshops (id, code, name) VALUES (1, 'W1', 'W1');
INSERT INTO contractors (id, code, name) VALUES (1, 'C1', 'C1');
INSERT INTO workers (id, code, name, workshop_id) VALUES (1, 'A1', 'A1', 1);
INSERT INTO products (id, code, name) VALUES (1, 'P1', 'P1');
INSERT INTO operations (id, product_id, code, name, seq) VALUES (1, 1, 'cut', 'cut', 1);
INSERT INTO processing_orders (id, code, workshop_id, contractor_id, product_id, quantity, unit_fee, ordered_on) VALUES (1, 'O1', 1, 1, 1, 10, 1, '2026-10-01');
INSERT INTO work_sessions (id, code, workshop_id, work_date) VALUES (1, 'S1', 1, '2026-10-01'), (2, 'S2', 1, '2026-10-02');
INSERT INTO tallies (id, uid, workshop_id, session_id, work_date, worker_id, order_id, operation_id, good, rework, scrap_workmanship, scrap_material,
  reverses_id, recorded_at, received_at, recorded_by, chain_seq, hash) VALUES
  (1, 'a', 1, 1, '2026-10-01', 1, 1, 1, 5, 1, 2, 3, NULL, 100, 100, 'x', 1, 'h'),
  (2, 'b', 1, 1, '2026-10-01', 1, 1, 1, 7, 0, 0, 0, NULL, 200, 200, 'x', 2, 'h'),
  (3, 'r', 1, 2, '2026-10-02', 1, 1, 1, 7, 0, 0, 0, 2, 300, 300, 'x', 3, 'h')`, ";\n") {
		must(db.Exec(statement))(t)
	}
	must(Up(ctx, db))(t)
	for query, want := range map[string]string{
		"SELECT session_id, good, rework, scrap_workmanship, scrap_material, tallies, last_at FROM session_progress ORDER BY 1": "[[1 12 1 2 3 2 100] [2 -7 0 0 0 -1 0]]",
		"SELECT order_id, good, rework, scrap_workmanship, scrap_material, tallies, 0 FROM order_progress":                      "[[1 5 1 2 3 1 0]]",
	} {
		rows := must(db.QueryContext(ctx, query))(t)
		defer rows.Close()
		var got [][7]int64
		for rows.Next() {
			var r [7]int64
			must(0, rows.Scan(&r[0], &r[1], &r[2], &r[3], &r[4], &r[5], &r[6]))(t)
			got = append(got, r)
		}
		if fmt.Sprint(got) != want || rows.Err() != nil {
			t.Errorf("%s: %v, %v; want %s", query, got, rows.Err(), want)
		}
	}
}

package main

import (
	"context"
	"crypto/rand"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/uptrace/bun"

	"jijian/migrations"
	"jijian/piecework"
	"jijian/piecework/pieceworktest"
)

// dump is every row of every table that a backup carries, in the same words on both engines.
func dump(t *testing.T, db *bun.DB) string {
	t.Helper()
	lite, err := piecework.Open(filepath.Join(t.TempDir(), "schema.db"))
	if err != nil {
		t.Fatal(err)
	}
	defer lite.Close()
	if _, err := migrations.Up(t.Context(), lite); err != nil {
		t.Fatal(err)
	}
	tables, err := tablesOf(t.Context(), lite)
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	for _, table := range tables {
		fmt.Fprintf(&b, "# %s\n", table.name)
		var columns []string
		for _, c := range table.columns {
			words := `COALESCE(CAST("%s" AS TEXT), '-')`
			switch {
			case c.Type == "BOOLEAN":
				words = `CASE WHEN "%s" THEN 'yes' ELSE 'no' END`
			case c.Type == "BLOB" && piecework.IsSQLite(db):
				words = `COALESCE(LOWER(HEX("%s")), '')`
			case c.Type == "BLOB":
				words = `COALESCE(ENCODE("%s", 'hex'), '')`
			}
			columns = append(columns, fmt.Sprintf(words, c.Name))
		}
		var rows []string
		query := fmt.Sprintf(`SELECT %s FROM "%s" ORDER BY 1`, strings.Join(columns, " || '|' || "), table.name)
		if err := db.NewRaw(query).Scan(t.Context(), &rows); err != nil {
			t.Fatal(err)
		}
		fmt.Fprintln(&b, strings.Join(rows, "\n"))
	}
	return b.String()
}

// emptyCLI is the program with a database that has no table yet.
func emptyCLI(t *testing.T) cli {
	t.Helper()
	return cli{t, pieceworktest.EmptyDSN(t)}
}

// liteCLI is the program with a SQLite file that is not there yet, whatever engine the tests run on.
func liteCLI(t *testing.T) cli {
	t.Helper()
	return cli{t, filepath.Join(t.TempDir(), "lite.db")}
}

func TestABackupMovesEverythingToEitherEngine(t *testing.T) {
	source := demoCLI(t)
	team(t, source.open())
	want := dump(t, source.open())
	if !strings.Contains(want, "# bundle_tickets\n") || strings.Contains(want, "# bun_") {
		t.Error("bundle tickets are not copied, or the library's own tables are")
	}
	file := filepath.Join(t.TempDir(), "backup.db")
	source.ok("backup", file)
	if info, err := os.Stat(file); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the backup can be read by others: %v, %v", info.Mode(), err)
	}
	for name, target := range map[string]cli{"same engine": emptyCLI(t), "sqlite": liteCLI(t)} {
		if out := target.ok("restore", file); !strings.Contains(out, "restored. The books are sound: 2 workshops") {
			t.Errorf("%s: %s", name, out)
		}
		db := target.open()
		if dump(t, db) != want {
			t.Errorf("%s: the restored database differs", name)
		}
		// Work goes on: new rows get numbers that are free, and history is still protected.
		w := &piecework.Worker{Code: "NEW", Name: "新人", WorkshopID: 1, ShareWeight: piecework.ShareWeightOne, Active: true}
		if err := piecework.SaveWorker(t.Context(), db, w); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		record(t, db, "after-restore")
		team(t, db)
		if _, err := db.ExecContext(t.Context(), "DELETE FROM tallies"); err == nil {
			t.Errorf("%s: tallies can be deleted", name)
		}
		target.ok("verify")
		target.fails(failed, "not empty", "restore", file)
	}
}

// team counts pieces for a team of the demo, on the scales, and makes the team if it is not there.
func team(t *testing.T, db *bun.DB) {
	t.Helper()
	members, err := piecework.MembersByCode(t.Context(), db, 1, []string{"A01", "A02"})
	if err != nil {
		t.Fatal(err)
	}
	team, err := piecework.TeamOf(t.Context(), db, 1, members)
	if err != nil {
		t.Fatal(err)
	}
	results, err := piecework.RecordTallies(t.Context(), db, piecework.Actor{Name: "test"}, []piecework.NewTally{{UID: rand.Text(), Session: "MF01-261123",
		Worker: team.Code, Order: "ROSE-261106", Operation: "cut", Counts: piecework.Counts{Good: 5}, Weight: piecework.Weighing{GrossMG: 10_000, UnitUG: 2_000_000}}})
	if err != nil || results[0].Status != piecework.Accepted {
		t.Fatalf("%+v, %v", results, err)
	}
}

// record counts three pieces in the demo's open session.
func record(t *testing.T, db *bun.DB, uid string) {
	t.Helper()
	results, err := piecework.RecordTallies(t.Context(), db, piecework.Actor{Name: "test"}, []piecework.NewTally{{UID: uid, Session: "MF01-261123",
		Worker: "A01", Order: "ROSE-261106", Operation: "cut", Counts: piecework.Counts{Good: 3}}})
	if err != nil || results[0].Status != piecework.Accepted {
		t.Fatalf("%+v, %v", results, err)
	}
}

func TestABackupIsOfOneMomentWhileWorkGoesOn(t *testing.T) {
	c := demoCLI(t)
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan int)
	db := c.open()
	go func() {
		n := 0
		for ; ctx.Err() == nil; n++ {
			// The answer is not what this test is about; a tally that is refused while the test ends is no loss.
			_, _ = piecework.RecordTallies(ctx, db, piecework.Actor{Name: "test"}, []piecework.NewTally{{UID: fmt.Sprintf("busy-%d", n),
				Session: "MF01-261123", Worker: "A01", Order: "ROSE-261106", Operation: "cut", Counts: piecework.Counts{Good: 1}}})
		}
		done <- n
	}()
	for i := range 2 {
		file := filepath.Join(t.TempDir(), fmt.Sprintf("%d.db", i))
		c.ok("backup", file)
		c.ok("verify", "--db", file)
	}
	stop()
	if n := <-done; n == 0 {
		t.Error("nobody worked meanwhile")
	}
}

func TestABackupIsNeverOverwritten(t *testing.T) {
	c := newCLI(t)
	file := filepath.Join(t.TempDir(), "backup.db")
	c.ok("backup", file)
	before := readFile(t, file)
	c.fails(failed, "exists already", "backup", file)
	if string(readFile(t, file)) != string(before) {
		t.Error("the first backup was changed")
	}
	c.fails(failed, "no such file", "backup", filepath.Join(t.TempDir(), "no", "such", "folder.db"))
}

func TestADamagedBackupIsRefusedAndLeavesNothing(t *testing.T) {
	c := demoCLI(t)
	dir := t.TempDir()
	file := filepath.Join(dir, "backup.db")
	c.ok("backup", file)
	sound := readFile(t, file)
	scrambled := []byte(string(sound))
	for i := len(scrambled) / 2; i < len(scrambled)/2+20000; i++ {
		scrambled[i] ^= 0x5a
	}
	changed := filepath.Join(dir, "changed.db")
	if err := os.WriteFile(changed, sound, 0o600); err != nil {
		t.Fatal(err)
	}
	tamper(t, changed, "UPDATE slips SET issued_by = 'somebody else' WHERE id = 2")
	for name, tt := range map[string]struct {
		data  []byte
		words string
	}{
		"cut off":    {sound[:len(sound)/2], "sound backup"},
		"scrambled":  {scrambled, "sound backup"},
		"one byte":   {[]byte("x"), "sound backup"},
		"not SQLite": {[]byte("PGDMP and so on, much longer than nothing"), "sound backup"},
		"empty":      {nil, "is empty"},
		"tampered":   {readFile(t, changed), "does not match its hash"},
	} {
		bad := filepath.Join(dir, "bad.db")
		if err := os.WriteFile(bad, tt.data, 0o600); err != nil {
			t.Fatal(err)
		}
		target := newCLI(t)
		target.fails(failed, tt.words, "restore", bad)
		if out := target.ok("user", "list"); out != "" {
			t.Errorf("%s: something was restored:\n%s", name, out)
		}
		if out := target.ok("verify"); !strings.Contains(out, " 0 workshops") {
			t.Errorf("%s: something was restored: %s", name, out)
		}
	}
}

// TestARestoreReadsTheLogToo restores the files that a PC has left behind which lost power: what had only reached the log is there.
func TestARestoreReadsTheLogToo(t *testing.T) {
	lost := liteCLI(t)
	lost.ok("migrate")
	if err := piecework.SaveContractor(t.Context(), lost.open(), &piecework.Contractor{Code: "C1", Name: "锦绣花坊"}); err != nil {
		t.Fatal(err)
	}
	found := filepath.Join(t.TempDir(), "found.db")
	for _, suffix := range []string{"", "-wal"} {
		if info, err := os.Stat(lost.dsn + suffix); err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("others can read the books: %v, %v", info.Mode(), err)
		}
		if err := os.WriteFile(found+suffix, readFile(t, lost.dsn+suffix), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	target := newCLI(t)
	target.ok("restore", found)
	if _, err := piecework.ContractorByCode(t.Context(), target.open(), "C1"); err != nil {
		t.Errorf("what was in the log: %v", err)
	}
}

func tamper(t *testing.T, path, change string) {
	t.Helper()
	db, err := piecework.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if _, err := db.ExecContext(t.Context(), change); err != nil {
		t.Fatal(err)
	}
}

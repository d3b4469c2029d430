package main

import (
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"jijian/piecework"
)

func TestRotateKey(t *testing.T) {
	c := newCLI(t)
	db := c.open()
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	w := piecework.NewWorkshop("W1", "桃木坊")
	must(piecework.SaveWorkshop(t.Context(), db, w))
	worker := &piecework.Worker{Code: "A1", Name: "王秀英", WorkshopID: w.ID, ShareWeight: piecework.ShareWeightOne, Active: true}
	must(piecework.SaveWorker(t.Context(), db, worker))
	file := filepath.Join(t.TempDir(), "keys", "jijian.key")
	read := func() *piecework.Keys {
		t.Helper()
		data, err := os.ReadFile(file)
		must(err)
		keys, err := piecework.ParseKeys(string(data))
		must(err)
		return keys
	}
	c.fails(2, "--key-file", "rotate-key")
	c.fails(1, "There is no key file", "serve", "--addr", "127.0.0.1:0", "--key-file", file)
	if out := c.ok("rotate-key", "--key-file", file); !strings.Contains(out, "0 workers") || !strings.Contains(out, "apart from the backups") {
		t.Errorf("the first key: %s", out)
	}
	if info, err := os.Stat(file); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the key file: %v, %v", info, err)
	}
	first := read()
	must(piecework.SavePersonal(t.Context(), db, first, worker.ID, map[piecework.PersonalColumn]string{piecework.IDNumber: "11010519491231002X"}, "test"))
	if out := c.ok("rotate-key", "--key-file", file); !strings.Contains(out, "1 workers") {
		t.Errorf("the second key: %s", out)
	}
	second := read()
	if first.Current() == second.Current() {
		t.Error("the key stayed the same")
	}
	if all, err := piecework.PersonalOf(t.Context(), db, second, worker.ID); err != nil || all[worker.ID].IDNumber != "11010519491231002X" {
		t.Errorf("after the rotation: %v, %v", all, err)
	}
	// Whatever becomes of the commit, the new key stays: something may be sealed with it.
	if piecework.IsSQLite(db) {
		for _, query := range []string{"CREATE TABLE elsewhere (id INTEGER PRIMARY KEY)",
			"CREATE TABLE refuses (id INTEGER REFERENCES elsewhere (id) DEFERRABLE INITIALLY DEFERRED)",
			"CREATE TRIGGER refuse AFTER UPDATE ON personal_data BEGIN INSERT INTO refuses VALUES (1); END"} {
			_, err := db.ExecContext(t.Context(), query)
			must(err)
		}
		c.fails(1, "FOREIGN KEY", "rotate-key", "--key-file", file)
		_, err := db.ExecContext(t.Context(), "DROP TRIGGER refuse")
		must(err)
		third := read()
		if third.Current() == second.Current() {
			t.Error("the new key was taken out of the file")
		}
		if all, err := piecework.PersonalOf(t.Context(), db, third, worker.ID); err != nil || all[worker.ID].IDNumber != "11010519491231002X" {
			t.Errorf("after a rotation that failed: %v, %v", all, err)
		}
	}
	// A key file that does not fit is left as it was, and none is left behind that opens nothing.
	strange := filepath.Join(t.TempDir(), "strange.key")
	c.fails(1, second.Current(), "rotate-key", "--key-file", strange)
	if _, err := os.Stat(strange); !os.IsNotExist(err) {
		t.Errorf("a useless key file stayed: %v", err)
	}
	must(os.WriteFile(strange, []byte("no key at all\n"), 0o600))
	c.fails(1, "base64", "rotate-key", "--key-file", strange)
}

// TestAServerNoticesARotatedKey rotates the key beside a server that runs: it opens what was sealed anew, and seals with the new key.
func TestAServerNoticesARotatedKey(t *testing.T) {
	c := demoCLI(t)
	file := filepath.Join(t.TempDir(), "jijian.key")
	c.ok("rotate-key", "--key-file", file)
	db := c.open()
	robot := &piecework.Robot{Name: "群", Kind: piecework.WeCom, URL: "https://example.com/send?key=before", Lang: "zh", AddedBy: "test"}
	if _, err := db.NewInsert().Model(robot).Exec(t.Context()); err != nil {
		t.Fatal(err)
	}
	sealedWith := func() string {
		var url string
		if err := db.NewRaw("SELECT url FROM robots WHERE id = ?", robot.ID).Scan(t.Context(), &url); err != nil {
			t.Fatal(err)
		}
		return url
	}
	s := c.start("serve", "--addr", "127.0.0.1:0", "--key-file", file)
	first := sealedWith()
	if !strings.HasPrefix(first, "s1.") {
		t.Errorf("started, yet the robot's address is %s", first)
	}
	admin := signIn(t, s.base, "admin")
	robots := func() string {
		t.Helper()
		req, err := http.NewRequest(http.MethodGet, s.base+"/robots", nil)
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Cookie", admin)
		res, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		defer res.Body.Close()
		body, err := io.ReadAll(res.Body)
		if err != nil {
			t.Fatal(err)
		}
		return string(body)
	}
	if page := robots(); !strings.Contains(page, "…fore") {
		t.Errorf("before: %s", page)
	}
	if out := c.ok("rotate-key", "--key-file", file); !strings.Contains(out, "A server that runs with --key-file") {
		t.Errorf("it says %s", out)
	}
	if second := sealedWith(); second == first || second[:11] == first[:11] {
		t.Errorf("rotated, yet the robot's address is %s", second)
	}
	if page := robots(); !strings.Contains(page, "…fore") {
		t.Errorf("after the key was rotated: %s", page)
	}
}

package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"path/filepath"
	"time"
)

// The administrator of the PocketBase that is measured; it listens to this machine alone and ends with the run.
const (
	pocketAdmin    = "bench@example.org"
	pocketPassword = "bench-password"
)

// startPocketBase serves a fresh PocketBase with one collection that has the fields of a tally, no index of its own and no rule: whoever
// asks may add to it, and nothing is looked up.
func startPocketBase(ctx context.Context, program, dir string) (*server, *target, error) {
	data := filepath.Join(dir, "pocketbase")
	if _, err := tool(ctx, program, "superuser", "upsert", pocketAdmin, pocketPassword, "--dir", data); err != nil {
		return nil, nil, err
	}
	address, err := freeAddress()
	if err != nil {
		return nil, nil, err
	}
	// A PocketBase that lies in a folder for temporary files takes itself for one under development and prints every query.
	s, out, err := start(filepath.Join(dir, "pocketbase.log"), program, "serve", "--dev=false", "--http", address, "--dir", data)
	if err != nil {
		return nil, nil, err
	}
	go io.Copy(io.Discard, out)
	if err := makeCollection(ctx, "http://"+address); err != nil {
		s.kill()
		return nil, nil, fmt.Errorf("prepare PocketBase: %w", err)
	}
	return s, &target{name: "PocketBase", address: address, path: "/api/collections/tallies/records",
		body:  func(b []byte, n int64, _ int) []byte { return appendTally(b, n) },
		check: created, spent: s.spent}, nil
}

// freeAddress is an address of this machine that nobody listens to.
func freeAddress() (string, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	return l.Addr().String(), l.Close()
}

func created(status int, body []byte, _ int) error {
	if status != 200 || !bytes.Contains(body, []byte(uidPrefix)) {
		return fmt.Errorf("status %d: %.500s", status, body)
	}
	return nil
}

// makeCollection waits for PocketBase and adds the collection.
func makeCollection(ctx context.Context, base string) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	for {
		if err := call(ctx, "GET", base+"/api/health", "", nil, nil); err == nil {
			break
		} else if ctx.Err() != nil {
			return err
		}
		time.Sleep(50 * time.Millisecond)
	}
	var admin struct{ Token string }
	err := call(ctx, "POST", base+"/api/collections/_superusers/auth-with-password", "",
		map[string]string{"identity": pocketAdmin, "password": pocketPassword}, &admin)
	if err != nil {
		return err
	}
	var fields []map[string]string
	for _, name := range []string{"uid", "session", "worker", "order", "operation", "recorded_at"} {
		fields = append(fields, map[string]string{"name": name, "type": "text"})
	}
	fields = append(fields, map[string]string{"name": "good", "type": "number"})
	return call(ctx, "POST", base+"/api/collections", admin.Token,
		map[string]any{"name": "tallies", "type": "base", "fields": fields, "createRule": "", "listRule": ""}, nil)
}

// checkCollection makes sure that PocketBase holds n records.
func checkCollection(ctx context.Context, t *target, n int64) error {
	var list struct{ TotalItems int64 }
	if err := call(ctx, "GET", "http://"+t.address+t.path+"?perPage=1", "", nil, &list); err != nil {
		return err
	}
	if list.TotalItems != n {
		return fmt.Errorf("PocketBase acknowledged %d records and holds %d", n, list.TotalItems)
	}
	return nil
}

// call sends and reads JSON; body and into may be nil.
func call(ctx context.Context, method, url, token string, body, into any) error {
	data, err := json.Marshal(body)
	if err != nil {
		return err
	}
	req, err := http.NewRequestWithContext(ctx, method, url, bytes.NewReader(data))
	if err != nil {
		return err
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Authorization", token)
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	if res.StatusCode != http.StatusOK {
		return fmt.Errorf("%s %s: %s", method, url, res.Status)
	}
	if into == nil {
		return nil
	}
	return json.NewDecoder(res.Body).Decode(into)
}

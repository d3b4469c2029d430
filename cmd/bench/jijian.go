package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"jijian/piecework"
)

// startJijian serves a fresh database with the workshop of the load in it.
func startJijian(ctx context.Context, program, dir string) (*server, *target, error) {
	db := filepath.Join(dir, "jijian.db")
	data := filepath.Join(dir, "import")
	if err := os.Mkdir(data, 0o700); err != nil {
		return nil, nil, err
	}
	if err := writeTables(data); err != nil {
		return nil, nil, err
	}
	if _, err := tool(ctx, program, "import", data, "--db", db); err != nil {
		return nil, nil, err
	}
	made, err := tool(ctx, program, "token", "--role", "lead", "--workshop", workshop, "--db", db)
	if err != nil {
		return nil, nil, err
	}
	words := strings.Fields(made)
	s, out, err := start(filepath.Join(dir, "jijian.log"), program, "serve", "--addr", "127.0.0.1:0", "--db", db)
	if err != nil {
		return nil, nil, err
	}
	lines := bufio.NewReader(out)
	line, err := lines.ReadString('\n')
	_, address, found := strings.Cut(strings.TrimSpace(line), "http://")
	if err != nil || !found {
		s.kill()
		return nil, nil, fmt.Errorf("jijian serve says %q and no address, %w", line, err)
	}
	go io.Copy(io.Discard, lines)
	return s, &target{name: "jijian", address: address, path: "/api/v1/tallies", token: words[len(words)-1],
		body: appendBatch, check: allAccepted, spent: s.spent}, nil
}

// checkBooks makes sure that the tallies 0 to n-1 are stored, each once, and nothing else, and that the books are sound.
func checkBooks(ctx context.Context, program, dir string, n int64) (string, error) {
	dsn := filepath.Join(dir, "jijian.db")
	if err := checkUIDs(ctx, dsn, n); err != nil {
		return "", err
	}
	said, err := tool(ctx, program, "verify", "--db", dsn)
	return strings.TrimSpace(said), err
}

func checkUIDs(ctx context.Context, dsn string, n int64) (err error) {
	db, err := piecework.Open(dsn)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	rows, err := db.QueryContext(ctx, "SELECT uid FROM tallies ORDER BY uid")
	if err != nil {
		return err
	}
	defer rows.Close()
	next := int64(0)
	for ; rows.Next(); next++ {
		var stored string
		if err := rows.Scan(&stored); err != nil {
			return err
		}
		if next >= n || stored != uid(next) {
			return fmt.Errorf("of %d tallies that were acknowledged, number %d is not stored: %s is in its place", n, next, stored)
		}
	}
	if next != n && rows.Err() == nil {
		return fmt.Errorf("%d tallies were acknowledged and %d are stored", n, next)
	}
	return rows.Err()
}

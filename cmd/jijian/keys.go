package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"
	"github.com/uptrace/bun"

	"jijian/piecework"
	"jijian/piecework/account"
)

// keyVariable holds the keys themselves, where there is no file to keep them in.
const keyVariable = "JIJIAN_KEY"

// keys are those the program was given: in a file, else in the environment; nil when it was given none.
func (a *app) keys() (*piecework.Keys, error) {
	text := a.getenv(keyVariable)
	if a.keyFile != "" {
		data, err := os.ReadFile(a.keyFile)
		if errors.Is(err, os.ErrNotExist) {
			return nil, piecework.NotFound("There is no key file %s. jijian rotate-key --key-file %s makes it; if it was there before, get it back from where it is kept.", a.keyFile, a.keyFile)
		}
		if err != nil {
			return nil, fmt.Errorf("read the key file: %w", err)
		}
		text = string(data)
	}
	if strings.TrimSpace(text) == "" && a.keyFile == "" {
		return nil, nil
	}
	return piecework.ParseKeys(text)
}

func (a *app) rotateKey() *cobra.Command {
	return command("rotate-key [--key-file FILE]", "Make a new key for personal data and seal everything with it",
		`Identity numbers, bank accounts, secrets of second steps and addresses of group robots are sealed in the database with a key that
is not in it. This makes a new key, writes it into the key file before those that are there already, and seals everything anew in one
transaction; the first time it makes the file. A server that runs with the file finds the new key by itself. The old key stays in the
file, because older backups need it. Where the keys are in JIJIAN_KEY instead, put the new one first yourself, apart from the next by a
comma, and everything is sealed with that; a server that runs must be started again with the same keys.`,
		`  jijian rotate-key --key-file data/jijian.key
  JIJIAN_KEY=NEW,OLD jijian rotate-key`,
		cobra.NoArgs, func(ctx context.Context, _ []string) error {
			if a.keyFile == "" && a.getenv(keyVariable) == "" {
				return &usageError{errors.New("say with --key-file FILE where the key is kept")}
			}
			return a.withBooks(ctx, func(ctx context.Context, db *bun.DB) error {
				keys, file, err := a.newerKeys()
				if err != nil {
					return err
				}
				var n int
				err = piecework.InTx(ctx, db, func(ctx context.Context, db bun.Tx) error {
					if n, err = piecework.RotateKeys(ctx, db, keys); err != nil {
						return err
					}
					if _, err := account.RotateKeys(ctx, db, keys); err != nil {
						return err
					}
					if _, err := piecework.SealRobots(ctx, db, keys); err != nil || a.keyFile == "" {
						return err
					}
					// All of it is sealed with the new key, so that goes into the file, to stay there whatever the database says last:
					// a server that runs may seal with it from now on.
					return writeKeys(a.keyFile, file)
				})
				if err != nil {
					return err
				}
				if a.keyFile == "" {
					return a.printf("The data of %d workers is sealed with key %s now. A server that runs must be started again with the same keys in JIJIAN_KEY.\n", n, keys.Current())
				}
				return a.printf("Key %s is in %s. The data of %d workers is sealed with it now.\n"+
					"A server that runs with --key-file %s uses it from now on; one that runs without must be started again with it.\n"+
					"Keep a copy of that file apart from the backups: without it nobody can read what is sealed.\n", keys.Current(), a.keyFile, n, a.keyFile)
			})
		})
}

// newerKeys are the keys to seal everything with, and the key file as it is to be: a new key before those that are there already. Keys in
// the environment are taken as they are.
func (a *app) newerKeys() (keys *piecework.Keys, file string, err error) {
	if a.keyFile == "" {
		keys, err = a.keys()
		return keys, "", err
	}
	was, err := os.ReadFile(a.keyFile)
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return nil, "", fmt.Errorf("read the key file: %w", err)
	}
	if err == nil {
		if _, err := piecework.ParseKeys(string(was)); err != nil {
			return nil, "", fmt.Errorf("%s: %w", a.keyFile, err)
		}
	}
	file = piecework.NewKey() + "\n" + string(was)
	keys, err = piecework.ParseKeys(file)
	return keys, file, err
}

// writeKeys puts a key file in place, on the disk, so that nothing is ever sealed with a key that a power cut could take. Only its
// owner may read it.
func writeKeys(path, text string) error {
	dir := filepath.Dir(path)
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return fmt.Errorf("make the folder of the key file: %w", err)
	}
	tmp, err := os.CreateTemp(dir, ".key-*") // 0600
	if err != nil {
		return fmt.Errorf("write the key file: %w", err)
	}
	defer os.Remove(tmp.Name()) // fails after the rename, as it should
	_, err = tmp.WriteString(text)
	if err := errors.Join(err, tmp.Sync(), tmp.Close()); err != nil {
		return fmt.Errorf("write the key file: %w", err)
	}
	if err := os.Rename(tmp.Name(), path); err != nil {
		return fmt.Errorf("write the key file: %w", err)
	}
	return syncPath(dir)
}

// demoKeys are the keys of the demo: those that were given, else its own beside a SQLite file, made the first time. On a server
// without any the demo keeps no personal data.
func (a *app) demoKeys() (*piecework.Keys, error) {
	path := strings.TrimPrefix(a.dsn, "sqlite:")
	if a.keyFile == "" && a.getenv(keyVariable) == "" && !strings.Contains(path, "://") {
		a.keyFile = path + ".key"
		if _, err := os.Stat(a.keyFile); errors.Is(err, os.ErrNotExist) {
			if err := writeKeys(a.keyFile, piecework.NewKey()+"\n"); err != nil {
				return nil, err
			}
		}
	}
	return a.keys()
}

package main

import (
	"bufio"
	"context"
	"crypto/rand"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/spf13/cobra"
	"github.com/uptrace/bun"

	"jijian/piecework"
	"jijian/piecework/account"
)

func (a *app) token() *cobra.Command {
	var role, workshop string
	cmd := command("token --role ROLE [--workshop CODE]", "Make a token for a program that uses the JSON interface",
		`Makes a token with the rights of a role: admin, bookkeeper or lead. It is printed this once, as the last word, and cannot be
read again; only its hash is kept. Programs send it as "Authorization: Bearer TOKEN".`,
		`  jijian token --role lead --workshop MF01`,
		cobra.NoArgs, func(ctx context.Context, _ []string) error {
			return a.withBooks(ctx, func(ctx context.Context, db *bun.DB) error {
				id, err := workshopID(ctx, db, workshop)
				if err != nil {
					return err
				}
				token, err := account.NewToken(ctx, db, account.Role(role), id)
				if err != nil {
					return err
				}
				return a.printf("token %s\n", token)
			})
		})
	cmd.Flags().StringVar(&role, "role", "", "admin, bookkeeper or lead")
	cmd.Flags().StringVar(&workshop, "workshop", "", "code of the only workshop it may see; a lead's token needs one")
	cmd.AddCommand(a.tokenList(), a.tokenRevoke())
	return require(cmd, "role")
}

func (a *app) tokenList() *cobra.Command {
	return command("list", "List the tokens that can be used",
		"Lists the tokens that have not been revoked: number, role, workshop, when each was made. The books name what came with one by its number.",
		`  jijian token list`,
		cobra.NoArgs, func(ctx context.Context, _ []string) error {
			return a.withBooks(ctx, func(ctx context.Context, db *bun.DB) error {
				list, err := account.Tokens(ctx, db)
				for i := range list {
					workshop := "-"
					if list[i].Workshop != nil {
						workshop = list[i].Workshop.Code
					}
					err = errors.Join(err, a.printf("token %-4d %-11s %-8s %s\n", list[i].ID, list[i].Role, workshop, list[i].CreatedAt))
				}
				return err
			})
		})
}

func (a *app) tokenRevoke() *cobra.Command {
	return command("revoke NUMBER", "Take the rights of a token away",
		`Takes the rights of a token away for good; a server that runs refuses it within a second. jijian token list tells its number.`,
		`  jijian token revoke 3`,
		cobra.ExactArgs(1), func(ctx context.Context, args []string) error {
			id, err := strconv.ParseInt(args[0], 10, 64)
			if err != nil {
				return &usageError{fmt.Errorf("%q is no number of a token; jijian token list tells it", args[0])}
			}
			return a.withBooks(ctx, func(ctx context.Context, db *bun.DB) error {
				if err := account.RevokeToken(ctx, db, id); err != nil {
					return err
				}
				return a.printf("token %d revoked\n", id)
			})
		})
}

// workshopID is the id of a workshop by code; 0 for "".
func workshopID(ctx context.Context, db bun.IDB, code string) (int64, error) {
	if code == "" {
		return 0, nil
	}
	w, err := piecework.WorkshopByCode(ctx, db, code)
	if err != nil {
		return 0, err
	}
	return w.ID, nil
}

func (a *app) user() *cobra.Command {
	cmd := command("user", "Add and list who may sign in, and set passwords", "Adds and lists who may sign in, and sets passwords.",
		`  jijian user add lily --role lead --name 李丽 --workshop MF01
  jijian user list
  jijian user password lily`,
		cobra.NoArgs, nil)
	cmd.RunE = func(cmd *cobra.Command, _ []string) error { return cmd.Help() }
	cmd.AddCommand(a.userAdd(), a.userList(), a.userPassword())
	return cmd
}

func (a *app) userAdd() *cobra.Command {
	u := &account.User{}
	var role, workshop, worker, contractor string
	var stdin bool
	cmd := command("add USERNAME --role ROLE --name NAME", "Add a user",
		`Adds a user. The password is read from standard input with --password-stdin, otherwise one is made up and printed this once.`,
		`  jijian user add lily --role lead --name 李丽 --workshop MF01
  jijian user add wang --role worker --name 王秀英 --worker A01
  echo 'a long passphrase' | jijian user add sun --role bookkeeper --name 孙丽华 --password-stdin`,
		cobra.ExactArgs(1), func(ctx context.Context, args []string) error {
			return a.withDB(ctx, func(ctx context.Context, db *bun.DB) error {
				u.Username, u.Role = args[0], account.Role(role)
				if err := findOwner(ctx, db, u, workshop, worker, contractor); err != nil {
					return err
				}
				return a.givePassword(stdin, func(password string) error {
					return account.CreateUser(ctx, db, u, password)
				}, fmt.Sprintf("user %s added", strings.ToLower(args[0])))
			})
		})
	cmd.Flags().StringVar(&role, "role", "", "admin, bookkeeper, lead, worker, contractor or officer")
	cmd.Flags().StringVar(&u.Name, "name", "", "name for the books")
	cmd.Flags().StringVar(&workshop, "workshop", "", "code of the lead's workshop")
	cmd.Flags().StringVar(&worker, "worker", "", "code of the worker")
	cmd.Flags().StringVar(&contractor, "contractor", "", "code of the contractor")
	cmd.Flags().BoolVar(&stdin, "password-stdin", false, "read the password from standard input")
	return require(cmd, "role", "name")
}

// findOwner fills in what a user belongs to.
func findOwner(ctx context.Context, db bun.IDB, u *account.User, workshop, worker, contractor string) (err error) {
	if u.WorkshopID, err = workshopID(ctx, db, workshop); err != nil {
		return err
	}
	if worker != "" {
		w, err := piecework.WorkerByCode(ctx, db, worker)
		if err != nil {
			return err
		}
		u.WorkerID = w.ID
	}
	if contractor != "" {
		c, err := piecework.ContractorByCode(ctx, db, contractor)
		if err != nil {
			return err
		}
		u.ContractorID = c.ID
	}
	return nil
}

// givePassword sets a password that is read or made up, and prints it only when it was made up.
func (a *app) givePassword(stdin bool, set func(string) error, done string) error {
	if !stdin {
		password := strings.ToLower(rand.Text()[:16])
		if err := set(password); err != nil {
			return err
		}
		return a.printf("%s, password %s\n", done, password)
	}
	line, err := bufio.NewReader(a.stdin).ReadString('\n')
	if err != nil && !errors.Is(err, io.EOF) {
		return fmt.Errorf("read the password: %w", err)
	}
	if err := set(strings.TrimRight(line, "\r\n")); err != nil {
		return err
	}
	return a.printf("%s\n", done)
}

func (a *app) userList() *cobra.Command {
	return command("list", "List who may sign in", "Lists who may sign in: user name, role, where, name.",
		`  jijian user list`,
		cobra.NoArgs, func(ctx context.Context, _ []string) error {
			return a.withBooks(ctx, func(ctx context.Context, db *bun.DB) error {
				for page := 1; ; page++ {
					list, err := account.Users(ctx, db, piecework.Filter{Page: page})
					if err != nil {
						return err
					}
					for i := range list.Items {
						if err := a.printUser(&list.Items[i]); err != nil {
							return err
						}
					}
					if page >= list.Pages() {
						return nil
					}
				}
			})
		})
}

func (a *app) printUser(u *account.User) error {
	where := "-"
	switch {
	case u.Workshop != nil:
		where = u.Workshop.Code
	case u.Worker != nil:
		where = u.Worker.Code
	case u.Contractor != nil:
		where = u.Contractor.Code
	}
	state := ""
	if u.Disabled {
		state = " (shut out)"
	}
	return a.printf("%-20s %-11s %-8s %s%s\n", u.Username, u.Role, where, u.Name, state)
}

func (a *app) userPassword() *cobra.Command {
	var stdin bool
	cmd := command("password USERNAME", "Give a user a new password",
		`Gives a user a new password; whoever is signed in with the old one is signed out. It is read from standard input with
--password-stdin, otherwise one is made up and printed this once.`,
		`  jijian user password lily`,
		cobra.ExactArgs(1), func(ctx context.Context, args []string) error {
			return a.withBooks(ctx, func(ctx context.Context, db *bun.DB) error {
				u := new(account.User)
				err := db.NewSelect().Model(u).Where("username = ?", strings.ToLower(args[0])).Scan(ctx)
				if errors.Is(err, sql.ErrNoRows) {
					return piecework.NotFound("There is no user %q.", args[0])
				}
				if err != nil {
					return fmt.Errorf("find user: %w", err)
				}
				return a.givePassword(stdin, func(password string) error {
					return account.SetPassword(ctx, db, u.ID, password)
				}, fmt.Sprintf("user %s has a new password", u.Username))
			})
		})
	cmd.Flags().BoolVar(&stdin, "password-stdin", false, "read the password from standard input")
	return cmd
}

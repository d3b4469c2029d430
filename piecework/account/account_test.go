package account_test

import (
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"

	"jijian/piecework"
	"jijian/piecework/account"
	"jijian/piecework/pieceworktest"
)

const password = "correct horse"

func TestUsersAreChecked(t *testing.T) {
	w := pieceworktest.NewWorld(t)
	for _, c := range []struct {
		user     account.User
		password string
		fields   string
	}{
		{account.User{}, "", "username name role password"},
		{account.User{Username: "x y", Name: "某", Role: "boss"}, password, "username role"},
		{account.User{Username: "x", Name: "某", Role: account.Lead}, password, "workshop"},
		{account.User{Username: "x", Name: "某", Role: account.Worker}, password, "worker"},
		{account.User{Username: "x", Name: "某", Role: account.Contractor}, password, "contractor"},
		{account.User{Username: "x", Name: "a\x00", Role: account.Admin}, "1234567", "name password"},
		{account.User{Username: "x", Name: "某", Role: account.Admin}, strings.Repeat("x", 201), "password"},
		{account.User{Username: "abcdefgh", Name: "某", Role: account.Admin}, "ABCDEFGH", "password"},
	} {
		err := account.CreateUser(w.Ctx, w.DB, &c.user, c.password)
		var invalid *piecework.Invalid
		if !errors.As(err, &invalid) {
			t.Errorf("%+v: %v", c.user, err)
			continue
		}
		var fields []string
		for _, f := range invalid.Fields {
			fields = append(fields, f.Field)
		}
		if got := strings.Join(fields, " "); got != c.fields {
			t.Errorf("%+v: wrong are %s, want %s", c.user, got, c.fields)
		}
	}
	u := &account.User{Username: " Lead ", Name: "某", Role: account.Lead, WorkshopID: w.Workshop.ID, WorkerID: w.Workers[0].ID, ContractorID: 1}
	w.Must(account.CreateUser(w.Ctx, w.DB, u, password))
	if u.Username != "lead" || u.WorkerID != 0 || u.ContractorID != 0 {
		t.Errorf("%+v", u)
	}
	again := &account.User{Username: "LEAD", Name: "某", Role: account.Admin}
	if err := account.CreateUser(w.Ctx, w.DB, again, password); !errors.Is(err, piecework.ErrInvalid) {
		t.Errorf("the same name twice: %v", err)
	}
}

func TestPasswordsAreStoredAsHashes(t *testing.T) {
	w := pieceworktest.NewWorld(t)
	u := &account.User{Username: "a", Name: "某", Role: account.Admin}
	w.Must(account.CreateUser(w.Ctx, w.DB, u, "密码要长一点儿的"))
	if !strings.HasPrefix(u.PasswordHash, "$argon2id$v=19$m=19456,t=2,p=1$") || strings.Contains(u.PasswordHash, "密码") {
		t.Errorf("stored as %s", u.PasswordHash)
	}
	for name, secret := range map[string]string{"a": "密码要长一点", "b": "密码要长一点儿的", "": "", "a\x00": "密码要长一点儿的", "A": strings.Repeat("x", 1<<20)} {
		if _, err := account.Authenticate(w.Ctx, w.DB, name, secret); !errors.Is(err, piecework.ErrForbidden) {
			t.Errorf("%q: %v", name, err)
		}
	}
	if _, err := account.Authenticate(w.Ctx, w.DB, " A ", "密码要长一点儿的"); err != nil {
		t.Error(err)
	}
	before := u.Stamp()
	w.Must(account.SetPassword(w.Ctx, w.DB, u.ID, password))
	now, err := account.Authenticate(w.Ctx, w.DB, "a", password)
	w.Must(err)
	if now.Stamp() == before {
		t.Error("a new password leaves old sessions alive")
	}
	for _, damaged := range []string{"", "x", "$argon2id$v=19$m=19456,t=0,p=1$AAAA$AAAA", "$argon2id$v=19$m=19456,t=2,p=1$AAAA$", "$argon2i$v=19$m=19456,t=2,p=1$AAAA$AAAA", "$argon2id$v=18$m=1,t=1,p=1$!$!"} {
		_, err := w.DB.ExecContext(w.Ctx, "UPDATE users SET password_hash = ? WHERE id = ?", damaged, u.ID)
		w.Must(err)
		if _, err := account.Authenticate(w.Ctx, w.DB, "a", password); !errors.Is(err, piecework.ErrForbidden) {
			t.Errorf("hash %q: %v", damaged, err)
		}
	}
}

func TestTheLastAdministratorStays(t *testing.T) {
	w := pieceworktest.NewWorld(t)
	first := &account.User{Username: "a", Name: "某", Role: account.Admin}
	second := &account.User{Username: "b", Name: "某", Role: account.Admin}
	w.Must(account.CreateUser(w.Ctx, w.DB, first, password))
	if err := account.Disable(w.Ctx, w.DB, first.ID, true); !errors.Is(err, piecework.ErrConflict) {
		t.Errorf("the only administrator was shut out: %v", err)
	}
	w.Must(account.CreateUser(w.Ctx, w.DB, second, password))
	w.Must(account.Disable(w.Ctx, w.DB, first.ID, true))
	if _, err := account.Authenticate(w.Ctx, w.DB, "a", password); !errors.Is(err, piecework.ErrForbidden) {
		t.Errorf("a user who was shut out: %v", err)
	}
	if err := account.Disable(w.Ctx, w.DB, second.ID, true); !errors.Is(err, piecework.ErrConflict) {
		t.Errorf("the last administrator was shut out: %v", err)
	}
	w.Must(account.Disable(w.Ctx, w.DB, first.ID, false))
	w.Must(account.Disable(w.Ctx, w.DB, second.ID, true))
	if err := account.Disable(w.Ctx, w.DB, 999, true); !errors.Is(err, piecework.ErrNotFound) {
		t.Errorf("nobody: %v", err)
	}
}

func TestTokens(t *testing.T) {
	w := pieceworktest.NewWorld(t)
	for role, workshop := range map[account.Role]int64{account.Worker: 0, account.Contractor: 0, account.Lead: 0, "boss": 1} {
		if _, err := account.NewToken(w.Ctx, w.DB, role, workshop); !errors.Is(err, piecework.ErrInvalid) {
			t.Errorf("a token for %s: %v", role, err)
		}
	}
	token, err := account.NewToken(w.Ctx, w.DB, account.Lead, w.Workshop.ID)
	w.Must(err)
	who, err := account.TokenIdentity(w.Ctx, w.DB, token)
	w.Must(err)
	if who.Role != account.Lead || who.WorkshopID != w.Workshop.ID || who.Actor().WorkshopID != w.Workshop.ID {
		t.Errorf("%+v", who)
	}
	if len(token) < 43 {
		t.Errorf("a token of %d characters has less than 256 bits", len(token))
	}
	var stored string
	w.Must(w.DB.NewRaw("SELECT hash FROM api_tokens").Scan(w.Ctx, &stored))
	if strings.Contains(stored, token) {
		t.Error("the token is stored as it is")
	}
	list, err := account.Tokens(w.Ctx, w.DB)
	w.Must(err)
	w.Must(account.RevokeToken(w.Ctx, w.DB, list[0].ID))
	if _, err := account.TokenIdentity(w.Ctx, w.DB, token); !errors.Is(err, piecework.ErrForbidden) {
		t.Errorf("revoked: %v", err)
	}
	if err := account.RevokeToken(w.Ctx, w.DB, list[0].ID); !errors.Is(err, piecework.ErrNotFound) {
		t.Errorf("revoked twice: %v", err)
	}
}

// TestOneFirstAdministrator lets several people use the same setup code at once.
func TestOneFirstAdministrator(t *testing.T) {
	w := pieceworktest.NewWorld(t)
	code, err := account.NewSetup(w.Ctx, w.DB)
	w.Must(err)
	results := make([]error, 6)
	var all sync.WaitGroup
	for i := range results {
		all.Go(func() {
			u := &account.User{Username: fmt.Sprintf("u%d", i), Name: "某"}
			results[i] = account.Setup(w.Ctx, w.DB, code, u, password)
		})
	}
	all.Wait()
	made := 0
	for _, err := range results {
		if err == nil {
			made++
		} else if !errors.Is(err, piecework.ErrNotFound) {
			t.Error(err)
		}
	}
	users, err := account.Users(w.Ctx, w.DB, piecework.Filter{})
	w.Must(err)
	if made != 1 || users.Total != 1 || users.Items[0].Role != account.Admin {
		t.Errorf("%d were told yes, %d users", made, users.Total)
	}
}

// TestScopeNeverWidens shows that no filter a person asks with lets her see more than is hers.
func TestScopeNeverWidens(t *testing.T) {
	asked := piecework.Filter{WorkshopID: 7, WorkerID: 8, ContractorID: 9, OrderID: 3, Query: "x", Page: 2}
	for _, c := range []struct {
		who  account.Identity
		want piecework.Filter
	}{
		{account.Identity{Role: account.Admin}, asked},
		{account.Identity{Role: account.Bookkeeper, WorkshopID: 1}, piecework.Filter{WorkshopID: 1, WorkerID: 8, ContractorID: 9, OrderID: 3, Query: "x", Page: 2}},
		{account.Identity{Role: account.Lead, WorkshopID: 1}, piecework.Filter{WorkshopID: 1, WorkerID: 8, ContractorID: 9, OrderID: 3, Query: "x", Page: 2}},
		{account.Identity{Role: account.Worker, WorkshopID: 1, WorkerID: 2}, piecework.Filter{WorkshopID: 1, WorkerID: 2, ContractorID: 9, OrderID: 3, Query: "x", Page: 2}},
		{account.Identity{Role: account.Contractor, ContractorID: 4}, piecework.Filter{WorkshopID: 7, WorkerID: 8, ContractorID: 4, OrderID: 3, Query: "x", Page: 2}},
	} {
		if got := c.who.Scope(asked); got != c.want {
			t.Errorf("%s: %+v", c.who.Role, got)
		}
	}
}

func TestSees(t *testing.T) {
	mine, others := account.Owner{WorkshopID: 1, WorkerID: 2}, account.Owner{WorkshopID: 5, WorkerID: 6}
	order, theirs := account.Owner{WorkshopID: 1, ContractorID: 3}, account.Owner{WorkshopID: 1, ContractorID: 4}
	for _, c := range []struct {
		who account.Identity
		see []account.Owner
		not []account.Owner
	}{
		{account.Identity{Role: account.Admin}, []account.Owner{mine, others, order, {}}, nil},
		{account.Identity{Role: account.Bookkeeper, WorkshopID: 1}, []account.Owner{mine, order, {}}, []account.Owner{others}},
		{account.Identity{Role: account.Lead, WorkshopID: 1}, []account.Owner{mine, order, theirs, {}, {ContractorID: 3}}, []account.Owner{others}},
		{account.Identity{Role: account.Lead}, []account.Owner{{}}, []account.Owner{mine, others}},
		{account.Identity{Role: account.Worker, WorkshopID: 1, WorkerID: 2}, []account.Owner{mine, {}}, []account.Owner{others, order, {WorkshopID: 1}}},
		{account.Identity{Role: account.Contractor, ContractorID: 3}, []account.Owner{order, {}}, []account.Owner{mine, theirs, {WorkshopID: 1}}},
		{account.Identity{}, []account.Owner{{}}, []account.Owner{mine, order}},
	} {
		for _, o := range c.see {
			if !c.who.Sees(o) {
				t.Errorf("%+v does not see %+v", c.who, o)
			}
		}
		for _, o := range c.not {
			if c.who.Sees(o) {
				t.Errorf("%+v sees %+v", c.who, o)
			}
		}
	}
}

// TestOwnerOf asks for the owner of a thing of every kind that is not there.
func TestOwnerOf(t *testing.T) {
	w := pieceworktest.NewWorld(t)
	for _, kind := range []string{"workshop", "contractor", "product", "operation", "rate", "worker", "order", "session", "tally", "delivery", "adjustment", "run", "slip", "user"} {
		if !account.Kinds(kind) {
			t.Errorf("%s is no kind", kind)
		}
		if _, err := account.OwnerOf(w.Ctx, w.DB, kind, 999); !errors.Is(err, piecework.ErrNotFound) {
			t.Errorf("%s: %v", kind, err)
		}
	}
	if o, err := account.OwnerOf(w.Ctx, w.DB, "order", w.Order.ID); err != nil || o.WorkshopID != w.Workshop.ID || o.ContractorID != w.Order.ContractorID {
		t.Errorf("%+v %v", o, err)
	}
	if _, err := account.OwnerOf(w.Ctx, w.DB, "planet", 1); err == nil || errors.Is(err, piecework.ErrNotFound) {
		t.Errorf("an unknown kind: %v", err)
	}
}

func TestForeseeablePasswords(t *testing.T) {
	for password, weak := range map[string]bool{"correct horse": false, "jijian-demo": false, "密码要长一点儿的": false, "绢花和桃木都好看啊": false, "0918 2736 4554 6372 8190": false, "k3#w9!m2$q": false,
		"12345678": true, "password1": true, "Jijian2026": true, "admin@123456": true, "qwertyuiop": true, "liping1988": true, "aaaaaaaa": true, "计件2026计件": true, "woaini1314": true, "19880412": true} {
		u := account.User{Username: "liping", Name: "李平", Role: account.Admin}
		if err := u.ValidateNew(password); (err != nil) != weak {
			t.Errorf("%q: %v", password, err)
		}
	}
}

func TestWeakPINs(t *testing.T) {
	w := &piecework.Worker{Code: "A402857", Phone: "138-0538-0217"}
	for pin, weak := range map[string]bool{"402858": false, "714209": false, "907316": false, "111111": true, "121212": true, "112211": true, "123456": true, "654321": true,
		"135791": true, "890123": true, "123321": true, "408408": true, "520131": true, "850412": true, "198504": true, "041285": true, "402857": true, "380217": true, "138053": true,
		"40285": true, "4028570": true, "40285a": true, "４０２８５８": true, "": true} {
		v := &piecework.Invalid{}
		account.CheckPIN(v, pin, w)
		if (v.Err() != nil) != weak {
			t.Errorf("%q is weak: %v", pin, v.Err() != nil)
		}
	}
}

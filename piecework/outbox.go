package piecework

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/uptrace/bun"
)

// PushDevice is a browser that takes messages for a user (Web Push, RFC 8030), with the keys that seal them (RFC 8291).
type PushDevice struct {
	bun.BaseModel `bun:"table:push_devices,alias:pd"`

	ID       int64 `bun:",pk,autoincrement"`
	UserID   int64
	Endpoint string // address at the push service
	P256dh   string // public key, 65 bytes in base64url
	Auth     string // secret, 16 bytes in base64url
	Lang     string // of the messages
	AddedAt  Instant
}

// maxDevices is how many devices a user has; the oldest gives way.
const maxDevices = 5

// MaxAddress is how long an address to send to may be.
const MaxAddress = 500

// AddDevice keeps a device, which changes hands if another user had it. Whether its address may be sent to is for the caller to say.
func AddDevice(ctx context.Context, db bun.IDB, d *PushDevice) error {
	v := &Invalid{}
	if len(d.Endpoint) > MaxAddress {
		v.Add("endpoint", "at most %d characters", MaxAddress)
	}
	for field, value := range map[string]struct {
		text string
		size int
	}{"p256dh": {d.P256dh, 65}, "auth": {d.Auth, 16}} {
		if raw, err := base64.RawURLEncoding.DecodeString(value.text); err != nil || len(raw) != value.size {
			v.Add(field, "is not what a browser sends")
		}
	}
	if err := v.Err(); err != nil {
		return err
	}
	d.AddedAt = Now()
	return InTx(ctx, db, func(ctx context.Context, db bun.Tx) error {
		_, err := db.NewInsert().Model(d).On("CONFLICT (endpoint) DO UPDATE").
			Set("user_id = EXCLUDED.user_id, p256dh = EXCLUDED.p256dh, auth = EXCLUDED.auth, lang = EXCLUDED.lang, added_at = EXCLUDED.added_at").Exec(ctx)
		if err != nil {
			return wrap("keep device", err)
		}
		_, err = db.NewDelete().Model((*PushDevice)(nil)).
			Where("user_id = ? AND id NOT IN (SELECT id FROM push_devices WHERE user_id = ? ORDER BY added_at DESC, id DESC LIMIT ?)", d.UserID, d.UserID, maxDevices).Exec(ctx)
		return wrap("drop old devices", err)
	})
}

// RemoveDevice ends messages to a device of a user; one that is not there is no error.
func RemoveDevice(ctx context.Context, db bun.IDB, userID int64, endpoint string) error {
	_, err := db.NewDelete().Model((*PushDevice)(nil)).Where("user_id = ? AND endpoint = ?", userID, endpoint).Exec(ctx)
	return wrap("drop device", err)
}

// CountDevices is how many devices of a user take messages.
func CountDevices(ctx context.Context, db bun.IDB, userID int64) (int64, error) {
	n, err := db.NewSelect().Model((*PushDevice)(nil)).Where("user_id = ?", userID).Count(ctx)
	return n, wrap("count devices", err)
}

// RobotKind is whose chat groups a robot speaks in.
type RobotKind string

// The kinds of robot: 企业微信, 钉钉, 飞书.
const (
	WeCom    RobotKind = "wecom"
	DingTalk RobotKind = "dingtalk"
	Feishu   RobotKind = "feishu"
)

// RobotKinds are all kinds of robot, in the order a form offers them.
var RobotKinds = []RobotKind{WeCom, DingTalk, Feishu}

// Robot (群机器人) posts notices into a chat group. Its address opens the group to whoever knows it.
type Robot struct {
	bun.BaseModel `bun:"table:robots,alias:rb"`

	ID         int64 `bun:",pk,autoincrement"`
	WorkshopID int64 `bun:",nullzero"` // 0: of every workshop
	Name       string
	Kind       RobotKind
	URL        string
	Secret     string // with which messages are signed (DingTalk, Feishu); "" for none
	Lang       string
	AddedAt    Instant
	AddedBy    string
	RemovedAt  Instant

	Workshop *Workshop `bun:"rel:belongs-to,join:workshop_id=id"`
	Last     *Parcel   `bun:"-"` // what was sent last, or nil
	Lost     int64     `bun:"-"` // how many messages of the last week never arrived
}

// Masked is the end of the robot's address, enough to tell two apart, and "" while it is sealed.
func (r *Robot) Masked() string {
	if r.sealed() {
		return ""
	}
	return "…" + r.URL[max(0, len(r.URL)-4):]
}

// sealed says whether address and secret are as they are stored. Those of programs that knew no sealing are not.
func (r *Robot) sealed() bool { return strings.HasPrefix(r.URL, sealMark+".") }

// Open makes address and secret readable, which are stored sealed: whoever knows them can write into the group.
func (r *Robot) Open(keys *Keys) error {
	if !r.sealed() {
		return nil
	}
	address, err := keys.Open("robots", "url", r.ID, r.URL)
	if err != nil {
		return err
	}
	secret, err := keys.Open("robots", "secret", r.ID, r.Secret)
	if err != nil {
		return err
	}
	r.URL, r.Secret = address, secret
	return nil
}

// store keeps address and secret sealed with the first of the keys, and says whether that changed anything.
func (r *Robot) store(ctx context.Context, db bun.IDB, keys *Keys) (changed bool, err error) {
	if strings.HasPrefix(r.URL, sealMark+"."+keys.Current()+".") {
		return false, nil
	}
	plain := *r
	if err := plain.Open(keys); err != nil {
		return false, err
	}
	address, err := keys.Seal("robots", "url", r.ID, plain.URL)
	if err != nil {
		return false, err
	}
	secret, err := keys.Seal("robots", "secret", r.ID, plain.Secret)
	if err != nil {
		return false, err
	}
	_, err = db.NewUpdate().Model((*Robot)(nil)).Set("url = ?", address).Set("secret = ?", secret).Where("id = ? AND removed_at = 0", r.ID).Exec(ctx)
	return err == nil, wrap("seal robot", err)
}

// SealRobots seals the addresses of robots with the first of the keys, also those kept before there was a key, and returns how many that was.
func SealRobots(ctx context.Context, db bun.IDB, keys *Keys) (n int, err error) {
	if !keys.Usable() {
		return 0, nil
	}
	err = InTx(ctx, db, func(ctx context.Context, db bun.Tx) error {
		n = 0
		var list []Robot
		if err := db.NewSelect().Model(&list).Where("rb.removed_at = 0").Order("rb.id").Scan(ctx); err != nil {
			return wrap("read robots", err)
		}
		for i := range list {
			changed, err := list[i].store(ctx, db, keys)
			if err != nil {
				return err
			}
			if changed {
				n++
			}
		}
		return nil
	})
	return n, err
}

// Validate reports every wrong field. Whether the address may be sent to is for the courier to say.
func (r *Robot) Validate() error {
	v := &Invalid{}
	checkName(v, "name", r.Name)
	if !slices.Contains(RobotKinds, r.Kind) {
		v.Add("kind", "choose one")
	}
	if len(r.URL) > MaxAddress {
		v.Add("url", "at most %d characters", MaxAddress)
	}
	if len(r.Secret) > MaxAddress {
		v.Add("secret", "at most %d characters", MaxAddress)
	}
	if r.Kind == WeCom && r.Secret != "" {
		v.Add("secret", "robots of WeCom sign nothing; leave it empty")
	}
	return v.Err()
}

// AddRobot keeps a robot, its address and secret sealed. Without a key it is a conflict that says what to do.
func AddRobot(ctx context.Context, db bun.IDB, keys *Keys, r *Robot) error {
	if err := r.Validate(); err != nil {
		return err
	}
	if !keys.Usable() {
		return Conflict("There is no key yet, so the address of a robot, with which anybody could write into the group, cannot be kept. Whoever runs the program makes one with jijian rotate-key.")
	}
	r.AddedAt = Now()
	return InTx(ctx, db, func(ctx context.Context, db bun.Tx) error {
		row := *r
		row.URL, row.Secret = "", ""
		if _, err := db.NewInsert().Model(&row).Exec(ctx); err != nil {
			return wrap("keep robot", err)
		}
		r.ID = row.ID
		_, err := r.store(ctx, db, keys)
		return err
	})
}

// RemoveRobot ends messages through a robot. What waited for it is given up.
func RemoveRobot(ctx context.Context, db bun.IDB, id int64) error {
	return InTx(ctx, db, func(ctx context.Context, db bun.Tx) error {
		now := Now()
		err := changed(ctx, db.NewUpdate().Model((*Robot)(nil)).Set("removed_at = ?", now).Set("url = ''").Set("secret = ''").
			Where("id = ? AND removed_at = 0", id), "The robot is removed already.")
		if err != nil {
			return err
		}
		_, err = db.NewUpdate().Model((*Parcel)(nil)).Set("given_up_at = ?", now).Where("robot_id = ? AND sent_at = 0 AND given_up_at = 0", id).Exec(ctx)
		return wrap("empty the outbox", err)
	})
}

// RobotByID returns a robot that is not removed, still sealed, or a not-found error.
func RobotByID(ctx context.Context, db bun.IDB, id int64) (*Robot, error) {
	r := new(Robot)
	err := db.NewSelect().Model(r).Where("rb.id = ? AND rb.removed_at = 0", id).Scan(ctx)
	return r, found(err, "There is no such robot.")
}

// Robots lists the robots of a workshop (0: all), still sealed, and how their messages fared, by name.
func Robots(ctx context.Context, db bun.IDB, workshopID int64) ([]Robot, error) {
	var list []Robot
	q := db.NewSelect().Model(&list).Relation("Workshop").Where("rb.removed_at = 0").Order("rb.name", "rb.id")
	if workshopID != 0 {
		q = q.Where("(rb.workshop_id = ? OR rb.workshop_id IS NULL)", workshopID)
	}
	if err := q.Scan(ctx); err != nil {
		return nil, wrap("list robots", err)
	}
	for i := range list {
		var last []Parcel
		err := db.NewSelect().Model(&last).Where("ob.robot_id = ?", list[i].ID).Order("ob.id DESC").Limit(1).Scan(ctx)
		if err != nil {
			return nil, wrap("read the outbox", err)
		}
		if len(last) > 0 {
			list[i].Last = &last[0]
		}
		if list[i].Lost, err = lost(db, list[i].ID).Count(ctx); err != nil {
			return nil, wrap("count what was lost", err)
		}
	}
	return list, nil
}

// lost is the messages of a robot that were given up within a week.
func lost(db bun.IDB, robotID int64) *bun.SelectQuery {
	return db.NewSelect().Model((*Parcel)(nil)).Where("ob.robot_id = ? AND ob.given_up_at > ?", robotID, At(time.Now().AddDate(0, 0, -7)))
}

// RobotsThatFail counts the robots of a workshop (0: of all) of whose messages one never arrived in the last week.
func RobotsThatFail(ctx context.Context, db bun.IDB, workshopID int64) (int, error) {
	list, err := Robots(ctx, db, workshopID)
	return len(slices.DeleteFunc(list, func(r Robot) bool { return r.Lost == 0 })), err
}

// Parcel is a notice on its way to a device or a robot. It is tried again, ever less often, for [ParcelLife].
type Parcel struct {
	bun.BaseModel `bun:"table:outbox,alias:ob"`

	ID        int64 `bun:",pk,autoincrement"`
	NoticeID  int64
	DeviceID  int64 `bun:",nullzero"`
	RobotID   int64 `bun:",nullzero"`
	MadeAt    Instant
	DueAt     Instant // not to be tried before
	Tries     int64
	SentAt    Instant // 0: not yet
	GivenUpAt Instant // 0: it is still tried
	Error     string  // what went wrong last, as [Parcel.Problem] reads it

	Notice *Notice     `bun:"rel:belongs-to,join:notice_id=id"`
	Device *PushDevice `bun:"rel:belongs-to,join:device_id=id"`
	Robot  *Robot      `bun:"rel:belongs-to,join:robot_id=id"`
}

// ParcelLife is how long a parcel is tried before it is given up.
const ParcelLife = 24 * time.Hour

// wait is how long after so many tries the next one comes: half a minute, doubled each time, at most an hour.
func wait(tries int64) time.Duration {
	return min(30*time.Second<<min(tries, 10), time.Hour)
}

// TakeParcels takes what is due out of the outbox to be sent now, at most limit, the oldest first. Each belongs to the caller alone
// until it would be due again, whichever process asks; one whose sender dies is then taken by another.
func TakeParcels(ctx context.Context, db bun.IDB, now time.Time, limit int64) ([]Parcel, error) {
	var due, mine []Parcel
	err := db.NewSelect().Model(&due).Relation("Notice").Relation("Notice.Workshop").Relation("Device").Relation("Robot").
		Where("ob.sent_at = 0 AND ob.given_up_at = 0 AND ob.due_at <= ?", At(now)).Order("ob.due_at", "ob.id").Limit(limit).Scan(ctx)
	if err != nil {
		return nil, wrap("look into the outbox", err)
	}
	for _, p := range due {
		next := At(now.Add(wait(p.Tries)))
		res, err := db.NewUpdate().Model((*Parcel)(nil)).Set("due_at = ?", next).Set("tries = tries + 1").
			Where("id = ? AND due_at = ? AND sent_at = 0 AND given_up_at = 0", p.ID, p.DueAt).Exec(ctx)
		if err != nil {
			return nil, wrap("take from the outbox", err)
		}
		if n, err := res.RowsAffected(); err != nil {
			return nil, wrap("take from the outbox", err)
		} else if n == 1 {
			p.DueAt, p.Tries = next, p.Tries+1
			mine = append(mine, p)
		}
	}
	return mine, nil
}

// Problem is what went wrong last, to be read in any language.
func (p *Parcel) Problem() *Message {
	var kept Reason
	if err := kept.Scan(p.Error); err != nil {
		return &Message{"%s", []any{p.Error}} // written by a program that kept English sentences
	}
	return &kept.Message
}

// Finish notes how sending a parcel went: nil is well. What has not arrived within [ParcelLife] is given up. Arguments of the problem are
// texts and whole numbers.
func (p *Parcel) Finish(ctx context.Context, db bun.IDB, now time.Time, problem *Message) error {
	p.Error = ""
	if problem != nil {
		kept, err := json.Marshal(problem)
		if err != nil {
			return fmt.Errorf("note in the outbox: %w", err)
		}
		p.Error = string(kept)
	}
	switch {
	case problem == nil:
		p.SentAt = At(now)
	case now.Sub(p.MadeAt.In(time.UTC)) >= ParcelLife:
		p.GivenUpAt = At(now)
	}
	_, err := db.NewUpdate().Model(p).Column("sent_at", "given_up_at", "error").Where("id = ? AND sent_at = 0", p.ID).Exec(ctx)
	return wrap("note in the outbox", err)
}

// ForgetDevice drops a device that its push service no longer knows, with what waits for it.
func ForgetDevice(ctx context.Context, db bun.IDB, id int64) error {
	_, err := db.NewDelete().Model((*PushDevice)(nil)).Where("id = ?", id).Exec(ctx)
	return wrap("forget device", err)
}

// SweepOutbox forgets what was sent or given up more than a month ago.
func SweepOutbox(ctx context.Context, db bun.IDB, now time.Time) error {
	_, err := db.NewDelete().Model((*Parcel)(nil)).Where("(sent_at <> 0 OR given_up_at <> 0) AND made_at < ?", At(now.AddDate(0, -1, 0))).Exec(ctx)
	return wrap("sweep the outbox", err)
}

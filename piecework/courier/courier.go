// Package courier carries notices out of the house: to browsers that asked for them (Web Push) and into chat groups of WeCom, DingTalk
// and Feishu. It works through the outbox that [piecework.Notify] fills, so what was to be told survives a restart, and it sends only
// to public addresses.
package courier

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"sync"
	"time"

	"github.com/uptrace/bun"

	"jijian/piecework"
)

// Message is a notice in the words of who reads it.
type Message struct {
	Title string `json:"title"`
	Body  string `json:"body"`
	Path  string `json:"path"` // of the page it leads to
}

// Config is what a courier needs to know; everything but Keys and Now is required.
type Config struct {
	DB     *bun.DB
	Say    func(lang string, n *piecework.Notice, group bool) Message // group: for a chat group, else for the one it is for
	Base   func() string                                              // the address people use
	Keys   *piecework.Keys                                            // that robots' addresses are sealed with
	Allow  Allow
	Logger *slog.Logger
	Now    func() time.Time // nil: time.Now
}

// Courier empties the outbox. Several may, in several processes.
type Courier struct {
	Config
	client *http.Client
	stop   context.CancelFunc
	done   sync.WaitGroup
}

const (
	pause  = 5 * time.Second // between two looks into the outbox
	armful = 50              // how many parcels are taken at once
	hands  = 8               // how many are sent at the same time
)

// New makes a courier, which sends nothing before Start.
func New(cfg Config) *Courier {
	return &Courier{Config: cfg, client: cfg.Allow.client(), stop: func() {}}
}

// Start lets the courier work until Close.
func (c *Courier) Start() {
	ctx, stop := context.WithCancel(context.Background())
	c.stop = stop
	c.done.Go(func() {
		tick := time.NewTicker(pause)
		defer tick.Stop()
		for {
			if _, err := c.Deliver(ctx); err != nil && ctx.Err() == nil {
				c.Logger.Error("outbox", "err", err)
			}
			select {
			case <-ctx.Done():
				return
			case <-tick.C:
			}
		}
	})
}

// Close ends the work. What was not sent stays in the outbox.
func (c *Courier) Close() {
	c.stop()
	c.done.Wait()
	c.client.CloseIdleConnections()
}

func (c *Courier) now() time.Time {
	if c.Now != nil {
		return c.Now()
	}
	return time.Now()
}

// Deliver sends what is due and says how many arrived.
func (c *Courier) Deliver(ctx context.Context) (arrived int, err error) {
	for {
		list, err := piecework.TakeParcels(ctx, c.DB, c.now(), armful)
		if err != nil || len(list) == 0 {
			return arrived, err
		}
		var busy sync.WaitGroup
		var mu sync.Mutex
		var errs []error
		free := make(chan struct{}, hands)
		for i := range list {
			free <- struct{}{}
			busy.Go(func() {
				defer func() { <-free }()
				sent, err := c.carry(ctx, &list[i])
				mu.Lock()
				defer mu.Unlock()
				if errs = append(errs, err); sent {
					arrived++
				}
			})
		}
		busy.Wait()
		if err := errors.Join(errs...); err != nil {
			return arrived, err
		}
	}
}

// carry sends one parcel and notes how that went.
func (c *Courier) carry(ctx context.Context, p *piecework.Parcel) (sent bool, err error) {
	var problem error
	if p.RobotID != 0 {
		m := c.Say(p.Robot.Lang, p.Notice, true)
		problem = c.toRobot(ctx, p.Robot, m.Title+"\n"+m.Body)
	} else {
		problem = c.toDevice(ctx, p.Device, c.Say(p.Device.Lang, p.Notice, false))
	}
	switch {
	case problem == nil:
		return true, p.Finish(ctx, c.DB, c.now(), nil)
	case errors.Is(problem, errGone):
		return false, piecework.ForgetDevice(ctx, c.DB, p.DeviceID)
	case ctx.Err() != nil:
		return false, ctx.Err() // the program stops: another look finds it
	}
	if err := p.Finish(ctx, c.DB, c.now(), explain(problem)); err != nil {
		return false, err
	}
	if p.GivenUpAt != 0 {
		c.Logger.Warn("a message was given up after a day", "parcel", p.ID, "robot", p.RobotID, "err", p.Problem())
	}
	return false, nil
}

// Try posts a text into a robot's group now and says what went wrong, nil for nothing.
func (c *Courier) Try(ctx context.Context, r *piecework.Robot, text string) *piecework.Message {
	if err := c.toRobot(ctx, r, text); err != nil {
		return explain(err)
	}
	return nil
}

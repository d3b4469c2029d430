package courier

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	webpush "github.com/SherClockHolmes/webpush-go"
	"github.com/uptrace/bun"

	"jijian/piecework"
)

// vapid are the keys by which push services know this server (RFC 8292), each in base64url.
type vapid struct {
	Public  string `json:"public"`
	Private string `json:"private"`
}

// vapidSetting is the name of the setting that holds them.
const vapidSetting = "vapid"

// vapidKeys are the server's keys, made when they are first asked for. Of two processes that make some at once one prevails.
func vapidKeys(ctx context.Context, db *bun.DB) (vapid, error) {
	var keys vapid
	kept, err := piecework.Setting(ctx, db, vapidSetting)
	if err != nil {
		return keys, err
	}
	if kept == "" {
		if keys.Private, keys.Public, err = webpush.GenerateVAPIDKeys(); err != nil {
			return keys, fmt.Errorf("make keys: %w", err)
		}
		made, err := json.Marshal(keys)
		if err != nil {
			return keys, err
		}
		if kept, err = piecework.RememberFirst(ctx, db, vapidSetting, string(made)); err != nil {
			return keys, err
		}
	}
	return keys, json.Unmarshal([]byte(kept), &keys)
}

// PublicKey is the key that browsers want to know before they take messages.
func (c *Courier) PublicKey(ctx context.Context) (string, error) {
	keys, err := vapidKeys(ctx, c.DB)
	return keys.Public, err
}

// errGone is that a push service no longer knows a device.
var errGone = errors.New("the device takes no more messages")

// toDevice hands a message, sealed for the device, to its push service.
func (c *Courier) toDevice(ctx context.Context, d *piecework.PushDevice, m Message) error {
	keys, err := vapidKeys(ctx, c.DB)
	if err != nil {
		return err
	}
	body, err := json.Marshal(m)
	if err != nil {
		return err
	}
	subscriber := c.Base()
	if !strings.HasPrefix(subscriber, "https://") {
		subscriber = "jijian@example.com" // services want to know whom to write to; without a public address there is nobody
	}
	res, err := webpush.SendNotificationWithContext(ctx, body, &webpush.Subscription{Endpoint: d.Endpoint, Keys: webpush.Keys{Auth: d.Auth, P256dh: d.P256dh}},
		&webpush.Options{HTTPClient: c.client, Subscriber: subscriber, TTL: int(piecework.ParcelLife / time.Second), Urgency: webpush.UrgencyNormal,
			VAPIDPublicKey: keys.Public, VAPIDPrivateKey: keys.Private})
	if err != nil {
		return err
	}
	defer res.Body.Close()
	_, _ = io.Copy(io.Discard, io.LimitReader(res.Body, 64<<10))
	switch {
	case res.StatusCode == http.StatusNotFound || res.StatusCode == http.StatusGone:
		return errGone
	case res.StatusCode/100 != 2:
		return refused("the push service answers %v", res.StatusCode)
	}
	return nil
}

package courier

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"jijian/piecework"
)

// robotRequest is what the robot of a chat group takes: where to post and what. DingTalk wants time and signature in the address, Feishu
// in the body; WeCom signs nothing.
func robotRequest(r *piecework.Robot, text string, now time.Time) (address string, body []byte, err error) {
	address = r.URL
	type content map[string]any
	message := content{"msgtype": "text", "text": content{"content": text}}
	switch {
	case r.Kind == piecework.Feishu:
		message = content{"msg_type": "text", "content": content{"text": text}}
		if r.Secret != "" {
			at := strconv.FormatInt(now.Unix(), 10)
			message["timestamp"], message["sign"] = at, sign(at+"\n"+r.Secret, "")
		}
	case r.Kind == piecework.DingTalk && r.Secret != "":
		u, err := url.Parse(r.URL)
		if err != nil {
			return "", nil, fmt.Errorf("read the robot's address")
		}
		at := strconv.FormatInt(now.UnixMilli(), 10)
		q := u.Query()
		q.Set("timestamp", at)
		q.Set("sign", sign(r.Secret, at+"\n"+r.Secret))
		u.RawQuery = q.Encode()
		address = u.String()
	}
	body, err = json.Marshal(message)
	return address, body, err
}

// sign is HMAC-SHA256 in base64.
func sign(key, text string) string {
	mac := hmac.New(sha256.New, []byte(key))
	mac.Write([]byte(text))
	return base64.StdEncoding.EncodeToString(mac.Sum(nil))
}

// robotAnswer is what a robot answers: 0 is well, in whichever of the fields it says so.
type robotAnswer struct {
	ErrCode *int   `json:"errcode"`
	ErrMsg  string `json:"errmsg"`
	Code    *int   `json:"code"`
	Msg     string `json:"msg"`
	Status  *int   `json:"StatusCode"`
}

// toRobot posts a text into the chat group of a robot.
func (c *Courier) toRobot(ctx context.Context, sealed *piecework.Robot, text string) error {
	r := *sealed // what is readable goes no further than this
	if err := r.Open(c.Keys); err != nil {
		return err
	}
	address, body, err := robotRequest(&r, text, c.now())
	if err != nil {
		return err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, address, bytes.NewReader(body))
	if err != nil {
		return err
	}
	req.Header.Set("Content-Type", "application/json; charset=utf-8")
	res, err := c.client.Do(req)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	if res.StatusCode != http.StatusOK {
		return refused("the group answers %v", res.StatusCode)
	}
	var a robotAnswer
	if err := json.NewDecoder(io.LimitReader(res.Body, 64<<10)).Decode(&a); err != nil {
		return refused("the group answers no JSON")
	}
	for _, code := range []*int{a.ErrCode, a.Code, a.Status} {
		if code != nil && *code != 0 {
			return refused("the group answers %v: %s", *code, fmt.Sprintf("%.100s", a.ErrMsg+a.Msg))
		}
	}
	if a.ErrCode == nil && a.Code == nil && a.Status == nil {
		return refused("the group does not say that it took the message")
	}
	return nil
}

package main

import (
	"errors"
	"fmt"
	"strconv"

	"github.com/spf13/cobra"

	"jijian/handlers"
	"jijian/piecework"
)

// elsewhere is what the program knows about accounts elsewhere with which people may sign in here.
type elsewhere struct {
	issuer, client, name string
	wechat               string
}

// flags defines the flags; secrets come from the environment alone, since everybody on the machine sees what was typed.
func (e *elsewhere) flags(a *app, cmd *cobra.Command) {
	f := cmd.Flags()
	a.setting(f, &e.issuer, "oidc-issuer", "JIJIAN_OIDC_ISSUER", "", "address of an OpenID Connect provider; what only it and we know is in JIJIAN_OIDC_CLIENT_SECRET")
	a.setting(f, &e.client, "oidc-client-id", "JIJIAN_OIDC_CLIENT_ID", "", "what the provider calls us")
	a.setting(f, &e.name, "oidc-name", "JIJIAN_OIDC_NAME", "", "what people call the provider")
	a.setting(f, &e.wechat, "wechat-app-id", "JIJIAN_WECHAT_APP_ID", "", "id of an app of WeChat's open platform; what only WeChat and we know is in JIJIAN_WECHAT_SECRET")
}

// providers are those that are set up. base is our own address, to which they send people back.
func (e *elsewhere) providers(a *app, base string) ([]handlers.Elsewhere, error) {
	var list []handlers.Elsewhere
	if e.issuer != "" {
		secret := a.getenv("JIJIAN_OIDC_CLIENT_SECRET")
		if e.client == "" || secret == "" {
			return nil, &usageError{errors.New("sign-in with OpenID Connect needs --oidc-client-id and JIJIAN_OIDC_CLIENT_SECRET, too")}
		}
		list = append(list, &handlers.OIDC{Issuer: e.issuer, ClientID: e.client, ClientSecret: secret, Name: e.name})
	}
	if e.wechat != "" {
		secret, official := a.getenv("JIJIAN_WECHAT_SECRET"), false
		if secret == "" {
			return nil, &usageError{errors.New("sign-in with WeChat needs JIJIAN_WECHAT_SECRET, too")}
		}
		if v := a.getenv("JIJIAN_WECHAT_OFFICIAL"); v != "" {
			var err error
			if official, err = strconv.ParseBool(v); err != nil {
				return nil, &usageError{fmt.Errorf("JIJIAN_WECHAT_OFFICIAL is %q; it must be true (an official account's app) or false (a website's)", v)}
			}
		}
		list = append(list, &handlers.WeChat{AppID: e.wechat, Secret: secret, Official: official})
	}
	if len(list) > 0 && base == "" {
		return nil, piecework.InvalidField("base_url", "is required, so that people come back from where they sign in")
	}
	return list, nil
}

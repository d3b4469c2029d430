package handlers_test

import (
	"testing"
	"time"

	cdpbrowser "github.com/chromedp/cdproto/browser"
	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/serviceworker"
	"github.com/chromedp/chromedp"

	"jijian/templates/browsertest"
)

// TestLookPush: the page of notices installs its own worker, whose scope is no bench, and a message that arrives is shown.
func TestLookPush(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	ctx := browsertest.Open(t)
	browserAs(t, ctx, s.URL, "worker", password)
	found := make(chan serviceworker.RegistrationID, 8)
	s.Must(chromedp.Listen(ctx, func(event any) {
		if e, ok := event.(*serviceworker.EventWorkerRegistrationUpdated); ok {
			for _, r := range e.Registrations {
				if !r.IsDeleted && r.ScopeURL == s.URL+"/notices" {
					select {
					case found <- r.RegistrationID:
					default:
					}
				}
			}
		}
	}))
	_, err := chromedp.Call(ctx, serviceworker.Enable, cdp.Empty{})
	s.Must(err)
	_, err = chromedp.CallBrowser(ctx, cdpbrowser.SetPermission, cdpbrowser.SetPermissionParams{Origin: s.URL, Permission: &cdpbrowser.PermissionDescriptor{Name: "notifications"}, Setting: cdpbrowser.PermissionSettingGranted})
	s.Must(err)
	s.Must(chromedp.Do(ctx, chromedp.Navigate(s.URL+"/notices"), chromedp.WaitVisible("#push-on")))
	var id serviceworker.RegistrationID
	select {
	case id = <-found:
	case <-time.After(time.Minute):
		t.Fatal("no worker was installed")
	}
	shown := ""
	for range 30 { // the worker may only be starting
		_, err = chromedp.Call(ctx, serviceworker.DeliverPushMessage, serviceworker.DeliverPushMessageParams{Origin: s.URL, RegistrationID: id, Data: `{"title":"桃木坊","body":"开工","path":"/notices"}`})
		s.Must(err)
		if shown, err = chromedp.Run(ctx, chromedp.Evaluate[string](`(async () => {
			const registration = await navigator.serviceWorker.getRegistration('/notices');
			for (let i = 0; i < 20; i++) {
				const [n] = await registration.getNotifications();
				if (n) return [n.title, n.body, n.data].join(' ');
				await new Promise(resolve => setTimeout(resolve, 50));
			}
			return '';
		})()`, chromedp.EvalAwaitPromise)); err != nil || shown != "" {
			break
		}
	}
	s.Must(err)
	if shown != "桃木坊 开工 /notices" {
		t.Errorf("the phone shows %q", shown)
	}
}

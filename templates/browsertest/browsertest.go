// Package browsertest looks at pages the way people do, in a browser: for the tests of every room that makes pages.
package browsertest

import (
	"context"
	"flag"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
)

var shots = flag.String("shots", "", "folder to which tests write a picture of every page they look at")

// Size is a window, in CSS pixels.
type Size struct{ Width, Height int64 }

// Sizes are the windows every page must fit: the smallest phone, a usual phone, a desk.
var Sizes = []Size{{360, 640}, usual, {1280, 800}}

// usual is looked at by people only.
var usual = Size{390, 844}

// Open starts a browser (Chromium or Chrome, as found in the PATH) which ends with the test, with further options if any. Its
// context is for chromedp.Run and chromedp.Do: signing in, filling forms. A test that only looks should call t.Parallel: browser and
// test wait for each other half of the time.
func Open(t testing.TB, options ...chromedp.ExecAllocatorOption) context.Context {
	t.Helper()
	usual := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.NoSandbox, chromedp.DisableGPU)
	ctx, stop := chromedp.NewExecAllocator(context.Background(), append(usual, options...)...)
	t.Cleanup(stop)
	ctx, stop = chromedp.NewContext(ctx)
	t.Cleanup(stop)
	if err := chromedp.Do(ctx); err != nil {
		t.Fatal(err)
	}
	ctx, stop = context.WithTimeout(ctx, 5*time.Minute)
	t.Cleanup(stop)
	return ctx
}

// Sight is a page that was looked at, without what stands after the question mark but the language.
type Sight struct{ Path, Lang string }

var seen struct {
	sync.Mutex
	list []Sight
}

// Seen is every page that [Look] and [Fits] have looked at in this process.
func Seen() []Sight {
	seen.Lock()
	defer seen.Unlock()
	return slices.Clone(seen.list)
}

func see(address string) {
	if u, err := url.Parse(address); err == nil {
		seen.Lock()
		defer seen.Unlock()
		seen.list = append(seen.list, Sight{u.Path, u.Query().Get("lang")})
	}
}

// Look opens url and reports what a person would stumble over: in windows of all Sizes a page that scrolls sideways or, on a
// phone, something to press that is too small for a finger; and, once, what an accessibility checker finds. With -shots DIR
// it also keeps pictures, as NAME-WIDTH.png (what is seen first) and NAME-WIDTH-whole.png, and NAME-print.pdf.
func Look(t testing.TB, ctx context.Context, name, url string) {
	t.Helper()
	see(url)
	axe := axeScript(t)
	report := func(what, script string) {
		t.Helper()
		found, err := chromedp.Run(ctx, chromedp.Evaluate[[]string](script, chromedp.EvalAwaitPromise))
		do(t, err)
		for _, f := range found {
			t.Errorf("%s: %s: %s", name, what, f)
		}
	}
	do(t, chromedp.Do(ctx, chromedp.Navigate(url)))
	for _, size := range Sizes {
		if size == usual && *shots == "" {
			continue // what fits the smallest phone fits a usual one
		}
		do(t, chromedp.Do(ctx, chromedp.EmulateViewport(size.Width, size.Height)))
		report(fmt.Sprintf("at %d px sticks out", size.Width), tooWide)
		if size.Width < 1000 {
			report(fmt.Sprintf("at %d px is too small to press", size.Width), tooSmall)
		}
		if *shots != "" {
			pictures(t, ctx, name, size.Width)
		}
	}
	do(t, chromedp.Do(ctx, chromedp.Evaluate[chromedp.Void](axe)))
	report("accessibility", faults)
}

// Large makes letters twice as large as usual, as people set it who see badly: an option for [Open].
var Large = chromedp.Flag("blink-settings", "defaultFontSize=32,defaultFixedFontSize=26")

// Reflows opens url in the narrowest window that must do, 320 px, and reports what sticks out of it or is cut off. With -shots DIR it keeps
// a picture as NAME-320-whole.png. It is for pages that are read with letters of any size: see [Large].
func Reflows(t testing.TB, ctx context.Context, name, url string) {
	t.Helper()
	do(t, chromedp.Do(ctx, chromedp.EmulateViewport(320, 640), chromedp.Navigate(url)))
	for what, script := range map[string]string{"sticks out": tooWide, "is cut off": cutOff} {
		found, err := chromedp.Run(ctx, chromedp.Evaluate[[]string](script))
		do(t, err)
		for _, f := range found {
			t.Errorf("%s: at 320 px %s: %s", name, what, f)
		}
	}
	if *shots != "" {
		data, err := chromedp.Run(ctx, chromedp.FullScreenshot(100))
		do(t, err)
		do(t, os.WriteFile(filepath.Join(*shots, name+"-320-whole.png"), data, 0o644))
	}
}

// Fits opens url in a window of one size, such as a wall screen that nobody scrolls, and reports a page that is wider or higher than the
// window. With -shots DIR it keeps a picture as NAME-WIDTH.png.
func Fits(t testing.TB, ctx context.Context, name, url string, size Size) {
	t.Helper()
	see(url)
	do(t, chromedp.Do(ctx, chromedp.EmulateViewport(size.Width, size.Height), chromedp.Navigate(url)))
	found, err := chromedp.Run(ctx, chromedp.Evaluate[[]int64](`[document.documentElement.scrollWidth, document.documentElement.scrollHeight]`))
	do(t, err)
	if found[0] > size.Width || found[1] > size.Height {
		t.Errorf("%s is %d × %d px, more than %d × %d", name, found[0], found[1], size.Width, size.Height)
	}
	if *shots != "" {
		data, err := chromedp.Run(ctx, chromedp.CaptureScreenshot())
		do(t, err)
		do(t, os.WriteFile(filepath.Join(*shots, fmt.Sprintf("%s-%d.png", name, size.Width)), data, 0o644))
	}
}

// tooWide lists what sticks out of the window, except in parts that scroll by themselves.
const tooWide = `document.documentElement.scrollWidth <= innerWidth ? [] : [...document.querySelectorAll('body *')]
	.filter(e => e.getBoundingClientRect().right > innerWidth + 1 && !e.closest('.menu, .wide-table'))
	.map(e => e.outerHTML.slice(0, 90)).concat('the page is ' + document.documentElement.scrollWidth + ' px wide')`

// cutOff lists what holds more than it shows, or lies over its neighbour, and cannot be scrolled.
const cutOff = `[...document.querySelectorAll('body *')].filter(e => e.getClientRects().length && !e.closest('.sr, .menu, svg') && !e.matches('.skip')
	&& (getComputedStyle(e).overflowX != 'visible' || e.matches('li, p, a, button, dd, dt, summary, h1, h2')) && getComputedStyle(e).display != 'inline' && e.scrollWidth > e.clientWidth + 1)
	.map(e => e.scrollWidth + ' of ' + e.clientWidth + ' px: ' + e.outerHTML.slice(0, 90))`

// tooSmall lists what is to be pressed and is lower than 44 px. Links inside sentences may be as low as their line.
const tooSmall = `[...document.querySelectorAll('button, input, select, textarea, .button, .menu a, .brand, .back, .picks a')]
	.filter(e => e.type != 'hidden' && e.type != 'checkbox' && e.type != 'radio' && e.getClientRects().length && e.getBoundingClientRect().height < 44)
	.map(e => Math.round(e.getBoundingClientRect().height) + ' px: ' + e.outerHTML.slice(0, 90))`

// faults lists what the accessibility checker finds. Only violations are asked for: the rest of its report costs more than the check.
const faults = `axe.run({resultTypes: ['violations'], runOnly: ['wcag2a', 'wcag2aa', 'wcag21aa', 'wcag22aa', 'best-practice']}).then(r => r.violations.map(v =>
	v.id + ': ' + v.help + ' ' + v.nodes.map(n => n.html.slice(0, 120) + ' ' + (n.any[0]?.message ?? '')).join(' | ')))`

func pictures(t testing.TB, ctx context.Context, name string, width int64) {
	t.Helper()
	for file, shot := range map[string]chromedp.Action[[]byte]{
		fmt.Sprintf("%s-%d.png", name, width):       chromedp.CaptureScreenshot(),
		fmt.Sprintf("%s-%d-whole.png", name, width): chromedp.FullScreenshot(100),
		name + "-print.pdf":                         chromedp.PrintToPDF(),
	} {
		data, err := chromedp.Run(ctx, shot)
		do(t, err)
		do(t, os.WriteFile(filepath.Join(*shots, file), data, 0o644))
	}
}

// axeScript is the accessibility checker, from the packages which "make assets" installs.
func axeScript(t testing.TB) string {
	t.Helper()
	const path = "templates/assets/node_modules/axe-core/axe.min.js"
	for dir := "."; len(dir) < 30; dir = filepath.Join(dir, "..") {
		if data, err := os.ReadFile(filepath.Join(dir, path)); err == nil {
			return string(data)
		}
	}
	t.Fatal(path + ` is not there: run "make assets"`)
	return ""
}

func do(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

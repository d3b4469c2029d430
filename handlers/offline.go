package handlers

import (
	"net/http"

	"github.com/labstack/echo/v4"

	"jijian/templates"
)

// serviceWorker serves the script that lets the scan page open without a network. Browsers ask for it anew on each visit, and it
// may look after the whole site, because signing out anywhere ends what the device knows.
func (s *Server) serviceWorker(c echo.Context) error {
	script, err := templates.ServiceWorker()
	if err != nil {
		return err
	}
	c.Response().Header().Set("Cache-Control", "no-cache")
	return c.Blob(http.StatusOK, "text/javascript; charset=utf-8", script)
}

type manifest struct {
	ID         string         `json:"id"`
	Name       string         `json:"name"`
	ShortName  string         `json:"short_name"`
	Lang       string         `json:"lang"`
	StartURL   string         `json:"start_url"`
	Scope      string         `json:"scope"`
	Display    string         `json:"display"`
	Background string         `json:"background_color"`
	Theme      string         `json:"theme_color"`
	Icons      []manifestIcon `json:"icons"`
}

type manifestIcon struct {
	Src     string `json:"src"`
	Sizes   string `json:"sizes"`
	Type    string `json:"type"`
	Purpose string `json:"purpose"`
}

// manifest lets a phone install the scan page beside its other programs.
func (s *Server) manifest(c echo.Context) error {
	return sendManifest(c, manifest{ID: "/scan", Name: "计件 Jijian", ShortName: "计件", StartURL: "/scan"})
}

// meManifest lets a worker's phone keep her own page beside its other programs.
func (s *Server) meManifest(c echo.Context) error {
	return sendManifest(c, manifest{ID: "/me", Name: "我的计件", ShortName: "我的计件", StartURL: "/me"})
}

// sendManifest answers with a manifest, filled with what all have in common.
func sendManifest(c echo.Context, m manifest) error {
	icon := func(name, sizes, purpose string) manifestIcon {
		return manifestIcon{templates.Asset(name), sizes, "image/png", purpose}
	}
	c.Response().Header().Set("Cache-Control", "no-cache")
	c.Response().Header().Set(echo.HeaderContentType, "application/manifest+json")
	m.Lang, m.Scope, m.Display, m.Background, m.Theme = "zh-CN", "/", "standalone", "#FBF8F4", "#9C4A2F"
	m.Icons = []manifestIcon{icon("icon-192.png", "192x192", "any"), icon("icon-512.png", "512x512", "any"), icon("icon-whole-512.png", "512x512", "maskable")}
	return c.JSON(http.StatusOK, m)
}

// Package templates turns what a handler knows into a page. It holds the layout, the pages, the Chinese wording and the
// static files, all embedded in the program, and knows nothing of the domain. README.md says how a page is written.
package templates

import (
	"bytes"
	"embed"
	"fmt"
	"html/template"
	"io"
	"io/fs"
	"path"
	"regexp"
	"slices"
	"strings"
	"sync"
)

//go:embed layout.html partials.html all:pages
var sources embed.FS

// Pages are all pages in all languages, to be rendered by any number of requests at once. A page is parsed when it is asked for the
// first time: most servers show few of them in one language, and every page holds a copy of the layout.
type Pages struct {
	byLang map[string]map[string]func() (*template.Template, error)
}

// New finds every page. A page is a file pages/<thing>/<action>.html and is named <thing>/<action>; a file whose name starts with an
// underscore is shared by the pages of its folder. Each is parsed over its own copy of the layout and the partials, once for each
// language.
func New() (*Pages, error) {
	p := &Pages{map[string]map[string]func() (*template.Template, error){}}
	files, err := pageFiles()
	if err != nil {
		return nil, err
	}
	for _, lang := range Languages {
		layout, err := template.New("").Funcs(funcs(lang)).ParseFS(sources, "layout.html", "partials.html")
		if err != nil {
			return nil, fmt.Errorf("parse layout: %w", err)
		}
		pages := map[string]func() (*template.Template, error){}
		for _, file := range files {
			name := strings.TrimSuffix(strings.TrimPrefix(file, "pages/"), ".html")
			pages[name] = sync.OnceValues(func() (*template.Template, error) { return parsePage(layout, file) })
		}
		p.byLang[lang] = pages
	}
	return p, nil
}

// pageFiles lists the files of pages.
func pageFiles() (files []string, err error) {
	err = fs.WalkDir(sources, "pages", func(file string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() && path.Ext(file) == ".html" && !strings.HasPrefix(d.Name(), "_") {
			files = append(files, file)
		}
		return err
	})
	return files, err
}

func parsePage(layout *template.Template, file string) (*template.Template, error) {
	shared, err := fs.Glob(sources, path.Dir(file)+"/_*.html")
	if err != nil {
		return nil, err
	}
	page, err := layout.Clone()
	if err == nil {
		page, err = page.ParseFS(sources, append(shared, file)...)
	}
	if err != nil {
		return nil, fmt.Errorf("parse page: %w", err)
	}
	for _, block := range []string{"title", "main"} {
		if page.Lookup(block) == nil {
			return nil, fmt.Errorf("%s does not define %q", file, block)
		}
	}
	return page, nil
}

// fieldOf is a field in the source of a page, and its label if that is not [Label] of the name.
var fieldOf = regexp.MustCompile(`"Name" "(\w+)"(?: "Label" \(t "([^"]+)"\))?`)

// called is the errors of a page, in which each field is called as the page itself calls it. A field that it calls one way here and
// another way there is left as it is.
func called(name, lang string, errs Errors) (Errors, error) {
	files, err := fs.Glob(sources, path.Dir("pages/"+name)+"/_*.html")
	if err != nil {
		return nil, err
	}
	labels := map[string]string{}
	for _, file := range append(files, "pages/"+name+".html") {
		source, err := fs.ReadFile(sources, file)
		if err != nil {
			return nil, err
		}
		for _, m := range fieldOf.FindAllStringSubmatch(string(source), -1) {
			if before, again := labels[m[1]]; again && before != m[2] {
				m[2] = ""
			}
			labels[m[1]] = m[2]
		}
	}
	errs = slices.Clone(errs)
	for i, e := range errs {
		if label := labels[e.Field]; label != "" && e.Label == "" {
			errs[i].Label = Translate(lang, label)
		}
	}
	return errs, nil
}

// page is a page in a language of [Languages].
func (p *Pages) page(name, lang string) (*template.Template, error) {
	parsed, ok := p.byLang[lang][name]
	if !ok {
		return nil, fmt.Errorf("there is no page %q", name)
	}
	return parsed()
}

// Names lists the pages, sorted.
func (p *Pages) Names() []string {
	var names []string
	for name := range p.byLang[Languages[0]] {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// Render writes the page of that name, such as "signin/show", in a language of [Languages]; any other is taken as the
// first of them. data is a [View]. Nothing is written when the page fails, so that the caller can still answer with an
// error page.
func (p *Pages) Render(w io.Writer, name, lang string, data any) error {
	page, err := p.page(name, Known(lang))
	if err != nil {
		return err
	}
	if view, ok := data.(View); ok && len(view.Errors) > 0 {
		if view.Errors, err = called(name, Known(lang), view.Errors); err != nil {
			return fmt.Errorf("render page %s: %w", name, err)
		}
		data = view
	}
	var whole bytes.Buffer
	if err := page.ExecuteTemplate(&whole, "layout.html", data); err != nil {
		return fmt.Errorf("render page %s: %w", name, err)
	}
	_, err = whole.WriteTo(w)
	return err
}

// Bench measures how fast Jijian stores tallies that arrive over HTTP, next to PocketBase creating plain records on the same machine in
// the same run, and checks afterwards that exactly what was acknowledged is stored. `make bench` runs it on the built program.
package main

import (
	"cmp"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"slices"
	"syscall"
	"text/tabwriter"
	"time"
)

// What was promised: how many times PocketBase's rate at 16 connections, and how many tallies a second in batches.
const (
	targetRatio = 2.5
	targetBatch = 25_000
)

// The loads, lightest first.
var (
	singles = []load{{1, 1}, {16, 1}, {64, 1}, {128, 1}}
	judged  = singles[1]
	batches = load{16, 100}
)

// plan is what is run, and for how long.
type plan struct {
	jijian, pocketbase, dir string
	rounds                  int
	length                  time.Duration
}

func main() {
	var p plan
	flag.StringVar(&p.jijian, "jijian", "bin/jijian", "the program to measure")
	flag.StringVar(&p.pocketbase, "pocketbase", "", "PocketBase to measure it against; without it, Jijian alone")
	flag.StringVar(&p.dir, "dir", "", "folder on the disk to measure; the databases go into a new folder in it, which is removed (default: the system's for temporary files)")
	flag.IntVar(&p.rounds, "rounds", 7, "how often each load is run; the median counts")
	flag.DurationVar(&p.length, "time", 2*time.Second, "how long each load is run")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := p.run(ctx, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

// run measures and prints.
func (p plan) run(ctx context.Context, w io.Writer) (err error) {
	dir, err := os.MkdirTemp(p.dir, "jijian-bench")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	server, jijian, err := startJijian(ctx, p.jijian, dir)
	if err != nil {
		return err
	}
	defer server.kill()
	targets := []*target{jijian}
	if p.pocketbase != "" {
		other, pocketbase, err := startPocketBase(ctx, p.pocketbase, dir)
		if err != nil {
			return err
		}
		defer other.kill()
		targets = []*target{pocketbase, jijian}
	}
	measured, err := p.measure(ctx, targets)
	if err != nil {
		return err
	}
	if p.pocketbase != "" {
		if err := checkCollection(ctx, targets[0], targets[0].next.Load()); err != nil {
			return err
		}
	}
	server.kill()
	said, err := checkBooks(ctx, p.jijian, dir, jijian.next.Load())
	if err != nil {
		return err
	}
	report(w, targets, measured)
	_, err = fmt.Fprintf(w, "\nThe server was killed then. %d tallies had been acknowledged; exactly these are stored. %s\n", jijian.next.Load(), said)
	return err
}

// measured holds the figures of each round by target and load.
type measured map[*target]map[load][]figures

// measure presses the targets in turn, so that whatever else the machine does meets all of them alike.
func (p plan) measure(ctx context.Context, targets []*target) (measured, error) {
	m := measured{}
	for _, t := range targets {
		m[t] = map[load][]figures{}
	}
	jijian := targets[len(targets)-1]
	for _, t := range targets {
		size := 1
		if t == jijian {
			size = batches.size
		}
		if err := t.warmUp(size); err != nil {
			return nil, err
		}
	}
	for range p.rounds {
		for _, l := range append(slices.Clone(singles), batches) {
			for _, t := range targets {
				if l.size > 1 && t != jijian {
					continue
				}
				f, err := t.press(l, p.length)
				if err = cmp.Or(err, ctx.Err()); err != nil {
					return nil, err
				}
				m[t][l] = append(m[t][l], f)
			}
		}
	}
	return m, nil
}

// median is the middle figures by rate.
func (m measured) median(t *target, l load) figures {
	list := slices.SortedFunc(slices.Values(m[t][l]), func(a, b figures) int { return cmp.Compare(a.rate, b.rate) })
	return list[len(list)/2]
}

// ratio is how many times the rate of other t reached: the median over the rounds, in each of which one was measured right after the other.
func (m measured) ratio(t, other *target, l load) float64 {
	var list []float64
	for i, f := range m[t][l] {
		list = append(list, f.rate/m[other][l][i].rate)
	}
	slices.Sort(list)
	return list[len(list)/2]
}

// report prints the medians as a table, and what was promised.
func report(w io.Writer, targets []*target, m measured) {
	out := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(out, "load\tserver\trecords/s\tp50 ms\tp99 ms\tprocessor µs\tratio\t")
	jijian, other := targets[len(targets)-1], targets[0]
	for _, l := range append(slices.Clone(singles), batches) {
		for _, t := range targets {
			if len(m[t][l]) == 0 {
				continue
			}
			f, ratio := m.median(t, l), ""
			if t != other && l.size == 1 {
				ratio = fmt.Sprintf("%.2f", m.ratio(t, other, l))
			}
			fmt.Fprintf(out, "%s\t%s\t%.0f\t%s\t%s\t%d\t%s\t\n", l, t.name, f.rate, ms(f.p50), ms(f.p99), f.cost.Microseconds(), ratio)
		}
	}
	out.Flush()
	if jijian != other {
		ratio := m.ratio(jijian, other, judged)
		fmt.Fprintf(w, "\n%s: %.2f times PocketBase, promised %.1f: %s\n", judged, ratio, targetRatio, verdict(ratio >= targetRatio))
	}
	rate := m.median(jijian, batches).rate
	fmt.Fprintf(w, "%s: %.0f tallies/s, promised %d: %s\n", batches, rate, targetBatch, verdict(rate >= targetBatch))
}

func ms(d time.Duration) string { return fmt.Sprintf("%.2f", d.Seconds()*1000) }

func verdict(kept bool) string {
	if kept {
		return "kept"
	}
	return "missed"
}
